#include "one_line.h"

#include <catch2/catch.hpp>

using engine::server::one_line;

TEST_CASE("one line: texts stay, what would break or forge a log line is shown as what it is") {
  CHECK(one_line("trigger \"größe\" €🦊") == "trigger \"größe\" €🦊");
  CHECK(one_line("a\nb\r\tc\x1b[31m\x7f") == "a\\nb\\x0D\\x09c\\x1B[31m\\x7F");
  CHECK(one_line(std::string("a\0b", 3)) == "a\\x00b");
}

TEST_CASE("one line: bytes that are not UTF-8 are shown") {
  CHECK(one_line("\xff\xfe") == "\\xFF\\xFE");
  CHECK(one_line("a\xc3") == "a\\xC3");
  CHECK(one_line("\xe2\x82(") == "\\xE2\\x82(");
  CHECK(one_line("\xc0\xaf") == "\\xC0\\xAF");
}
