#include "one_line.h"

#include <algorithm>
#include <cstdint>

namespace engine::server {
namespace {

// How many bytes of UTF-8 the character at `at` has; 0: none that is whole.
size_t character_bytes(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const uint8_t first = byte(at);
  const size_t size = first < 0x80                    ? 1
                      : first >= 0xC2 && first < 0xE0 ? 2
                      : first >= 0xE0 && first < 0xF0 ? 3
                      : first >= 0xF0 && first < 0xF5 ? 4
                                                      : 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  return size;
}

}  // namespace

std::string one_line(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string line;
  line.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<uint8_t>(text[at]);
    const size_t size = character_bytes(text, at);
    if (byte == '\n') {
      line += "\\n";
    } else if (size == 0 || byte < 0x20 || byte == 0x7F) {
      ((line += "\\x") += digits[byte >> 4]) += digits[byte & 0xF];
    } else {
      line += text.substr(at, size);
    }
    at += std::max<size_t>(1, size);
  }
  return line;
}

}  // namespace engine::server
