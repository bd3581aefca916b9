// OutboundRules: which hosts tasks may call (server-side request forgery). A workflow's author chooses the
// URL, and the engine stands inside the network: so everything that is not a public address is refused unless
// the operator has allowed it by name, and so are ports other than 80 and 443, and http without TLS. The
// check is made on the address that is then connected to: a name that resolves to something else a moment
// later (rebinding) gains nothing. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host_list.h"

namespace engine::integrations {

class OutboundRules {
 public:
  // `allowed`: as HostList has them, separated by commas; these may be private, without TLS and, with their
  // port, on any port. Nothing when one is not written so.
  static std::optional<OutboundRules> parse(std::string_view allowed);

  // Empty: the URL may be called, as far as its text goes. Otherwise why not.
  std::string refusal(const Url& url) const;
  // Whether its host may be at a private address.
  bool may_be_private(const Url& url) const { return allowed_.has(url); }

 private:
  HostList allowed_;
};

// Whether an address is one that the public Internet routes: not loopback, private, link-local (with the
// clouds' metadata services), shared, documentation, benchmarking, multicast, reserved, or an IPv6 form that
// carries such an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64).
bool is_public(const std::array<uint8_t, 4>& address);
bool is_public(const std::array<uint8_t, 16>& address);

}  // namespace engine::integrations
