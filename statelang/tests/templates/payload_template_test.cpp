#include <statelang/templates/payload_template.h>

#include "json_path/scopes.h"

namespace statelang::templates {
namespace {

using json_path::json;
using json_path::World;

std::string fill(std::string_view text, const World& world) {
  auto compiled = PayloadTemplate::compile(json(text));
  if (!compiled) return "compile error: " + compiled.error().front().message;
  auto value = compiled->evaluate({world.roots(), nullptr});
  return value ? to_json(*value) : value.error().error + ": " + value.error().cause;
}

TEST_CASE("template: fields ending in .$ are replaced in their place") {
  World world;
  world.input = json(R"json({"a":1,"l":[1,2]})json");
  world.context = json(R"json({"Execution":{"Name":"n"}})json");
  world.scopes.values["v"] = json(R"json({"x":"y"})json");
  CHECK(
      fill(
          R"json({"s":"$.a","a.$":"$.a","o":{"l.$":"$.l[*]","k":[{"n.$":"$$.Execution.Name"},"x.$"]},"v.$":"$v.x",
                 "f.$":"States.Format('<{}>', $.a)","z":null})json",
          world) ==
      R"json({"s":"$.a","a":1,"o":{"l":[1,2],"k":[{"n":"n"},"x.$"]},"v":"y","f":"<1>","z":null})json");
  CHECK(fill(R"json(["a",{"b.$":"$"}])json", world) == R"json(["a",{"b":{"a":1,"l":[1,2]}}])json");
  CHECK(fill("5", world) == "5");
  CHECK(fill(R"json({"a.$":"$.a", "b":[[[{"c.$":"$.l[0]"}]]]})json", world) ==
        R"json({"a":1,"b":[[[{"c":1}]]]})json");
}

TEST_CASE("template: a path that leads nowhere is told in the words of AWS") {
  World world;
  world.input = json(R"json({"other": 1})json");
  CHECK(fill(R"json({"o":{"value.$":"$.no_such"}})json", world) ==
        "States.Runtime: The JSONPath '$.no_such' specified for the field 'value.$' could not be found in "
        "the input "
        "'{\"other\":1}'");
  CHECK(fill(R"json({"value.$":"$$.Execution.Input.no"})json", world) ==
        "States.Runtime: The JSONPath '$$.Execution.Input.no' specified for the field 'value.$' could not be "
        "found in "
        "the input '{\"other\":1}'");
  CHECK(fill(R"json({"value.$":"States.ArrayLength($.other)"})json", world)
            .starts_with("States.IntrinsicFailure: "));
  CHECK(fill(R"json({"value.$":"States.ArrayLength($.x)"})json", world).starts_with("States.Runtime: "));
  CHECK(fill(R"json({"value.$":"$nope"})json", world).starts_with("States.Runtime: "));
}

TEST_CASE("template: compile errors are all told, with their places") {
  auto compiled = PayloadTemplate::compile(json(
      R"json({"parsed.$":"x","a":[{"n.$":5}],"b":1,"b.$":"$.b","c/d":{"e.$":"States.Nope()"},"ok.$":"$.ok"})json"));
  REQUIRE_FALSE(compiled);
  const auto& errors = compiled.error();
  REQUIRE(errors.size() == 4);
  CHECK(errors[0].pointer == "");
  CHECK(errors[0].message ==
        "The value for the field 'parsed.$' must be a valid JSONPath or a valid intrinsic function call");
  CHECK(errors[1].pointer == "/a/0");
  CHECK(errors[1].field == "n.$");
  CHECK(errors[2].field == "b.$");
  CHECK(errors[3].pointer == "/c~1d");
}

TEST_CASE("template: static parts are shared, not copied") {
  const Value source = json(R"json({"big":{"a":[1,2,3]},"x.$":"$.x"})json");
  auto compiled = PayloadTemplate::compile(source);
  REQUIRE(compiled);
  CHECK_FALSE(compiled->is_static());
  World world;
  world.input = json(R"json({"x":[4]})json");
  auto value = compiled->evaluate({world.roots(), nullptr});
  REQUIRE(value);
  CHECK(value->find("big")->same_content(*source.find("big")));
  CHECK(value->find("x")->same_content(*world.input.find("x")));
  // The template itself is unharmed by an evaluation.
  CHECK(to_json(*compiled->evaluate({world.roots(), nullptr})) == to_json(*value));

  const Value fixed = json(R"json({"a":{"b":1}})json");
  auto all_static = PayloadTemplate::compile(fixed);
  REQUIRE(all_static);
  CHECK(all_static->is_static());
  CHECK(all_static->evaluate({})->same_content(fixed));
}

TEST_CASE("template: variables are listed once, in order of appearance") {
  auto compiled = PayloadTemplate::compile(json(
      R"json({"a.$":"$one.x","b":{"c.$":"States.Format('{}{}', $two, $one)"},"d":"$three","e.$":"$.l[?(@ == $four)]"})json"));
  REQUIRE(compiled);
  CHECK(compiled->variables() == std::vector<std::string>{"one", "two", "four"});
}

TEST_CASE("expression: takes paths and calls alike") {
  auto call = Expression::parse("States.Format('{}', $.Error)");
  REQUIRE(call);
  CHECK(call->is_call());
  CHECK(call->text() == "States.Format('{}', $.Error)");
  World world;
  world.input = json(R"json({"Error":"e"})json");
  CHECK(to_json(*call->evaluate({world.roots(), nullptr}, "ErrorPath")) == "\"e\"");
  auto p = Expression::parse("$.Error");
  REQUIRE(p);
  CHECK(p->path() != nullptr);
  CHECK_FALSE(Expression::parse("Error"));
  CHECK_FALSE(Expression::parse(""));
}

}  // namespace
}  // namespace statelang::templates
