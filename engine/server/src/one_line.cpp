#include "one_line.h"

#include <algorithm>
#include <cstdint>

#include <statelang/utf8.h>

namespace engine::server {

std::string one_line(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string line;
  line.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<uint8_t>(text[at]);
    const size_t size = statelang::utf8_length(text.substr(at));
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
