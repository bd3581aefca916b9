#include "../src/body_reader.h"

#include <catch2/catch.hpp>

#include "../src/answers.h"
#include "../src/names.h"

using namespace engine::rest;

TEST_CASE("json slices: members and items are found without touching their text") {
  const std::string text =
      R"( { "a" : 1.50 ,"b":[1, {"x":"]}"} , "q\"\\" ],"c\u0041":{"k":[]}, "d":"" ,"e":null } )";
  const auto members = json_members(text);
  REQUIRE(members.size() == 5);
  CHECK(members[0].second == "1.50");
  CHECK(members[1].second == R"([1, {"x":"]}"} , "q\"\\" ])");
  CHECK(members[2].first == "cA");
  CHECK(members[2].second == R"({"k":[]})");
  CHECK(members[3].second == R"("")");
  CHECK(members[4].second == "null");
  const auto items = json_items(members[1].second);
  REQUIRE(items.size() == 3);
  CHECK(items[1] == R"({"x":"]}"})");
  CHECK(items[2] == R"("q\"\\")");
  CHECK(json_items("[]").empty());
  CHECK(json_items(" [ ] ").empty());
  CHECK(json_members("{}").empty());
}

TEST_CASE("body reader: every mistake is reported, with a suggestion for a misspelt member") {
  BodyReader body(R"({"que":"q","tasks_max":0.5,"wait_seconds":-1,"worker":7,"queue_name":1,"tasks_max":1})");
  body.required_text("queue", 10);
  body.integer("tasks_max", 0, 10, 1);
  body.seconds_as_ms("wait_seconds", 60);
  body.text("worker", 10);
  const auto problem = body.problem();
  REQUIRE(problem);
  CHECK(problem->status == 400);
  std::string all;
  for (const auto& finding : problem->findings) {
    all +=
        finding.pointer + ": " + finding.message + (finding.hint.empty() ? "" : " / " + finding.hint) + "\n";
  }
  CHECK(all ==
        "/tasks_max: is there twice\n"
        "/queue: is required\n"
        "/tasks_max: must be a whole number from 0 to 10\n"
        "/wait_seconds: must be a number of seconds from 0 to 60\n"
        "/worker: must be a string\n"
        "/que: is not a member of this request / Did you mean \"queue\"?\n"
        "/queue_name: is not a member of this request / known are: queue, tasks_max, wait_seconds, worker\n"
        "/tasks_max: is not a member of this request / Did you mean \"tasks_max\"?\n");
}

TEST_CASE("body reader: what is not an object is malformed, nothing is an empty object") {
  for (const char* text :
       {"[1]", "1", "\"x\"", "{\"a\":}", "{", "nul", "{\"a\":1}x", "\xff", "{\"\xff\":1}"}) {
    CAPTURE(text);
    BodyReader body{std::string_view(text)};
    const auto problem = body.problem();
    REQUIRE(problem);
    CHECK(problem->code == "MalformedBody");
  }
  BodyReader empty{std::string_view(" \n")};
  CHECK(empty.text("a", 5, "fallback") == "fallback");
  CHECK_FALSE(empty.problem());
  BodyReader deep(std::string_view(std::string(5000, '[')));
  CHECK(deep.problem()->code == "MalformedBody");
}

TEST_CASE("times: RFC 3339 with any zone and milliseconds are read, what is none is not") {
  CHECK(to_time(1'767'225'600'123) == "2026-01-01T00:00:00.123Z");
  CHECK(from_time("2026-01-01T00:00:00.123Z") == 1'767'225'600'123);
  CHECK(from_time("2026-01-01T01:30:00+01:30") == 1'767'225'600'000);
  CHECK(from_time("1767225600000") == 1'767'225'600'000);
  for (const char* bad :
       {"", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z",
        "2026-01-01T00:00:00", "2026-01-01", "2026-01-01T00:00:00Zx", "2026- 1-01T00:00:00Z",
        "2026-01-01T00:00:1e1Z", "2026-01-01T00:00:0x1p3Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(from_time(bad));
  }
}

TEST_CASE("names: AWS's rules for state machines and executions") {
  for (const char* good : {"a", "order-7_x.y", "\xC3\xA4\xE2\x82\xAC", "(a)=!'@+"}) {
    CAPTURE(good);
    CHECK(name_problem(good).empty());
  }
  CHECK(name_problem(std::string(80, 'a')).empty());
  CHECK_FALSE(name_problem(std::string(81, 'a')).empty());
  CHECK_FALSE(name_problem(std::string_view("a\0b", 3)).empty());
  for (const char* bad :
       {"", " ", "a b", "a/b", "a:b", "a\nb", "{}", "*", "a\x7F", "\xC2\x80", "\xEF\xBF\xBF"}) {
    CAPTURE(bad);
    CHECK_FALSE(name_problem(bad).empty());
  }
}
