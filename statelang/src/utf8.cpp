#include "utf8.h"

namespace statelang {
namespace {

// The length of the well-formed UTF-8 character at `at`, 0 when there is none.
size_t well_formed(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool outside =
      (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);  // surrogates, > 10FFFF
  return overlong || outside ? 0 : length;
}

}  // namespace

std::string repaired_utf8(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t length = well_formed(text, i);
    out += length > 0 ? text.substr(i, length) : std::string_view("\xEF\xBF\xBD");
    i += length > 0 ? length : 1;
  }
  return out;
}

size_t utf16_units(std::string_view text) {
  size_t length = 0;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    length += (byte & 0xC0) != 0x80;
    length += byte >= 0xF0;
  }
  return length;
}

}  // namespace statelang
