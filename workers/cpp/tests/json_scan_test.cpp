#include "json_scan.h"

#include <catch2/catch.hpp>

#include "http_connection.h"

using namespace stepstream_worker;

TEST_CASE("json scan: members keep their text") {
  std::string seen;
  REQUIRE(for_each_member(R"( {"a" : {"x": [1, "}]"]} ,"b":"q\"]", "c": -1.5e3 , "d":[],"e":null} )",
                          [&](std::string_view key, std::string_view value) {
                            seen.append(key).append("=").append(value).append(";");
                          }));
  CHECK(seen == R"(a={"x": [1, "}]"]};b="q\"]";c=-1.5e3;d=[];e=null;)");
}

TEST_CASE("json scan: items, and containers without any") {
  std::string seen;
  REQUIRE(for_each_item(R"([1,"a,b",{"c":[2]} , []])",
                        [&](std::string_view item) { seen.append(item).append(";"); }));
  CHECK(seen == R"(1;"a,b";{"c":[2]};[];)");
  CHECK(for_each_item("[ ]", [](std::string_view) { FAIL(); }));
  CHECK(for_each_member("{}", [](std::string_view, std::string_view) { FAIL(); }));
}

TEST_CASE("json scan: broken text is refused") {
  for (const char* text :
       {"", "[", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{a:1}", "{\"a\":1 \"b\":2}", "{\"a"}) {
    INFO(text);
    CHECK_FALSE(for_each_member(text, [](std::string_view, std::string_view) {}));
  }
}

TEST_CASE("json scan: strings and numbers") {
  CHECK(unquoted("\"plain\"") == "plain");
  CHECK(unquoted(R"("\u00e4\n\"")") == "\u00e4\n\"");
  CHECK_FALSE(unquoted("12").has_value());
  CHECK(integer_or("-12", 7) == -12);
  CHECK(integer_or("1.5", 7) == 7);
  std::string out;
  append_quoted(out, "a\"b\\c\n");
  CHECK(out == R"("a\"b\\c\u000a")");
}

TEST_CASE("url: host and port") {
  Address address;
  CHECK(parse_url("http://127.0.0.1:8460", address));
  CHECK(address.host == "127.0.0.1");
  CHECK(address.port == "8460");
  CHECK(parse_url("http://[::1]:90/", address));
  CHECK(address.host == "::1");
  CHECK(parse_url("http://engine", address));
  CHECK(address.port == "80");
  for (const char* url : {"", "https://a:1", "http://", "http://:80", "http://a:b", "http://a:1/path"}) {
    INFO(url);
    CHECK_FALSE(parse_url(url, address));
  }
}
