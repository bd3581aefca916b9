#include "../src/source_places.h"

#include <catch2/catch.hpp>

#include <statelang/definition/definition.h>

using namespace engine::cli;

namespace {

// "line:column text" of each pointer.
std::vector<std::string> places(const std::string& text, const std::vector<PlaceWanted>& wanted) {
  std::vector<std::string> out;
  for (const SourcePlace& place : find_places(text, wanted)) {
    out.push_back(std::to_string(place.line) + ":" + std::to_string(place.column) + " " +
                  text.substr(place.offset, place.length));
  }
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("places: a JSON pointer leads to its value, or to what is there of it") {
  const std::string text =
      "{\n  \"StartAt\": \"A\",\n  \"States\": {\n    \"A/b\": {\n      \"Choices\": [{\"x\": \"]}\"},\n     "
      "   {\"Next\": 1}]\n    }\n  }\n}";
  CHECK(
      places(text,
             {{""}, {"/StartAt"}, {"/States/A~1b"}, {"/States/A~1b/Choices/1/Next"}, {"/States/A~1b/End"}}) ==
      Texts{"1:1 {", "2:14 \"A\"", "4:5 \"A/b\"", "6:18 1", "4:5 \"A/b\""});
  CHECK(places(
            text,
            {{"/States/A~1b/Choices/0"}, {"/States/A~1b/Choices/0/x"}, {"/StartAt", true}, {"/Nowhere/x"}}) ==
        Texts{"5:19 {", "5:25 \"]}\"", "2:3 \"StartAt\"", "1:1 {"});
}

TEST_CASE("places: keys with escapes and characters of several bytes") {
  const std::string text = "{\"\\u00e9\": 1, \"ü\": [true , null]}";
  CHECK(places(text, {{"/é"}, {"/ü/0"}, {"/ü/1"}, {"/ü"}}) ==
        Texts{"1:12 1", "1:21 true", "1:28 null", "1:15 \"ü\""});
}

TEST_CASE("places: broken JSON is shown at the byte") {
  CHECK(places("{\n  ?\n}", {{"", false, 4}}) == Texts{"2:3 ?"});
  CHECK(places("{", {{"", false, 1}}) == Texts{"1:2 "});
  CHECK(places("", {{""}}) == Texts{"1:1 "});
}

TEST_CASE("pictures: the place is underlined, long lines are cut around it") {
  const auto picture = [](const std::string& text, const std::string& pointer, size_t columns) {
    return picture_of(text, find_places(text, std::vector<PlaceWanted>{{pointer}})[0], columns);
  };
  const Picture simple = picture("{\n\t\"a\": \"bcd\",\n \"e\": 1}", "/a", 80);
  CHECK(simple.text == " \"a\": \"bcd\",");
  CHECK(simple.underline == "      ^~~~~");
  const std::string wide =
      "{\"x\": \"" + std::string(500, '-') + "\", \"y\": 42, \"z\": \"" + std::string(500, '-') + "\"}";
  const Picture cut = picture(wide, "/y", 60);
  CHECK(cut.text == "…------------\", \"y\": 42, \"z\": \"----------------------------…");
  CHECK(cut.underline == "                     ^~");
  const Picture bytes = picture_of("a\xE2\x82 \xC3z\x1b\xC2\x9B\x80", {0, 1, 0, 1, 1}, 80);
  CHECK(bytes.text == "a? ?z  ");
  const Picture end = picture_of("[1,", {3, 0, 0, 1, 4}, 80);
  CHECK(end.underline == "   ^");
}

TEST_CASE("places: thousands of mistakes on one line cost one pass") {
  // Nothing here looks at a clock: a pass for each place would take hours, not a part of a second.
  std::string text = "{\"StartAt\":\"S0\",\"States\":{";
  for (int i = 0; i < 20000; ++i) {
    const std::string name = "S" + std::to_string(i);
    text += (i ? ",\"" : "\"") + name + "\":{\"Type\":\"Pass\",\"Next\":\"None" + std::to_string(i) + "\"}";
  }
  text += "}}";
  const auto found = statelang::Definition::validate(text);
  REQUIRE(found.size() > 20000);
  const auto where = find_places(text, found);
  REQUIRE(where.size() == found.size());
  CHECK(text.substr(where[19999].offset, where[19999].length) == "\"None19999\"");
  for (size_t i = 0; i < where.size(); i += 1000) CHECK(picture_of(text, where[i], 80).underline.size() < 90);
}
