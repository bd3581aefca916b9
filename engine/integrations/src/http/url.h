// Url: an http or https address taken apart strictly: what a browser would guess at is refused, so that what
// is checked is what is called. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine::integrations {

struct Url {
  bool tls = true;
  std::string host;  // lower case; an IPv6 address without its brackets
  uint16_t port = 443;
  std::string path = "/";  // percent-encoded, begins with /
  std::string query;       // percent-encoded, without ?

  std::string target() const { return query.empty() ? path : path + "?" + query; }
  std::string host_header() const;  // with the port unless it is the scheme's own
};

// Nothing for: another scheme, user information, a fragment, white space, control or non-ASCII characters,
// backslashes, an empty host or one with characters that no host name has, a port that is none.
std::optional<Url> parse_url(std::string_view text);

// Everything but letters, digits and -._~ as %XX; `plus_for_space` as forms want it.
std::string url_encode(std::string_view text, bool plus_for_space = false);

}  // namespace engine::integrations
