#include <catch2/catch.hpp>

#include <engine/wire/json_text.h>

using engine::wire::json_items;
using engine::wire::json_members;

TEST_CASE("json text: members are cut out as they are, whatever their strings hold") {
  const auto members = json_members(
      R"( { "a" : "x\"y\\" , "b\\" : "\\\\", "c":[1,"]",{"d":"}\\\""}] ,"e":-1.5e3, "f":null,"":"" } )");
  REQUIRE(members.size() == 6);
  CHECK(members[0].first == "a");
  CHECK(members[0].second == R"("x\"y\\")");
  CHECK(members[1].first == "b\\");
  CHECK(members[1].second == R"("\\\\")");
  CHECK(members[2].second == R"([1,"]",{"d":"}\\\""}])");
  CHECK(members[3].second == "-1.5e3");
  CHECK(members[4].second == "null");
  CHECK(members[5].first.empty());
  CHECK(members[5].second == R"("")");
}

TEST_CASE("json text: items are cut out as they are") {
  const auto items = json_items(R"([ "a\\" , "\"", [] ,{"b":"\\\","},2 ])");
  REQUIRE(items.size() == 5);
  CHECK(items[0] == R"("a\\")");
  CHECK(items[1] == R"("\"")");
  CHECK(items[2] == "[]");
  CHECK(items[3] == R"({"b":"\\\","})");
  CHECK(items[4] == "2");
  CHECK(json_items("[]").empty());
}
