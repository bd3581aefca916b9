#include "http/host_list.h"

#include <catch2/catch.hpp>

using engine::integrations::HostList;
using engine::integrations::parse_url;

TEST_CASE("host list: a host with its port, or the usual ones, and the names below a domain") {
  const auto has = [](const char* written, const char* url) {
    HostList list;
    REQUIRE(list.add(written));
    return list.has(*parse_url(url));
  };
  CHECK(has("Example.com", "https://example.com/a"));
  CHECK(has("example.com", "http://example.com"));
  CHECK_FALSE(has("example.com", "https://example.com:8443"));
  CHECK_FALSE(has("example.com", "https://www.example.com"));
  CHECK(has("example.com:8443", "https://example.com:8443"));
  CHECK_FALSE(has("example.com:8443", "https://example.com"));
  CHECK(has("[::1]:8080", "http://[::1]:8080"));
  CHECK(has("[::1]", "http://[::1]"));
  CHECK(has("*.example.com", "https://www.example.com"));
  CHECK(has("*.example.com", "https://a.b.example.com"));
  CHECK_FALSE(has("*.example.com", "https://example.com"));
  CHECK_FALSE(has("*.example.com", "https://evilexample.com"));
  CHECK_FALSE(has("*.example.com", "https://www.example.com:444"));
  CHECK(has("*.example.com:444", "https://www.example.com:444"));
}

TEST_CASE("host list: what is no host is not added") {
  for (const char* wrong :
       {"", "*", "*.", "*.*.com", "a.*.com", "http://example.com", "example.com/", "example.com/a",
        "example.com?a", "me@example.com", "example.com:0", "example.com:99999", "*.[::1]", "a b"}) {
    CAPTURE(wrong);
    HostList list;
    CHECK_FALSE(list.add(wrong));
    CHECK(list.empty());
  }
}
