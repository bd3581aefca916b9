#include "outbound_rules.h"

#include <algorithm>

namespace engine::integrations {
namespace {

struct Range4 {
  std::array<uint8_t, 4> address;
  int bits;
};
// IANA's special-purpose registries; what is not globally reachable, and multicast.
constexpr Range4 kClosed4[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10}, {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},  {{192, 0, 0, 0}, 24},  {{192, 0, 2, 0}, 24},
    {{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15}, {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 4},    {{240, 0, 0, 0}, 4},
};

template <size_t Size>
bool within(const std::array<uint8_t, Size>& address, const std::array<uint8_t, Size>& range, int bits) {
  for (size_t i = 0; i < Size && bits > 0; ++i, bits -= 8) {
    const auto mask = static_cast<uint8_t>(bits >= 8 ? 0xFF : 0xFF << (8 - bits));
    if ((address[i] & mask) != (range[i] & mask)) return false;
  }
  return true;
}

std::array<uint8_t, 4> part(const std::array<uint8_t, 16>& address, size_t at) {
  return {address[at], address[at + 1], address[at + 2], address[at + 3]};
}

bool all_zero(const std::array<uint8_t, 16>& address, size_t first, size_t end) {
  return std::all_of(address.begin() + static_cast<std::ptrdiff_t>(first),
                     address.begin() + static_cast<std::ptrdiff_t>(end),
                     [](uint8_t byte) { return byte == 0; });
}

}  // namespace

bool is_public(const std::array<uint8_t, 4>& address) {
  return std::none_of(std::begin(kClosed4), std::end(kClosed4),
                      [&](const Range4& range) { return within(address, range.address, range.bits); });
}

bool is_public(const std::array<uint8_t, 16>& a) {
  // ::ffff:a.b.c.d and ::a.b.c.d (:: and ::1 among them)
  if (all_zero(a, 0, 10) && ((a[10] == 0xFF && a[11] == 0xFF) || (a[10] == 0 && a[11] == 0))) {
    return !(a[10] == 0) && is_public(part(a, 12));
  }
  if (a[0] == 0x00 && a[1] == 0x64 && a[2] == 0xFF && a[3] == 0x9B) {  // NAT64, and its local form
    return all_zero(a, 4, 12) && is_public(part(a, 12));
  }
  if (a[0] == 0x20 && a[1] == 0x02) return is_public(part(a, 2));  // 6to4
  // 2001::/23 (Teredo and protocols), 2001:db8::/32 and 3fff::/20 (documentation)
  if (a[0] == 0x20 && a[1] == 0x01 && (a[2] & 0xFE) == 0) return false;
  if (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0D && a[3] == 0xB8) return false;
  if (a[0] == 0x3F && a[1] == 0xFF && (a[2] & 0xF0) == 0) return false;
  // Global unicast is 2000::/3; everything else (fc00::/7, fe80::/10, ff00::/8, 100::/64 ...) is not.
  return (a[0] & 0xE0) == 0x20;
}

std::optional<OutboundRules> OutboundRules::parse(std::string_view allowed) {
  OutboundRules rules;
  while (!allowed.empty()) {
    const size_t comma = std::min(allowed.find(','), allowed.size());
    const std::string_view one = allowed.substr(0, comma);
    allowed.remove_prefix(std::min(comma + 1, allowed.size()));
    if (!rules.allowed_.add(one)) return std::nullopt;
  }
  return rules;
}

std::string OutboundRules::refusal(const Url& url) const {
  if (allowed_.has(url)) return {};
  if (!url.tls) return "only https endpoints may be called (allow others with --http-allow)";
  if (url.port != 443 && url.port != 80)
    return "port " + std::to_string(url.port) + " may not be called (allow it with --http-allow)";
  return {};
}

}  // namespace engine::integrations
