#include <catch2/catch.hpp>

#include <statelang/json_syntax.h>
#include <statelang/payload.h>
#include <statelang/value.h>

using statelang::find_json_syntax_error;

TEST_CASE("json syntax: mistakes are told in the words of the service's reader") {
  struct Row {
    const char* text;
    const char* message;
    size_t line, column, offset;
  };
  const std::string values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
  const Row rows[] = {
      {"not a definition", "Unrecognized token 'not': was expecting @", 1, 4, 0},
      {"{\"a\":tru}", "Unrecognized token 'tru': was expecting @", 1, 9, 5},
      {"{\"a\":NaN}",
       "Non-standard token 'NaN': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow", 1, 9, 5},
      {"{a:1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name", 1, 3,
       1},
      {"{\"a\":1,}", "Unexpected character ('}' (code 125)): was expecting double-quote to start field name",
       1, 9, 7},
      {"[1,]", "Unexpected character (']' (code 93)): expected a valid value @", 1, 5, 3},
      {"{\"a\":1 \"b\":2}",
       "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries", 1, 9, 7},
      {"[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", 1, 5,
       3},
      {"{\"a\" 1}",
       "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", 1, 7,
       5},
      {"{\"a\":é}", "Unrecognized token 'é': was expecting @", 1, 7, 5},
      {"{\n \"a\": ?\n}", "Unexpected character ('?' (code 63)): expected a valid value @", 2, 8, 8},
      {"[01]", "Invalid numeric value: Leading zeroes not allowed", 1, 3, 1},
      {"[-x]",
       "Unexpected character ('x' (code 120)) in numeric value: expected digit (0-9) to follow minus sign, "
       "for "
       "valid numeric value",
       1, 4, 2},
      {"[1.]", "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a digit",
       1, 5, 3},
      {"[1e]",
       "Unexpected character (']' (code 93)) in numeric value: Exponent indicator not followed by a digit", 1,
       5, 3},
      {"{\"a\":1]",
       "Unexpected close marker ']': expected '}' (for Object starting at [Source: (String)\"{\"a\":1]\"; "
       "line: "
       "1, column: 1])",
       1, 8, 6},
      {"[",
       "Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)\"[\"; "
       "line: 1, "
       "column: 1])",
       1, 2, 1},
      {"{\"a\":", "Unexpected end-of-input within/between Object entries", 1, 6, 5},
      {"{\"a", "Unexpected end-of-input in field name", 1, 4, 3},
      {"[\"a", "Unexpected end-of-input: was expecting closing quote for a string value", 1, 4, 3},
      {"[\"a\nb\"]",
       "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included "
       "in string value",
       2, 1, 3},
      {"[\"\\x\"]", "Unrecognized character escape 'x' (code 120)", 1, 5, 3},
      {"[\"\\u00g0\"]",
       "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence", 1, 8, 6},
      {"{} x", "Unrecognized token 'x': was expecting @", 1, 5, 3},
      {"{} {}", "Trailing token found after value: not allowed", 1, 5, 4},
      {"{\"a\":1,\"a\":2}", "Duplicate field 'a'", 1, 11, 7},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto found = find_json_syntax_error(row.text, true);
    REQUIRE(found);
    std::string expected = row.message;
    if (expected.ends_with("@")) expected.replace(expected.size() - 1, 1, values);
    CHECK(found->message == expected);
    CHECK(found->line == row.line);
    CHECK(found->column == row.column);
    CHECK(found->offset == row.offset);
  }
}

TEST_CASE("json syntax: bytes that are no UTF-8 are found where the parser finds them") {
  for (const char* text : {"\x80", "\xC1\xBF", "\xC3(", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
                           "\xF0\x8F\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    const std::string json = "[\"ab" + std::string(text) + "\"]";
    CHECK_FALSE(statelang::valid_json(json));
    const auto found = find_json_syntax_error(json);
    REQUIRE(found);
    CHECK(found->message.starts_with("Invalid UTF-8 "));
    CHECK(found->offset == 4);
    CHECK(statelang::valid_json(statelang::to_json(statelang::Value(found->source + found->message))));
  }
  for (const char* text : {"\x7F", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    const std::string json = "[\"" + std::string(text) + "\"]";
    CHECK(statelang::valid_json(json));
    CHECK_FALSE(find_json_syntax_error(json));
  }
}

TEST_CASE("json syntax: what the parser accepts has no mistake") {
  for (const char* text : {"{}", " [1, -0.5e+3, \"\\u00e9\\n\", true, false, null, {\"a\":[]}] ", "\"\"", "0",
                           "-1", "{\"a\":{\"a\":{\"a\":[[],[{}]]}}}"}) {
    INFO(text);
    CHECK(statelang::valid_json(text));
    CHECK_FALSE(find_json_syntax_error(text, true));
  }
}

TEST_CASE("json syntax: a source quotes 500 characters at most") {
  const std::string text = "[" + std::string(600, ' ');
  const auto found = find_json_syntax_error(text);
  REQUIRE(found);
  CHECK(found->source ==
        "[Source: (String)\"[" + std::string(499, ' ') + "\"[truncated 101 chars]; line: 1, column: 602]");
}
