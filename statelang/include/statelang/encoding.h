// Bytes as text. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace statelang {

// Two lower-case hexadecimal digits a byte.
std::string to_hex(std::string_view bytes);
// Nothing unless to_hex() could have written it.
std::optional<std::string> from_hex(std::string_view digits);

// RFC 4648, 4: with padding.
std::string to_base64(std::string_view bytes);

// RFC 9562, of 16 bytes: in order, but for the bits that tell version and variant.
std::string to_uuid(std::string_view bytes, unsigned version);
// Of random numbers, the most significant byte first: version 4.
std::string to_uuid(uint64_t first, uint64_t second);

}  // namespace statelang
