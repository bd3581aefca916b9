#include <statelang/intrinsics/intrinsic.h>

#include "json_path/scopes.h"

namespace statelang::intrinsics {
namespace {

using json_path::json;
using json_path::World;

class Counter : public RandomSource {
 public:
  uint64_t next() override { return state_ += 0x9E3779B97F4A7C15ull; }

 private:
  uint64_t state_ = 1;
};

std::string call(std::string_view text, std::string_view input = "{}") {
  World world;
  world.input = json(input);
  world.context = json(R"({"Execution":{"Name":"run-1"}})");
  world.scopes.values["place"] = Value("here");
  Counter random;
  auto parsed = Call::parse(text);
  if (!parsed) return "parse error: " + parsed.error().message;
  auto value = parsed->evaluate({world.roots(), &random});
  return value ? to_json(*value) : "error: " + value.error().text;
}

bool refuses(std::string_view text, std::string_view input = "{}") {
  return call(text, input).starts_with("error: ");
}

TEST_CASE("intrinsics: Format fills placeholders") {
  CHECK(call("States.Format('Hi {}, {}!', $.n, 'you')", R"({"n":"me"})") == R"("Hi me, you!")");
  CHECK(call("States.Format('{} {} {}', null, true, 1.5)") == R"("null true 1.5")");
  CHECK(call("States.Format('{}', $)", R"({"Arg1":1,"Arg2":[],"s":"t","l":[1,"x",null]})") ==
        R"("{Arg1=1, Arg2=[], s=t, l=[1, x, null]}")");
  CHECK(call(R"(States.Format('\{\} \'{}\' \\ ', 1))") == R"("{} '1' \\ ")");
  CHECK(call("States.Format($.t, 1)", R"({"t":"<{}>"})") == R"("<1>")");
  CHECK(call("States.Format('no arguments')") == R"("no arguments")");
  CHECK(call("States.Format('{}', $place)") == R"("here")");
  CHECK(call("States.Format('{}', $$.Execution.Name)") == R"("run-1")");
  CHECK(refuses("States.Format('{} {}', 1)"));
  CHECK(refuses("States.Format('{}', 1, 2)"));
  CHECK(refuses("States.Format(5)"));
  CHECK(refuses("States.Format($.t)", R"({"t":"open \\"})"));
}

TEST_CASE("intrinsics: JSON texts") {
  CHECK(call("States.StringToJson($.t)", R"({"t":"{\"a\":[1,2.5]}"})") == R"({"a":[1,2.5]})");
  CHECK(call("States.StringToJson('')") == "null");
  CHECK(call("States.StringToJson('[1]')") == "[1]");
  CHECK(refuses("States.StringToJson('{')"));
  CHECK(refuses("States.StringToJson(1)"));
  CHECK(call("States.JsonToString($)", R"({"a": [1, "x"]})") == R"("{\"a\":[1,\"x\"]}")");
  CHECK(call("States.JsonMerge($.a, $.b, false)", R"({"a":{"x":1,"y":{"p":1}},"b":{"y":{"q":2},"z":3}})") ==
        R"({"x":1,"y":{"q":2},"z":3})");
  CHECK(refuses("States.JsonMerge($.a, $.b, true)", R"({"a":{},"b":{}})"));
  CHECK(refuses("States.JsonMerge($.a, 1, false)", R"({"a":{}})"));
}

TEST_CASE("intrinsics: arrays") {
  CHECK(call("States.Array()") == "[]");
  CHECK(call("States.Array(1, 'a', null, $.x)", R"({"x":[2]})") == R"([1,"a",null,[2]])");
  CHECK(call("States.ArrayPartition($.a, 2)", R"({"a":[1,2,3]})") == "[[1,2],[3]]");
  CHECK(call("States.ArrayPartition($.a, 1.5)", R"({"a":[1,2,3]})") == "[[1,2],[3]]");
  CHECK(refuses("States.ArrayPartition($.a, 0)", R"({"a":[1]})"));
  CHECK(call("States.ArrayContains($.a, $.b)", R"({"a":[{"x":1,"y":2}],"b":{"y":2,"x":1.0}})") == "true");
  CHECK(call("States.ArrayRange(1, 9, 2)") == "[1,3,5,7,9]");
  CHECK(call("States.ArrayRange(9, 1, -4)") == "[9,5,1]");
  CHECK(call("States.ArrayRange(1, 0, 1)") == "[]");
  CHECK(call("States.ArrayRange(1, 1000, 1)").size() > 3000);
  CHECK(refuses("States.ArrayRange(0, 1000, 1)"));
  CHECK(refuses("States.ArrayRange(1, 9, 0)"));
  CHECK(refuses("States.ArrayRange(9223372036854775806, 9223372036854775807, 1)"));
  CHECK(call("States.ArrayGetItem($.a, 1)", R"({"a":[1,2]})") == "2");
  CHECK(refuses("States.ArrayGetItem($.a, 2)", R"({"a":[1,2]})"));
  CHECK(refuses("States.ArrayGetItem($.a, -1)", R"({"a":[1,2]})"));
  CHECK(call("States.ArrayLength($.a)", R"({"a":[1,2]})") == "2");
  CHECK(refuses("States.ArrayLength('x')"));
  CHECK(
      call("States.ArrayUnique($.a)", R"({"a":[1,"1",1.0,[1],[1],{"x":1,"y":2},{"y":2,"x":1},null,null]})") ==
      R"([1,"1",[1],{"x":1,"y":2},null])");
}

TEST_CASE("intrinsics: encodings and digests") {
  for (const char* text : {"", "a", "ab", "abc", "abcd", "ö"}) {
    const std::string quoted = "'" + std::string(text) + "'";
    CHECK(call("States.Base64Decode(States.Base64Encode(" + quoted + "))") ==
          "\"" + std::string(text) + "\"");
  }
  CHECK(call("States.Base64Encode('Data to encode')") == R"("RGF0YSB0byBlbmNvZGU=")");
  CHECK(call("States.Base64Decode('YQ')") == R"("a")");
  CHECK(call("States.Base64Decode('/w==')") == "\"\xEF\xBF\xBD\"");
  CHECK(refuses("States.Base64Decode('a')"));
  CHECK(refuses("States.Base64Decode('a$==')"));
  CHECK(call("States.Hash('input data', 'SHA-1')") == R"("aaff4a450a104cd177d28d18d74485e8cae074b7")");
  CHECK(refuses("States.Hash('input data', 'SHA-3')"));
  const std::string most(10'000, 'x');
  CHECK_FALSE(refuses("States.Base64Encode($)", "\"" + most + "\""));
  CHECK(refuses("States.Base64Encode($)", "\"" + most + "x\""));
  std::string pairs;  // two UTF-16 units each
  for (int i = 0; i < 5'001; ++i) pairs += "\xF0\x9F\x98\x80";
  CHECK(refuses("States.Base64Encode($)", "\"" + pairs + "\""));
  CHECK(refuses("States.Hash($, 'MD5')", "\"" + most + "x\""));
}

TEST_CASE("intrinsics: numbers round half up") {
  CHECK(call("States.MathAdd(1.5, 0)") == "2");
  CHECK(call("States.MathAdd(2.5, 0)") == "3");
  CHECK(call("States.MathAdd(-1.5, -1.51)") == "-3");
  CHECK(call("States.MathAdd(2147483647, 0)") == "2147483647");
  CHECK(refuses("States.MathAdd(2147483647, 1)"));
  CHECK(refuses("States.MathAdd(2147483648, -1)"));
  CHECK(refuses("States.MathAdd('1', 1)"));
  CHECK(refuses("States.MathAdd(1e300, 1)"));
}

TEST_CASE("intrinsics: random numbers lie in their range and repeat with their seed") {
  // java.util.Random(42).nextInt(10) is 0; with seed 0 and bound 100 it is 60.
  CHECK(call("States.MathRandom(0, 10, 42)") == "0");
  CHECK(call("States.MathRandom(0, 100, 0)") == "60");
  CHECK(call("States.MathRandom(7, 8)") == "7");
  CHECK(call("States.MathRandom(12.5, 44.51)").size() == 2);
  CHECK(call("States.MathRandom(-2147483648, 2147483647, 5)") ==
        call("States.MathRandom(-2147483648, 2147483647, 5)"));
  CHECK(refuses("States.MathRandom(5, 5)"));
  CHECK(refuses("States.MathRandom(5, 1)"));
  const std::string uuid = call("States.UUID()");
  REQUIRE(uuid.size() == 38);
  CHECK(uuid[15] == '4');
  CHECK(std::string("89ab").find(uuid[20]) != std::string::npos);
  auto parsed = Call::parse("States.UUID()");
  CHECK_FALSE(parsed->evaluate({}));
}

TEST_CASE("intrinsics: StringSplit splits at every character and drops empty parts") {
  CHECK(call("States.StringSplit('1.2,3', ',.')") == R"(["1","2","3"])");
  CHECK(call("States.StringSplit(',,, ,', ',')") == R"([" "])");
  CHECK(call("States.StringSplit('abc', '')") == R"(["abc"])");
  CHECK(call("States.StringSplit('aöbüc', 'üö')") == R"(["a","b","c"])");
  CHECK(refuses("States.StringSplit(1, ',')"));
}

TEST_CASE("intrinsics: calls nest, and take paths with brackets and functions") {
  CHECK(call("States.ArrayGetItem(States.StringSplit('a-b', '-'), States.MathAdd(0, 1))") == R"("b")");
  CHECK(call("States.Array($.a['x, (y)'], $.l[?(@.k == 'a,b')].k, $.l.length())",
             R"json({"a":{"x, (y)":1},"l":[{"k":"a,b"}]})json") == R"([1,["a,b"],1])");
  CHECK(call("  States.Array( 1 ,2 )  ") == "[1,2]");
  std::string nested = "1";
  for (int i = 0; i < 10; ++i) nested = "States.Array(" + nested + ")";
  CHECK(call(nested) == "[[[[[[[[[[1]]]]]]]]]]");
  CHECK(call("States.Array(" + nested + ")").starts_with("parse error"));
}

TEST_CASE("intrinsics: each argument has its types, and calls their numbers of arguments") {
  // One letter for each type an argument may have: s text, n number, b boolean, z null, a array, o object.
  struct Row {
    const char* name;
    std::vector<const char*> arguments;  // that work
    std::vector<const char*> types;
  };
  struct Sample {
    char type;
    const char* text;
  };
  for (const Row& row : {Row{"Format", {"'{}'", "1"}, {"s", "snbzao"}},
                         {"StringToJson", {"'1'"}, {"s"}},
                         {"JsonToString", {"1"}, {"snbzao"}},
                         {"ArrayPartition", {"$.a", "1"}, {"a", "n"}},
                         {"ArrayContains", {"$.a", "1"}, {"a", "snbzao"}},
                         {"ArrayRange", {"1", "2", "1"}, {"n", "n", "n"}},
                         {"ArrayGetItem", {"$.a", "0"}, {"a", "n"}},
                         {"ArrayLength", {"$.a"}, {"a"}},
                         {"ArrayUnique", {"$.a"}, {"a"}},
                         {"Base64Encode", {"'x'"}, {"s"}},
                         {"Base64Decode", {"'eA=='"}, {"s"}},
                         {"Hash", {"'x'", "'MD5'"}, {"s", "s"}},
                         {"JsonMerge", {"$.o", "$.o", "false"}, {"o", "o", "b"}},
                         {"MathRandom", {"1", "9"}, {"n", "n"}},
                         {"MathRandom", {"1", "9", "1"}, {"n", "n", "n"}},
                         {"MathAdd", {"1", "2"}, {"n", "n"}},
                         {"StringSplit", {"'a'", "'b'"}, {"s", "s"}}}) {
    const std::string name = "States." + std::string(row.name);
    const auto calling = [&](std::vector<const char*> arguments) {
      std::string text;
      for (const char* argument : arguments) text += (text.empty() ? "" : ", ") + std::string(argument);
      return name + "(" + text + ")";
    };
    const char* input = R"({"a": [1, 2], "o": {"k": 1}})";
    INFO(name);
    CHECK_FALSE(refuses(calling(row.arguments), input));
    for (size_t i = 0; i < row.arguments.size(); ++i) {
      for (const Sample& sample :
           {Sample{'s', "'t'"}, {'n', "1"}, {'b', "true"}, {'z', "null"}, {'a', "$.a"}, {'o', "$.o"}}) {
        if (std::string_view(row.types[i]).find(sample.type) != std::string_view::npos) continue;
        auto arguments = row.arguments;
        arguments[i] = sample.text;
        const std::string text = calling(arguments);
        CHECK(call(text, input) ==
              "error: The function '" + text + "' had the following error: Invalid arguments in " + name);
      }
    }
    const bool any_number = name == "States.Format";
    auto fewer = row.arguments, more = row.arguments;
    fewer.pop_back();
    more.push_back("1");
    if (name != "States.MathRandom" || fewer.size() < 2)
      CHECK(call(calling(fewer), input).starts_with(any_number ? "error" : "parse error"));
    if (name != "States.MathRandom" || more.size() > 3)
      CHECK(call(calling(more), input).starts_with(any_number ? "error" : "parse error"));
  }
}

TEST_CASE("intrinsics: bounds and the last values within them") {
  const auto range = [](const char* arguments) {
    return call("States.ArrayRange(" + std::string(arguments) + ")");
  };
  CHECK(range("1.4, 3.5, 0.5") == "[1,2,3,4]");  // rounded, halves up
  CHECK(range("1, 3, 0.4").starts_with("error"));
  CHECK(range("-1.5, 1, 1") == "[-1,0,1]");
  CHECK(range("5, 5, -3") == "[5]");
  CHECK(range("0, -999, -1").size() > 3000);
  CHECK(range("0, -1000, -1").starts_with("error"));
  CHECK(call("States.ArrayPartition($.a, 9223372036854775807)", R"({"a":[1]})") == "[[1]]");
  CHECK(call("States.ArrayPartition($.a, 0.5)", R"({"a":[1]})") == "[[1]]");
  CHECK(call("States.ArrayPartition($.a, 0.4)", R"({"a":[1]})").starts_with("error"));
  CHECK(call("States.ArrayPartition($.a, 4)", R"({"a":[]})") == "[]");
  CHECK(call("States.ArrayGetItem($.a, 0.5)", R"({"a":[1,2]})") == "2");
  CHECK(call("States.ArrayGetItem($.a, -0.5)", R"({"a":[1,2]})") == "1");
  CHECK(call("States.MathAdd(-2147483648, 0)") == "-2147483648");
  CHECK(call("States.MathAdd(2147483647.4, 0)") == "2147483647");
  CHECK(refuses("States.MathAdd(2147483647.5, 0)"));
  CHECK(refuses("States.MathAdd(-2147483648, -1)"));
  CHECK(call("States.MathRandom(1, 2.4)") == "1");
  CHECK(refuses("States.MathRandom(1, 1.4)"));
  CHECK(call("States.MathRandom(1, 100, 1.5)") == call("States.MathRandom(1, 100, 2)"));
  CHECK(refuses("States.MathRandom(2147483648, 2147483649)"));
  CHECK(call("States.Hash('', 'SHA-512')").size() == 130);
  CHECK(refuses("States.Hash('a', 'sha-256')"));
  CHECK(call("States.Base64Decode('')") == R"("")");
  CHECK(refuses("States.Base64Decode('YQ=')"));
  CHECK(refuses("States.Base64Decode('Y Q=')"));
  CHECK(refuses("States.Base64Decode('YQ==YQ==')"));
  CHECK(call("States.StringSplit('', ',')") == "[]");
  CHECK(call("States.JsonToString($.a)", R"({"a":1.50})") == R"("1.5")");
  CHECK(call("States.StringToJson(' 5 ')") == "5");
  CHECK(refuses("States.StringToJson('5 5')"));
  CHECK(refuses("States.StringToJson('nul')"));
}

TEST_CASE("intrinsics: malformed calls are refused") {
  for (const char* text : {"",
                           "States.",
                           "States.Nope()",
                           "States.format('')",
                           "States.UUID",
                           "States.UUID(",
                           "States.UUID(1)",
                           "States.UUID() x",
                           "States.Format()",
                           "States.Format('a)",
                           "States.Array(1,)",
                           "States.Array(,1)",
                           "States.Array(1 2)",
                           "States.Array(abc)",
                           "States.Array(\"a\")",
                           R"(States.Format('a\"b'))",
                           R"(States.Format('a\nb'))",
                           R"(States.Format('a\'))",
                           "States.Array($.)",
                           "States.Array($.a[)",
                           "States.MathAdd(1)",
                           "States.Array([1])",
                           "States.Array({})",
                           "Format('a')",
                           "States.Array($"}) {
    INFO(text);
    CHECK(call(text).starts_with("parse error"));
  }
}

TEST_CASE("intrinsics: failures name the call and the path") {
  CHECK(call("States.Format('{}', $.a.b)", R"({"x":1})") ==
        "error: The function 'States.Format('{}', $.a.b)' had the following error: The JsonPath argument for "
        "the field "
        "'$.a.b' could not be found in the input '{\"x\":1}'");
  CHECK(call("States.ArrayLength(1)") ==
        "error: The function 'States.ArrayLength(1)' had the following error: Invalid arguments in "
        "States.ArrayLength");
  auto parsed = Call::parse("States.Array($a, $b.x, States.Array($a, $.l[?(@.k == $c)]))");
  REQUIRE(parsed);
  CHECK(parsed->variables() == std::vector<std::string>{"a", "b", "c"});
  CHECK(parsed->evaluate({}).error().kind == Error::Kind::Path);
}

}  // namespace
}  // namespace statelang::intrinsics
