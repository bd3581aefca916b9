#include <statelang/choice/comparison.h>
#include <statelang/utf8.h>

#include "choice/rule_content.h"
#include "json_path/scopes.h"

namespace statelang::choice {
namespace {

using json_path::json;
using json_path::World;

// "true", "false", the failure's text, or the first compile error.
std::string test(std::string_view rule, std::string_view input) {
  World world;
  world.input = json(input);
  world.scopes.values["v"] = Value(5);
  auto compiled = Rule::compile(json(rule));
  if (!compiled)
    return "compile error: " + compiled.error().front().pointer + ": " + compiled.error().front().message;
  auto result = compiled->matches(world.roots());
  if (!result) return result.error().error + ": " + result.error().cause;
  return *result ? "true" : "false";
}

std::string compare(const std::string& op, const std::string& operand, const std::string& value) {
  return test(R"({"Variable":"$.x",")" + op + "\":" + operand + ",\"Next\":\"N\"}", R"({"x":)" + value + "}");
}

TEST_CASE("choice: operators of each type hold and fail") {
  struct Row {
    const char *op, *operand, *holds, *fails;
  };
  for (const Row& row : {
           Row{"StringEquals", "\"b\"", "\"b\"", "\"a\""},
           {"StringLessThan", "\"b\"", "\"a\"", "\"b\""},
           {"StringGreaterThan", "\"b\"", "\"ba\"", "\"b\""},
           {"StringLessThanEquals", "\"b\"", "\"b\"", "\"c\""},
           {"StringGreaterThanEquals", "\"b\"", "\"b\"", "\"a\""},
           {"StringMatches", "\"log-*.txt\"", "\"log-1.txt\"", "\"log-1.png\""},
           {"NumericEquals", "1", "1.0", "2"},
           {"NumericLessThan", "1", "0.5", "1"},
           {"NumericGreaterThan", "1", "1.5", "1"},
           {"NumericLessThanEquals", "1", "1", "1.1"},
           {"NumericGreaterThanEquals", "1", "1", "0"},
           {"NumericEquals", "9007199254740993", "9007199254740993", "9007199254740992"},
           {"BooleanEquals", "true", "true", "false"},
           {"TimestampEquals", "\"2012-10-09T19:00:55Z\"", "\"2012-10-09T20:00:55+01:00\"",
            "\"2012-10-09T19:00:56Z\""},
           {"TimestampLessThan", "\"2012-10-09T19:00:55Z\"", "\"2012-10-09T19:00:54Z\"",
            "\"2012-10-09T19:00:55Z\""},
           {"TimestampGreaterThan", "\"2012-10-09T19:00:55Z\"", "\"2012-10-09T19:00:55.1Z\"",
            "\"2012-10-09T19:00:55Z\""},
           {"TimestampLessThanEquals", "\"2012-10-09T19:00:55Z\"", "\"2012-10-09T19:00:55Z\"",
            "\"2013-10-09T19:00:55Z\""},
           {"TimestampGreaterThanEquals", "\"2012-10-09T19:00:55Z\"", "\"2012-10-09T19:00:55Z\"", "\"x\""},
           {"IsNull", "true", "null", "0"},
           {"IsPresent", "true", "null", nullptr},
           {"IsNumeric", "true", "1.5", "\"1\""},
           {"IsString", "true", "\"\"", "null"},
           {"IsBoolean", "true", "false", "0"},
           {"IsTimestamp", "true", "\"2001-01-01T12:00:00Z\"", "\"2001-01-01\""},
       }) {
    INFO(row.op);
    CHECK(compare(row.op, row.operand, row.holds) == "true");
    if (row.fails) CHECK(compare(row.op, row.operand, row.fails) == "false");
    // The same operand taken from a path.
    if (!find_operator(std::string(row.op) + "Path")) continue;
    const std::string rule = R"({"Variable":"$.x",")" + std::string(row.op) + R"(Path":"$.y"})";
    const auto input = [&](const char* x) {
      return R"({"x":)" + std::string(x) + R"(,"y":)" + row.operand + "}";
    };
    CHECK(test(rule, input(row.holds)) == "true");
    CHECK(test(rule, input(row.fails)) == "false");
    CHECK(test(rule, R"({"x":[],"y":{}})") == "false");
  }
}

TEST_CASE("choice: a value of the wrong type never matches") {
  for (std::string_view name : comparison_operators()) {
    const Operator* op = find_operator(name);
    if (op->path || op->subject > Subject::StringMatches) continue;
    const std::string operand = op->subject == Subject::Numeric     ? "0"
                                : op->subject == Subject::Boolean   ? "false"
                                : op->subject == Subject::Timestamp ? "\"2012-10-09T19:00:55Z\""
                                                                    : "\"\"";
    for (const char* value : {"null", "[]", "{}", "[0]"}) {
      INFO(name << " " << value);
      CHECK(compare(std::string(name), operand, value) == "false");
    }
  }
  CHECK(comparison_operators().size() == 39);
}

TEST_CASE("choice: Is operators take false as well") {
  CHECK(compare("IsNull", "false", "1") == "true");
  CHECK(compare("IsString", "false", "1") == "true");
  CHECK(compare("IsTimestamp", "false", "null") == "true");
  CHECK(compare("IsPresent", "false", "1") == "false");
  CHECK(test(R"({"Variable":"$.y","IsPresent":false})", R"({"x":1})") == "true");
  CHECK(test(R"({"Variable":"$.y.z","IsPresent":true})", R"({"x":1})") == "false");
  CHECK(test(R"({"Variable":"$.x.z","IsPresent":true})", R"({"x":1})") == "false");
  CHECK(test(R"({"Variable":"$none","IsPresent":true})", "{}") == "false");
}

TEST_CASE("choice: a missing variable fails in the words of AWS") {
  CHECK(test(R"({"Variable":"$.y","IsNull":true})", "{}") ==
        "States.Runtime: Invalid path '$.y': The choice state's condition path references an invalid value.");
  CHECK(test(R"({"Variable":"$.x","NumericEqualsPath":"$.y"})", R"({"x":1})") ==
        "States.Runtime: Invalid path '$.y': The choice state's condition path references an invalid value.");
}

TEST_CASE("choice: And, Or and Not combine and stop early") {
  const std::string one = R"({"Variable":"$.x","NumericEquals":1})",
                    two = R"({"Variable":"$.x","NumericEquals":2})";
  const std::string broken = R"({"Variable":"$.none","NumericEquals":2})";
  CHECK(test(R"({"And":[)" + one + "," + two + R"(],"Next":"N"})", R"({"x":1})") == "false");
  CHECK(test(R"({"Or":[)" + two + "," + one + "]}", R"({"x":1})") == "true");
  CHECK(test(R"({"Not":)" + two + "}", R"({"x":1})") == "true");
  CHECK(test(R"({"Or":[)" + one + "," + broken + "]}", R"({"x":1})") == "true");
  CHECK(test(R"({"And":[)" + two + "," + broken + "]}", R"({"x":1})") == "false");
  CHECK(test(R"({"And":[)" + one + "," + broken + "]}", R"({"x":1})").starts_with("States.Runtime"));
  CHECK(test(R"({"Not":{"And":[)" + one + R"(,{"Not":)" + two + "}]}}", R"({"x":1})") == "false");
  CHECK(test(R"({"Variable":"$v","NumericEquals":5})", "{}") == "true");
}

TEST_CASE("choice: wildcards and escapes") {
  CHECK(matches_wildcards("*", ""));
  CHECK(matches_wildcards("a*b*c", "aXbYbZc"));
  CHECK_FALSE(matches_wildcards("a*b*c", "aXbYbZ"));
  CHECK(matches_wildcards("\\*", "*"));
  CHECK_FALSE(matches_wildcards("\\*", "x"));
  CHECK(matches_wildcards("a\\\\*", "a\\tail"));
  CHECK(matches_wildcards("", ""));
  CHECK_FALSE(matches_wildcards("", "a"));
  CHECK(matches_wildcards("**", "ab"));
  CHECK_FALSE(matches_wildcards("a?", "ab"));
}

TEST_CASE("choice: texts are ordered by code unit") {
  CHECK(compare_code_units("a", "b") < 0);
  CHECK(compare_code_units("a", "a") == 0);
  CHECK(compare_code_units("a", "ab") < 0);
  CHECK(compare_code_units("Z", "a") < 0);
  CHECK(compare_code_units("\xF0\x9F\x98\x80", "\xEF\xBC\xA1") < 0);  // a surrogate pair before U+FF21
  CHECK(compare_code_units("\xF0\x9F\x98\x80", "\xED\x9F\xBB") > 0);  // and after U+D7FB
}

TEST_CASE("choice: mistakes in rules are told with their places") {
  struct Row {
    const char *rule, *pointer;
  };
  for (const Row& row : {
           Row{"5", ""},
           {"{}", ""},
           {R"({"Variable":"$.x"})", ""},
           {R"({"NumericEquals":1})", ""},
           {R"({"Variable":"x","NumericEquals":1})", "/Variable"},
           {R"({"Variable":5,"NumericEquals":1})", "/Variable"},
           {R"({"Variable":"$.x","NumericEquals":"1"})", "/NumericEquals"},
           {R"({"Variable":"$.x","StringEquals":1})", "/StringEquals"},
           {R"({"Variable":"$.x","BooleanEquals":1})", "/BooleanEquals"},
           {R"({"Variable":"$.x","IsNull":"true"})", "/IsNull"},
           {R"({"Variable":"$.x","TimestampEquals":"2012"})", "/TimestampEquals"},
           {R"({"Variable":"$.x","StringMatches":"a\\"})", "/StringMatches"},
           {R"({"Variable":"$.x","NumericEqualsPath":"y"})", "/NumericEqualsPath"},
           {R"({"Variable":"$.x","NumericEquals":1,"StringEquals":"a"})", ""},
           {R"({"Variable":"$.x","NumericEqual":1,"NumericEquals":1})", "/NumericEqual"},
           {R"({"And":[]})", "/And"},
           {R"({"Or":{}})", "/Or"},
           {R"({"Not":[]})", "/Not"},
           {R"({"And":[{"Variable":"$.x","IsNull":true,"Next":"N"}]})", "/And/0/Next"},
           {R"({"And":[{"Variable":"$.x","IsNull":true}],"Variable":"$.x"})", "/Variable"},
       }) {
    INFO(row.rule);
    auto compiled = Rule::compile(json(row.rule));
    REQUIRE_FALSE(compiled);
    const auto& error = compiled.error().front();
    CHECK(error.pointer + (error.field.empty() ? "" : "/" + error.field) == row.pointer);
  }
  std::string deep = R"({"Variable":"$.x","IsNull":true})";
  for (int i = 0; i < 150; ++i) deep = R"({"Not":)" + deep + "}";
  CHECK_FALSE(Rule::compile(json(deep)));
  auto compiled = Rule::compile(
      json(R"({"And":[{"Variable":"$a","NumericEqualsPath":"$b.x"},{"Variable":"$a","IsNull":true}]})"));
  REQUIRE(compiled);
  CHECK_THAT(compiled->variables(), Catch::UnorderedEquals(std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace statelang::choice
