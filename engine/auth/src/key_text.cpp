#include "key_text.h"

#include <algorithm>

#include <openssl/evp.h>

#include <statelang/timestamps/timestamp.h>

namespace engine::auth {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::optional<std::array<unsigned char, 32>> digest_from_hex(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return digest;
}

std::string sha256_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return to_hex({reinterpret_cast<const char*>(digest), size});
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
