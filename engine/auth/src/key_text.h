// What the key file's members look like as text: hexadecimal digits, times, identifiers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine::auth {

std::optional<std::array<unsigned char, 32>> digest_from_hex(std::string_view text);  // 64 digits

// Milliseconds of "2027-01-31T00:00:00Z".
std::optional<int64_t> time_from_text(std::string_view text);

// 1 to 128 letters, digits, '-' and '_'.
bool valid_key_id(std::string_view id);
bool valid_account(std::string_view account);  // 12 digits

}  // namespace engine::auth
