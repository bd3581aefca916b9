#include "identifier.h"

#include <string>

#include <catch2/catch.hpp>

namespace statelang {
namespace {

std::string times(size_t count, std::string_view text) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST_CASE("identifier: variables are named as Unicode writes identifiers") {
  for (const char* name : {"a",  "Z", "a1",  "a_b_", "x__", "größe", "é",  "е", "数量",  "ªb",     "a\u0301",
                           "aʹ", "Ⅷ", "a·b", "℘",    "a‿b", "क्",     "a٣", "𝒳", "state", "statesX"}) {
    INFO(name);
    CHECK(is_variable_name(name));
  }
  for (const char* name :
       {"",      "1",   "1a",      "_",  "_a",      "a-b", "a b",     "a.b",  "$a",
        "a$",    "a\n", "a\u2009", "😀",  "a😀",      "٣a",  "\u0301a", "·a",   "‿a",
        "a©",    "a→",  "ⸯ",       "aⸯ", "a\u200B", "a,",  "a\xFF",   "\xC3", "a\xED\xA0\x80",
        "states"}) {
    INFO(name);
    CHECK_FALSE(is_variable_name(name));
  }
  CHECK_FALSE(is_variable_name(std::string_view("a\0b", 3)));
}

TEST_CASE("identifier: eighty characters, whatever their bytes") {
  for (const char* character : {"a", "ä", "数", "𝒳"}) {
    INFO(character);
    CHECK(is_variable_name(times(80, character)));
    CHECK_FALSE(is_variable_name(times(81, character)));
  }
}

}  // namespace
}  // namespace statelang
