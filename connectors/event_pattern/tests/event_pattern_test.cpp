#include <catch2/catch.hpp>

#include <connectors/event_pattern/event_pattern.h>

using connectors::event_pattern::EventPattern;

namespace {

bool matches(const char* pattern, const char* event) {
  auto compiled = EventPattern::compile(*statelang::parse_json(pattern));
  REQUIRE(compiled);
  return compiled->matches(*statelang::parse_json(event));
}

std::string finding(const char* pattern) {
  auto compiled = EventPattern::compile(*statelang::parse_json(pattern));
  REQUIRE_FALSE(compiled);
  return compiled.error().front().location + ": " + compiled.error().front().message;
}

}  // namespace

TEST_CASE("event pattern: every field must match, one of its values suffices") {
  const char* pattern = R"({"kind": ["created", "changed"], "shop": [7]})";
  CHECK(matches(pattern, R"({"kind": "changed", "shop": 7, "more": 1})"));
  CHECK(matches(pattern, R"({"kind": "created", "shop": 7.0})"));
  CHECK_FALSE(matches(pattern, R"({"kind": "deleted", "shop": 7})"));
  CHECK_FALSE(matches(pattern, R"({"kind": "created"})"));
  CHECK_FALSE(matches(pattern, R"({"kind": "created", "shop": "7"})"));
  CHECK(matches(R"({"a": [null, true]})", R"({"a": null})"));
  CHECK(matches(R"({"a": [null, true]})", R"({"a": true})"));
  CHECK_FALSE(matches(R"({"a": [""]})", R"({"a": null})"));
}

TEST_CASE("event pattern: nested objects and arrays") {
  CHECK(
      matches(R"({"value": {"order": {"state": ["paid"]}}})", R"({"value": {"order": {"state": "paid"}}})"));
  CHECK_FALSE(matches(R"({"value": {"order": {"state": ["paid"]}}})", R"({"value": {"order": "paid"}})"));
  CHECK(matches(R"({"tags": ["b"]})", R"({"tags": ["a", "b"]})"));
  CHECK_FALSE(matches(R"({"tags": ["b"]})", R"({"tags": []})"));
  // One item has to match the whole nested pattern.
  const char* both = R"({"items": {"id": [1], "color": ["red"]}})";
  CHECK(matches(both, R"({"items": [{"id": 2, "color": "red"}, {"id": 1, "color": "red"}]})"));
  CHECK_FALSE(matches(both, R"({"items": [{"id": 2, "color": "red"}, {"id": 1, "color": "blue"}]})"));
}

TEST_CASE("event pattern: prefix, suffix and equals-ignore-case") {
  CHECK(matches(R"({"a": [{"prefix": "eu-"}]})", R"({"a": "eu-west-1"})"));
  CHECK_FALSE(matches(R"({"a": [{"prefix": "eu-"}]})", R"({"a": "EU-west-1"})"));
  CHECK(matches(R"({"a": [{"prefix": {"equals-ignore-case": "eu-"}}]})", R"({"a": "EU-west-1"})"));
  CHECK(matches(R"({"a": [{"suffix": ".png"}]})", R"({"a": "x.png"})"));
  CHECK_FALSE(matches(R"({"a": [{"suffix": ".png"}]})", R"({"a": "png"})"));
  CHECK(matches(R"({"a": [{"suffix": {"equals-ignore-case": ".png"}}]})", R"({"a": "x.PNG"})"));
  CHECK(matches(R"({"a": [{"equals-ignore-case": "Alice"}]})", R"({"a": "aLICE"})"));
  CHECK_FALSE(matches(R"({"a": [{"equals-ignore-case": "Alice"}]})", R"({"a": "Alic"})"));
  CHECK_FALSE(matches(R"({"a": [{"prefix": ""}]})", R"({"a": 1})"));
}

TEST_CASE("event pattern: wildcard") {
  CHECK(matches(R"({"a": [{"wildcard": "dir/*.png"}]})", R"({"a": "dir/a/b.png"})"));
  CHECK(matches(R"({"a": [{"wildcard": "*a*a*b"}]})", R"({"a": "aaaaab"})"));
  CHECK_FALSE(matches(R"({"a": [{"wildcard": "*a*a*b"}]})", R"({"a": "aaaaac"})"));
  CHECK(matches(R"({"a": [{"wildcard": "\\**"}]})", R"({"a": "*x"})"));
  CHECK_FALSE(matches(R"({"a": [{"wildcard": "\\**"}]})", R"({"a": "x"})"));
  CHECK(matches(R"({"a": [{"wildcard": "*"}]})", R"({"a": ""})"));
  CHECK_FALSE(matches(R"({"a": [{"wildcard": "ab"}]})", R"({"a": "abc"})"));
}

TEST_CASE("event pattern: anything-but") {
  CHECK(matches(R"({"a": [{"anything-but": "x"}]})", R"({"a": "y"})"));
  CHECK_FALSE(matches(R"({"a": [{"anything-but": "x"}]})", R"({"a": "x"})"));
  CHECK_FALSE(matches(R"({"a": [{"anything-but": "x"}]})", R"({"b": "y"})"));
  CHECK_FALSE(matches(R"({"a": [{"anything-but": [1, 2]}]})", R"({"a": 2})"));
  CHECK(matches(R"({"a": [{"anything-but": [1, 2]}]})", R"({"a": 3})"));
  CHECK_FALSE(matches(R"({"a": [{"anything-but": {"prefix": ["x", "y"]}}]})", R"({"a": "yes"})"));
  CHECK(matches(R"({"a": [{"anything-but": {"suffix": "x"}}]})", R"({"a": "yes"})"));
  CHECK_FALSE(matches(R"({"a": [{"anything-but": {"equals-ignore-case": "YES"}}]})", R"({"a": "yes"})"));
  CHECK_FALSE(matches(R"({"a": [{"anything-but": {"wildcard": "y*s"}}]})", R"({"a": "yes"})"));
}

TEST_CASE("event pattern: numeric") {
  CHECK(matches(R"({"a": [{"numeric": [">", 0, "<=", 5]}]})", R"({"a": 5})"));
  CHECK_FALSE(matches(R"({"a": [{"numeric": [">", 0, "<=", 5]}]})", R"({"a": 0})"));
  CHECK_FALSE(matches(R"({"a": [{"numeric": [">", 0, "<=", 5]}]})", R"({"a": 5.5})"));
  CHECK(matches(R"({"a": [{"numeric": ["=", 301.8]}]})", R"({"a": 3.018e2})"));
  CHECK(matches(R"({"a": [{"numeric": [">=", 1]}]})", R"({"a": 1})"));
  CHECK(matches(R"({"a": [{"numeric": ["<", 1]}]})", R"({"a": -1})"));
  CHECK_FALSE(matches(R"({"a": [{"numeric": ["<", 1]}]})", R"({"a": "0"})"));
}

TEST_CASE("event pattern: exists looks at leaves") {
  CHECK(matches(R"({"a": [{"exists": true}]})", R"({"a": null})"));
  CHECK_FALSE(matches(R"({"a": [{"exists": true}]})", R"({"a": {"b": 1}})"));
  CHECK(matches(R"({"a": [{"exists": false}]})", R"({"b": 1})"));
  CHECK(matches(R"({"a": {"b": [{"exists": false}]}})", R"({"c": 1})"));
  CHECK_FALSE(matches(R"({"a": {"b": [{"exists": false}]}})", R"({"a": {"b": 1}})"));
  CHECK(matches(R"({"a": ["x", {"exists": false}]})", R"({})"));
}

TEST_CASE("event pattern: cidr") {
  CHECK(matches(R"({"ip": [{"cidr": "10.0.0.0/24"}]})", R"({"ip": "10.0.0.255"})"));
  CHECK_FALSE(matches(R"({"ip": [{"cidr": "10.0.0.0/24"}]})", R"({"ip": "10.0.1.0"})"));
  CHECK_FALSE(matches(R"({"ip": [{"cidr": "10.0.0.0/24"}]})", R"({"ip": "ten"})"));
  CHECK(matches(R"({"ip": [{"cidr": "0.0.0.0/0"}]})", R"({"ip": "1.2.3.4"})"));
  CHECK_FALSE(matches(R"({"ip": [{"cidr": "0.0.0.0/0"}]})", R"({"ip": "::1"})"));
  CHECK(matches(R"({"ip": [{"cidr": "2001:db8::/33"}]})", R"({"ip": "2001:db8:7fff::1"})"));
  CHECK_FALSE(matches(R"({"ip": [{"cidr": "2001:db8::/33"}]})", R"({"ip": "2001:db8:8000::1"})"));
}

TEST_CASE("event pattern: $or joins fields with the others") {
  const char* pattern = R"({"kind": ["k"], "$or": [{"a": [1]}, {"b": {"c": [2]}}]})";
  CHECK(matches(pattern, R"({"kind": "k", "a": 1})"));
  CHECK(matches(pattern, R"({"kind": "k", "b": {"c": 2}})"));
  CHECK_FALSE(matches(pattern, R"({"kind": "k", "a": 2})"));
  CHECK_FALSE(matches(pattern, R"({"kind": "x", "a": 1})"));
}

TEST_CASE("event pattern: what is wrong is said with its place") {
  CHECK(finding(R"({})").find("at least one field") != std::string::npos);
  CHECK(finding(R"({"a": "x"})").rfind("/a: must be an array", 0) == 0);
  CHECK(finding(R"({"a": []})").rfind("/a: ", 0) == 0);
  CHECK(finding(R"({"a": [{"like": "x"}]})").rfind("/a/0: \"like\" is no operator", 0) == 0);
  CHECK(finding(R"({"a": [{"prefix": 1}]})").rfind("/a/0/prefix: ", 0) == 0);
  CHECK(finding(R"({"a": [{"numeric": ["~", 1]}]})").rfind("/a/0/numeric: ", 0) == 0);
  CHECK(finding(R"({"a": [{"cidr": "10.0.0.0/33"}]})").rfind("/a/0/cidr: ", 0) == 0);
  CHECK(finding(R"({"a": [{"wildcard": "a**"}]})").rfind("/a/0/wildcard: ", 0) == 0);
  CHECK(finding(R"({"a": [{"anything-but": []}]})").rfind("/a/0/anything-but: ", 0) == 0);
  CHECK(finding(R"({"a": [{"exists": 1}]})").rfind("/a/0/exists: ", 0) == 0);
  CHECK(finding(R"({"$or": [{"a": [1]}]})").rfind("/$or: ", 0) == 0);
  CHECK(finding(R"({"a": [[1]]})").rfind("/a/0: ", 0) == 0);
  CHECK(finding(R"({"a": [{"numeric": ["<", 5, ">", 1]}]})").find("a range begins") != std::string::npos);
  CHECK(finding(R"({"a": [{"numeric": [">", 5, "<", 5]}]})").find("no number") != std::string::npos);
  CHECK(finding(R"({"a": [{"numeric": ["=", 5, "<", 9]}]})").find("a range begins") != std::string::npos);
  CHECK(finding(R"({"a": [{"anything-but": ["x", 1]}]})").find("not both") != std::string::npos);
  CHECK(finding(R"({"a": [{"anything-but": null}]})").find("strings or numbers") != std::string::npos);
  CHECK(finding(R"({"a": [{"anything-but": {"prefix": ""}}]})").rfind("/a/0/anything-but/prefix: ", 0) == 0);
  CHECK(finding(R"({"a": [{"anything-but": {"numeric": [">", 1]}}]})").find("anything-but takes") !=
        std::string::npos);
  CHECK(finding(R"({"a": [{"exists": true, "prefix": "x"}]})").find("exactly one") != std::string::npos);
}

TEST_CASE("event pattern: arrays in arrays, null and the empty string") {
  CHECK(matches(R"({"a": ["x"]})", R"({"a": [["y"], ["z", ["x"]]]})"));
  CHECK(matches(R"({"a": {"b": [1]}})", R"({"a": [[{"b": 2}], [{"b": 1}]]})"));
  CHECK(matches(R"({"a": [""]})", R"({"a": ""})"));
  CHECK_FALSE(matches(R"({"a": [null]})", R"({"a": ""})"));
  CHECK_FALSE(matches(R"({"a": [null]})", R"({"b": 1})"));
  CHECK(matches(R"({"a": [{"anything-but": ""}]})", R"({"a": null})"));
  CHECK(matches(R"({"a": [{"prefix": ""}]})", R"({"a": ""})"));
  CHECK(matches(R"({"$or": [{"a": [{"numeric": ["<", 0]}]}, {"b": [{"exists": false}]}]})", R"({"a": 1})"));
}
