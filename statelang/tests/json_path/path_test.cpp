#include "json_path/scopes.h"

namespace statelang::json_path {
namespace {

TEST_CASE("path: names and indexes lead to one value") {
  const char* input = R"({"a":{"b":[10,20,{"c":"x"}]},"we ird":1,"it's":2,"q\"x":3,"a-b":4,"größe":5,"é":6})";
  CHECK(at(input, "$.a.b[1]") == "20");
  CHECK(at(input, "$['a']['b'][-1].c") == "\"x\"");
  CHECK(at(input, "$.a.b[2]['c']") == "\"x\"");
  CHECK(at(input, "$.['we ird']") == "1");
  CHECK(at(input, R"($['it\'s'])") == "2");
  CHECK(at(input, R"($["it's"])") == "2");
  CHECK(at(input, "$['q\"x']") == "3");
  CHECK(at(input, "$.a-b") == "4");
  CHECK(at(input, "$.größe") == "5");
  CHECK(at(input, " $.é ") == "6");
  CHECK(at("[[1,2],[3]]", "$[0][1]") == "2");
  CHECK(at("[{\"State\":\"on\"}]", "$.[0].State") == "\"on\"");
  CHECK(at("\"text\"", "$") == "\"text\"");
}

TEST_CASE("path: a backslash before another quote is part of the name") {
  CHECK(at(R"({"Test\\\"\"Name\"":1})", R"($['Test\""Name"'])") == "1");
  CHECK(at(R"({"a\\b":1})", R"($['a\\b'])") == "1");
}

TEST_CASE("path: an indefinite path always gives an array") {
  const char* input = R"({"a":[1,2,3,4],"o":{"x":1,"y":{"x":2}},"l":[{"x":1,"y":5},{"y":2},{"x":3}]})";
  CHECK(at(input, "$.a[*]") == "[1,2,3,4]");
  CHECK(at(input, "$.a[1:3]") == "[2,3]");
  CHECK(at(input, "$.a[:1]") == "[1]");
  CHECK(at(input, "$.a[-2:]") == "[3,4]");
  CHECK(at(input, "$.a[:-1]") == "[1,2,3]");
  CHECK(at(input, "$.a[3:99]") == "[4]");
  CHECK(at(input, "$.a[9:]") == "[]");
  CHECK(at(input, "$.a[0,2]") == "[1,3]");
  CHECK(at(input, "$.a[0,9]") == "[1]");
  CHECK(at("[[1,2],[3]]", "$[*][-1]") == "[2,3]");
  CHECK(at(input, "$.o.*") == R"([1,{"x":2}])");
  CHECK(at(input, "$..x") == "[1,2,1,3]");
  CHECK(at(input, "$.l[*].x") == "[1,3]");
  CHECK(at(input, "$.l.[*].['x','y']") == R"([{"x":1,"y":5},{"y":2},{"x":3}])");
  CHECK(at(input, "$.o['x','none']") == R"({"x":1})");
  CHECK(at(input, "$.none[*]") == "[]");  // measured on AWS
  CHECK(at(input, "$..none") == "[]");
  CHECK(at(input, "$.l[*].none") == "[]");
  CHECK(at("{\"a\":[]}", "$.a[*]") == "[]");
  CHECK(at("[[1,2],[3]]", "$[*][*]") == "[1,2,3]");
  CHECK(at("[[1,2],[3]]", "$..[0]") == "[[1,2],1,3]");
}

TEST_CASE("path: slices are Jayway's") {
  const char* input = "[0,1,2,3,4]";
  struct Row {
    const char* bounds;
    const char* found;
  };
  for (const Row& row : {Row{"1:3", "[1,2]"},
                         {":2", "[0,1]"},
                         {":-2", "[0,1,2]"},
                         {"-2:", "[3,4]"},
                         {"3:", "[3,4]"},
                         {"-9:", "[0,1,2,3,4]"},
                         {":-9", "[]"},
                         {":9", "[0,1,2,3,4]"},
                         {"2:9", "[2,3,4]"},
                         {"3:1", "[]"},
                         // Two bounds are numbers on one line, on which -1 stands before 0.
                         {"-3:-1", "[2,3]"},
                         {"0:-1", "[]"},
                         {"-1:1", "[4,0]"},
                         {"-2:0", "[3,4]"},
                         {"-9:-3", "[0,1]"},
                         {"-2147483648:2", "[0,1,2,3,4,0,1]"},
                         {":2147483647", "[0,1,2,3,4]"},
                         // There are no strides; what stands for one is not looked at.
                         {"0:4:2", "[0,1,2,3]"},
                         {"1::2", "[1,2,3,4]"},
                         {"3:0:-1", "[]"},
                         {"0:1:0", "[0]"}}) {
    INFO(row.bounds);
    CHECK(at(input, "$[" + std::string(row.bounds) + "]") == row.found);
  }
}

TEST_CASE("path: what is missing is told in the words of AWS") {
  const char* input = R"({"a":{"s":"text","n":null,"l":[1]}})";
  CHECK(at(input, "$.x") == "error: No results for path: $['x']");
  CHECK(at(input, "$.no.such.result.path") == "error: Missing property in path $['no']");
  CHECK(at(input, "$.a.x") == "error: No results for path: $['a']['x']");
  CHECK(at(input, "$.a.l[5]") == "error: No results for path: $['a']['l'][5]");
  CHECK(at(input, "$.a.s.x") ==
        "error: Expected to find an object with property ['x'] in path $['a']['s'] but found "
        "'java.lang.String'.");
  CHECK(at(input, "$.a.s[0]") ==
        "error: Filter: [0] can only be applied to arrays. Current context is: \"text\"");
  CHECK(at(input, "$.a.n") == "null");
  CHECK(path("$.a.b").evaluate({}).error().is_missing());
}

TEST_CASE("path: context and variables are roots of their own") {
  World world;
  world.input = json(R"({"k":2,"l":[{"id":2,"v":"two"},{"id":3,"v":"three"}]})");
  world.context = json(R"({"Execution":{"Name":"n"}})");
  world.scopes.values["list"] = json(R"([1,{"x":[7]}])");
  world.scopes.values["größe_2"] = Value(5);
  world.scopes.values["want"] = Value(3);
  CHECK(at(world, "$$") == R"({"Execution":{"Name":"n"}})");
  CHECK(at(world, "$$.Execution.Name") == "\"n\"");
  CHECK(at(world, "$list[1].x[0]") == "7");
  CHECK(at(world, "$list") == R"([1,{"x":[7]}])");
  CHECK(at(world, "$größe_2") == "5");
  CHECK(at(world, "$.l[?(@.id == $.k)].v") == "[\"two\"]");
  CHECK(at(world, "$.l[?(@.id == $want)].v") == "[\"three\"]");
  CHECK(path("$.l[?(@.id == $want || @.v == $other)].v").variables() ==
        std::vector<std::string>{"want", "other"});
  auto missing = path("$nope.x").evaluate(world.roots());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == Error::Kind::MissingVariable);
  CHECK_FALSE(missing.error().is_missing());
  auto inside = path("$.l[?(@.id == $nope)]").evaluate(world.roots());
  REQUIRE_FALSE(inside);
  CHECK(inside.error().kind == Error::Kind::MissingVariable);
}

TEST_CASE("path: properties tell definite and reference paths apart") {
  struct Row {
    const char* text;
    bool definite, reference;
  };
  for (const Row& row : {Row{"$", true, true},
                         {"$.a[0]['c']", true, true},
                         {"$.a[-1]", true, false},
                         {"$.a[0,1]", false, false},
                         {"$.a[0:1]", false, false},
                         {"$.*", false, false},
                         {"$..a", false, false},
                         {"$.a[?(@.b)]", false, false},
                         {"$.a.length()", true, false},
                         {"$.a[*].length()", false, false},
                         {"$..a.sum()", true, false},
                         {"$['a','b']", true, false},
                         {"$['a','b'].c", false, false},
                         {"$$.a", true, true}}) {
    INFO(row.text);
    CHECK(path(row.text).is_definite() == row.definite);
    CHECK(path(row.text).is_reference_path() == row.reference);
    CHECK(path(row.text).text() == row.text);
  }
  CHECK(path("$v").is_root_only());
  CHECK(path("$v.x").root() == Root::Variable);
  CHECK(path("$v.x").variable() == "v");
}

TEST_CASE("path: functions work on what the path found") {
  const char* input =
      R"({"n":[1,2,3,4],"s":["a","b"],"o":{"k":1,"l":2},"t":"löng","e":[],"p":[{"v":2},{"v":4}]})";
  CHECK(at(input, "$.n.length()") == "4");
  CHECK(at(input, "$.o.length()") == "2");
  CHECK(at(input, "$.t.length()") == "null");
  CHECK(at(input, "$.length($.n)") == "4");
  CHECK(at(input, "$.p[*].length()") == "[1,1]");  // of each value that was found
  CHECK(at(input, "$.n.sum()") == "10.0");
  CHECK(at(input, "$.n.min()") == "1.0");
  CHECK(at(input, "$.n.max()") == "4.0");
  CHECK(at(input, "$.n.avg()") == "2.5");
  CHECK(at(R"({"n":[2,4]})", "$.n.stddev()") == "1.0");
  CHECK(at(input, "$..v.sum()") == "6.0");  // after `..`: of all together, whatever its arguments
  CHECK(at(input, "$..v.max(9)") == "4.0");
  CHECK(at(input, "$..n.length()") == "4");  // what is inside
  CHECK(at(input, "$..v.concat()") == "\"24\"");
  CHECK(at(input, "$.p[*].v.sum()") ==
        "error: Aggregation function attempted to calculate value using empty array");
  CHECK(at(input, "$.n.sum(5, $.p[0].v, $.n)") == "27.0");
  CHECK(at(input, "$.s.concat()") == "\"ab\"");
  CHECK(at(input, "$.s.concat('-', $.t)") == "\"ab-löng\"");
  CHECK(at(input, "$.s.append('c')") == R"(["a","b","c"])");
  CHECK(at(input, "$.o.keys()") == R"(["k","l"])");
  CHECK(at(input, "$.n.first()") == "1");
  CHECK(at(input, "$.n.last()") == "4");
  CHECK(at(input, "$.n.index(1)") == "2");
  CHECK(at(input, "$.e.sum()") ==
        "error: Aggregation function attempted to calculate value using empty array");
  CHECK(at(input, "$.e.first()") == "error: No results for path: $['e'].first()");
  CHECK(at(input, "$.n.index(9)") == "error: No results for path: $['n'].index(...)");
  CHECK(at(input, "$.t.first()") ==
        "error: Aggregation function attempted to calculate value using empty array");
  CHECK(at(input, "$.n.append(5).length()") == "5");
  CHECK(at(input, "$.o.append(5)") == R"({"k":1,"l":2})");
  CHECK(at(input, "$.n.keys()") == "null");
  CHECK(at(R"({"l":["a",1,"b"]})", "$.l.concat('-', $.l)") == "\"ab-a1b\"");
  CHECK(at(R"([{"l":[{"x":1}]},{"l":[{"x":2}]}])", "$[*].l.first().x") == R"([{"x":1},1,{"x":2},2])");
  CHECK(at(input, "$.o.length().b") ==
        "error: Expected to find an object with property ['b'] in path $['o'].length() but found "
        "'java.lang.Integer'.");
}

TEST_CASE("path: malformed texts are refused") {
  for (const char* text : {"",
                           " ",
                           "a",
                           ".a",
                           "$.",
                           "$..",
                           "$a.",
                           "$[",
                           "$[]",
                           "$[a]",
                           "$['a'",
                           "$['a",
                           "$[0",
                           "$[:]",
                           "$[::2]",
                           "$[0:1:x]",
                           "$[2147483648]",
                           "$[1,]",
                           "$['a',]",
                           "$['a',0]",
                           "$.a b",
                           "$. a",
                           "$...a",
                           "$.a]",
                           "$[?]",
                           "$[?()]",
                           "$[?(@.a ==)]",
                           "$[?(@.a == 1]",
                           "$[?(@.a ~~ 1)]",
                           "$[?(@.a =~ 'x')]",
                           "$[?(@.a == /x/)]",
                           "$[?(@.a =~ /(/)]",
                           "$[?(@.a =~ /x/q)]",
                           "$[?('a')]",
                           "$[?(@.a == [1)]",
                           "$.a.foo()",
                           "$.a.length(",
                           "$..length()",
                           "$5",
                           "$-a",
                           "$.a[99999999999999999999]",
                           "@.a",
                           "$[?(@.a && )]",
                           "$[?(@.a == 1e)]",
                           "$.a..",
                           "$[?(@..)]",
                           "$.a[?(@.b frob 1)]"}) {
    INFO(text);
    auto parsed = Path::parse(text);
    CHECK_FALSE(parsed);
    if (!parsed) CHECK(parsed.error().kind == Error::Kind::Syntax);
  }
  std::string deep = "$.a";
  for (int i = 0; i < 200; ++i) deep = "$.a[?(@.b == " + deep + ")]";
  CHECK_FALSE(Path::parse(deep));
  // Each step may look at the same value again: many of them must not use up the stack.
  std::string filters = "$", functions = "$";
  for (int i = 0; i < 100'000; ++i) filters += "[?(@)]", functions += ".append(1)";
  CHECK_FALSE(Path::parse(filters));
  CHECK_FALSE(Path::parse(functions));
  CHECK_FALSE(Path::parse("$[?(" + std::string(500, '!') + "@.a)]"));
  CHECK_FALSE(Path::parse("$[?(" + std::string(500, '(') + "@.a)]"));
}

TEST_CASE("path: write puts a value at a reference path") {
  const auto written = [](std::string_view root, std::string_view where) -> std::string {
    auto value = write(path(where), json(root), Value(9));
    return value ? to_json(*value) : "error";
  };
  CHECK(written(R"({"a":1})", "$") == "9");
  CHECK(written(R"({"a":1})", "$.b") == R"({"a":1,"b":9})");
  CHECK(written(R"({"a":1})", "$.a") == R"({"a":9})");
  CHECK(written("{}", "$.a.b.c") == R"({"a":{"b":{"c":9}}})");
  CHECK(written(R"({"a":{"x":1}})", "$.a.b") == R"({"a":{"x":1,"b":9}})");
  CHECK(written(R"({"a":[1,{"x":2}]})", "$.a[1].x") == R"({"a":[1,{"x":9}]})");
  CHECK(written(R"({"a":[1]})", "$.a[0]") == R"({"a":[9]})");
  CHECK(written(R"({"a":[1]})", "$.a[1]") == "error");
  CHECK(written(R"({"a":[1]})", "$.a.b") == "error");
  CHECK(written(R"({"a":1})", "$.a.b") == "error");
  CHECK(written(R"({"a":null})", "$.a.b") == "error");
  CHECK(written("{}", "$.a[0]") == "error");
  CHECK(written("[1]", "$.a") == "error");
  CHECK(written("{}", "$.a[*]") == "error");
  CHECK(written("{}", "$$.a") == "error");
  auto refused = write(path("$.a"), json("\"text\""), Value(1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text == "Unable to apply ReferencePath $.a to input \"text\"");
}

TEST_CASE("path: write leaves other holders of the document alone") {
  const Value before = json(R"({"a":{"b":1},"c":[1,2]})");
  auto after = write(path("$.a.b"), before, Value(2));
  REQUIRE(after);
  CHECK(to_json(before) == R"({"a":{"b":1},"c":[1,2]})");
  CHECK(after->find("c")->same_content(*before.find("c")));
}

TEST_CASE("path: a budget ends endless work") {
  World world;
  Array items;
  for (int i = 0; i < 3000; ++i) items.push_back(Value(i));
  world.input.set("l", Value(std::move(items)));
  auto result = path("$.l[?(@ in $.l)]").evaluate(world.roots(), 100'000);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == Error::Kind::Budget);
  CHECK(path("$.l[?(@ == 5)]").evaluate(world.roots(), 100'000));
}

TEST_CASE("path: results cost more of the budget than visits") {
  World world;
  world.input = json("[[1]]");
  CHECK(path("$[0,0,0,0][0,0,0,0]").evaluate(world.roots(), 200));
  auto result = path("$[0,0,0,0][0,0,0,0]").evaluate(world.roots(), 100);  // 16 results, 21 visits
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == Error::Kind::Budget);
}

TEST_CASE("path: wide objects and long arrays take time in proportion") {
  World world;
  Object wide;
  for (int i = 0; i < 30'000; ++i) wide.set(Value("key" + std::to_string(i)), Value::object({{"v", i}}));
  Array items;
  for (int i = 0; i < 100'000; ++i) items.push_back(Value::object({{"id", i}}));
  world.input.set("wide", Value(std::move(wide)));
  world.input.set("long", Value(std::move(items)));
  CHECK(at(world, "$.wide.key29999.v") == "29999");
  CHECK(path("$.wide.*.v").evaluate(world.roots())->size() == 30'000);
  CHECK(path("$.long[?(@.id >= 50000)]").evaluate(world.roots())->size() == 50'000);
  CHECK(path("$..id").evaluate(world.roots())->size() == 100'000);
}

}  // namespace
}  // namespace statelang::json_path
