// What JSON's and JavaScript's writers of strings have in common. Pure; any thread.
#pragma once

namespace statelang {

// The letter behind the backslash of a short escape (RFC 8259, 7); 0: the byte has none.
constexpr char short_json_escape(unsigned char byte) {
  switch (byte) {
    case '"':
    case '\\':
      return static_cast<char>(byte);
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

}  // namespace statelang
