#include "key_text.h"

#include <algorithm>

#include <statelang/encoding.h>
#include <statelang/timestamps/timestamp.h>

namespace engine::auth {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<std::array<unsigned char, 32>> digest_from_hex(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
  const auto bytes = statelang::from_hex(lower);
  std::array<unsigned char, 32> digest{};
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

std::optional<int64_t> time_from_text(std::string_view text) {
  constexpr std::string_view kForm = "2027-01-31T00:00:00Z";
  if (text.size() != kForm.size() || text.back() != 'Z') return std::nullopt;
  const auto time = statelang::timestamps::parse(text);
  return time ? std::optional(time->epoch_ms()) : std::nullopt;
}

bool valid_key_id(std::string_view id) {
  const auto allowed = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), allowed);
}

bool valid_account(std::string_view account) {
  return account.size() == 12 && std::all_of(account.begin(), account.end(), is_digit);
}

}  // namespace engine::auth
