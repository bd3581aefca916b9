// What a string in JSON text holds as it is: ASCII without control characters, quotes and backslashes. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace statelang {

// True when all of eight bytes are plain. A byte may also be suspected for its neighbour's sake; never the
// other way round.
inline bool eight_plain(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t control = bytes - kOnes * 0x20;
  const uint64_t quote = (bytes ^ (kOnes * '"')) - kOnes;
  const uint64_t backslash = (bytes ^ (kOnes * '\\')) - kOnes;
  return ((control | quote | backslash | bytes) & (kOnes * 0x80)) == 0;
}

// How many of the first bytes are plain.
size_t plain_json_prefix(std::string_view text);

// The end of the plain bytes from `at` on, or a little before it.
inline const char* skip_plain(const char* at, const char* end) {
  uint64_t eight;
  while (end - at >= 8 && (std::memcpy(&eight, at, 8), eight_plain(eight))) at += 8;
  return at;
}

}  // namespace statelang
