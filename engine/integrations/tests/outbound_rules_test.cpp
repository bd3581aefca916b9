#include "http/outbound_rules.h"

#include <catch2/catch.hpp>

#include "http/url.h"

using namespace engine::integrations;

namespace {

std::array<uint8_t, 4> v4(int a, int b, int c, int d) {
  return {static_cast<uint8_t>(a), static_cast<uint8_t>(b), static_cast<uint8_t>(c), static_cast<uint8_t>(d)};
}

// From eight groups.
std::array<uint8_t, 16> v6(std::array<uint16_t, 8> groups) {
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < 8; ++i) {
    bytes[2 * i] = static_cast<uint8_t>(groups[i] >> 8);
    bytes[2 * i + 1] = static_cast<uint8_t>(groups[i]);
  }
  return bytes;
}

}  // namespace

TEST_CASE("outbound rules: only addresses of the public Internet are public") {
  for (const auto& closed :
       {v4(0, 0, 0, 0), v4(0, 1, 2, 3), v4(10, 0, 0, 1), v4(100, 64, 0, 1), v4(100, 127, 255, 255),
        v4(127, 0, 0, 1), v4(127, 9, 9, 9), v4(169, 254, 169, 254), v4(172, 16, 0, 1), v4(172, 31, 255, 255),
        v4(192, 0, 0, 1), v4(192, 0, 2, 1), v4(192, 168, 1, 1), v4(198, 18, 0, 1), v4(198, 51, 100, 1),
        v4(203, 0, 113, 1), v4(224, 0, 0, 1), v4(240, 0, 0, 1), v4(255, 255, 255, 255)}) {
    CHECK_FALSE(is_public(closed));
  }
  for (const auto& open :
       {v4(1, 1, 1, 1), v4(8, 8, 8, 8), v4(100, 63, 255, 255), v4(100, 128, 0, 0), v4(172, 15, 0, 1),
        v4(172, 32, 0, 1), v4(192, 167, 1, 1), v4(223, 255, 255, 255)}) {
    CHECK(is_public(open));
  }
  for (const auto& closed :
       {v6({0, 0, 0, 0, 0, 0, 0, 0}), v6({0, 0, 0, 0, 0, 0, 0, 1}), v6({0, 0, 0, 0, 0, 0xFFFF, 0x7F00, 1}),
        v6({0, 0, 0, 0, 0, 0xFFFF, 0xA9FE, 0xA9FE}), v6({0, 0, 0, 0, 0, 0, 0x0808, 0x0808}),
        v6({0x64, 0xFF9B, 0, 0, 0, 0, 0x7F00, 1}), v6({0x64, 0xFF9B, 1, 0, 0, 0, 0x0808, 0x0808}),
        v6({0x2002, 0x7F00, 1, 0, 0, 0, 0, 1}),
        v6({0x2001, 0, 0x4136, 0xE378, 0x8000, 0x63BF, 0x3FFF, 0xFDD2}),
        v6({0x2001, 0xDB8, 0, 0, 0, 0, 0, 1}), v6({0xFC00, 0, 0, 0, 0, 0, 0, 1}),
        v6({0xFD12, 0, 0, 0, 0, 0, 0, 1}), v6({0xFE80, 0, 0, 0, 0, 0, 0, 1}),
        v6({0xFEC0, 0, 0, 0, 0, 0, 0, 1}), v6({0xFF02, 0, 0, 0, 0, 0, 0, 1}),
        v6({0x100, 0, 0, 0, 0, 0, 0, 1}), v6({0x3FFF, 0x0123, 0, 0, 0, 0, 0, 1})}) {
    CHECK_FALSE(is_public(closed));
  }
  for (const auto& open :
       {v6({0x2606, 0x4700, 0, 0, 0, 0, 0, 1}), v6({0, 0, 0, 0, 0, 0xFFFF, 0x0808, 0x0808}),
        v6({0x2002, 0x0808, 0x0808, 0, 0, 0, 0, 1}), v6({0x64, 0xFF9B, 0, 0, 0, 0, 0x0808, 0x0808})}) {
    CHECK(is_public(open));
  }
}

TEST_CASE("url: what could be read in two ways is refused") {
  for (const char* bad : {"",
                          "https://",
                          "https:///x",
                          "ftp://host/",
                          "file:///etc/passwd",
                          "gopher://host",
                          "HTTPS//host",
                          "https://user@host/",
                          "https://user:pass@host/",
                          "https://host@169.254.169.254/",
                          "https://host\\@other/",
                          "https://host /",
                          "https://host/a b",
                          "https://host\t/",
                          "https://host/\r\nX: y",
                          "https://host/#fragment",
                          "https://host:0/",
                          "https://host:65536/",
                          "https://host:99999999999/",
                          "https://host:/",
                          "https://host:a/",
                          "https://[::1/",
                          "https://[::1]x/",
                          "https://[fe80::1%25eth0]/",
                          "https://ho%73t/",
                          "https://h\xC3\xB6st/",
                          "https://host\x7F/",
                          "//host/",
                          "host/path",
                          "https:host",
                          "javascript:alert(1)"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_url(bad));
  }
  const auto plain = parse_url("https://API.example.com/v1/x?a=b%20c");
  REQUIRE(plain);
  CHECK(plain->host == "api.example.com");
  CHECK(plain->target() == "/v1/x?a=b%20c");
  CHECK(plain->host_header() == "api.example.com");
  const auto six = parse_url("http://[2606:4700::1]:8080?q");
  REQUIRE(six);
  CHECK(six->host == "2606:4700::1");
  CHECK(six->host_header() == "[2606:4700::1]:8080");
  CHECK(six->target() == "/?q");
}

TEST_CASE("outbound rules: http, other ports and private hosts need to be allowed by name") {
  const auto rules = OutboundRules::parse("localhost:8080,internal.example,[::1]:9000");
  REQUIRE(rules);
  const auto refused = [&](const char* text) { return !rules->refusal(*parse_url(text)).empty(); };
  CHECK_FALSE(refused("https://anything.example/"));
  CHECK(refused("http://anything.example/"));
  CHECK(refused("https://anything.example:22/"));
  CHECK_FALSE(refused("http://localhost:8080/"));
  CHECK(refused("http://localhost:8081/"));
  CHECK(refused("http://localhost/"));
  CHECK_FALSE(refused("http://internal.example/"));
  CHECK_FALSE(refused("http://INTERNAL.example/"));
  CHECK(refused("http://internal.example:81/"));
  CHECK(refused("http://internal.example.evil.example/"));
  CHECK(rules->may_be_private(*parse_url("http://[::1]:9000/")));
  CHECK_FALSE(rules->may_be_private(*parse_url("https://anything.example/")));
  for (const char* bad : {"a b", "http://host", "host/path", "a,,b", ":80", "host:x"}) {
    CAPTURE(bad);
    CHECK_FALSE(OutboundRules::parse(bad));
  }
}
