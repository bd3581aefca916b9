#include <catch2/catch.hpp>

#include <statelang/digest.h>

using statelang::digest_hex;

TEST_CASE("digest: known answers of every algorithm") {
  CHECK(digest_hex("MD5", "abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(digest_hex("SHA-1", "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(digest_hex("SHA-256", "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest_hex("SHA-384", "abc").substr(0, 32) == "cb00753f45a35e8bb5a03d699ac65007");
  CHECK(digest_hex("SHA-512", "abc").substr(0, 32) == "ddaf35a193617abacc417349ae204131");
}

TEST_CASE("digest: an unknown algorithm gives no text") {
  CHECK(digest_hex("sha-256", "abc").empty());
  CHECK(digest_hex("", "abc").empty());
}
