#include <catch2/catch.hpp>

#include <statelang/encoding.h>

using namespace statelang;

TEST_CASE("encoding: hexadecimal digits, there and back") {
  const std::string bytes("\x00\x7f\x80\xff", 4);
  CHECK(to_hex(bytes) == "007f80ff");
  CHECK(from_hex("007f80ff") == bytes);
  CHECK(to_hex("").empty());
  CHECK(from_hex("") == "");
  for (const char* wrong : {"0", "0g", "AB", " 0", "0x00"}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_hex(wrong));
  }
}

TEST_CASE("encoding: base64 has its padding") {
  CHECK(to_base64("").empty());
  CHECK(to_base64("f") == "Zg==");
  CHECK(to_base64("fo") == "Zm8=");
  CHECK(to_base64("foo") == "Zm9v");
  CHECK(to_base64("\xfb\xff") == "+/8=");
  CHECK(to_base64(std::string(1000, 'x')).size() == 1336);
}

TEST_CASE("encoding: a UUID has its version and variant") {
  CHECK(to_uuid(0x0011223344556677, 0x8899AABBCCDDEEFF) == "00112233-4455-4677-8899-aabbccddeeff");
  CHECK(to_uuid(UINT64_MAX, UINT64_MAX) == "ffffffff-ffff-4fff-bfff-ffffffffffff");
  CHECK(to_uuid(std::string(16, '\0'), 8) == "00000000-0000-8000-8000-000000000000");
}
