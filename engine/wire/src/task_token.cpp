#include <array>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <engine/wire/task_token.h>

namespace engine::wire {

namespace {

constexpr uint8_t kVersion = 1;  // frozen
constexpr size_t kNumberBytes = 1 + 2 + 8 + 4 + 4;
constexpr size_t kMacBytes = 16;  // of the 32 that SHA-256 gives
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string authentication(std::string_view key, std::string_view numbers) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(numbers.data()), numbers.size(), mac.data(), &size);
  return {reinterpret_cast<const char*>(mac.data()), kMacBytes};
}

void append_number(std::string& out, uint64_t number, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

uint64_t number_at(std::string_view bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (size_t i = 0; i < size; ++i) number = number << 8 | static_cast<uint8_t>(bytes[at + i]);
  return number;
}

std::string to_base64url(std::string_view bytes) {
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<uint8_t>(byte);
    for (count += 8; count >= 6; count -= 6) text.push_back(kDigits[bits >> (count - 6) & 63]);
  }
  if (count > 0) text.push_back(kDigits[bits << (6 - count) & 63]);
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char digit : text) {
    const size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count));
    }
  }
  // Only one text for each token: the bits that are left over must be zero.
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string make_task_token(std::string_view key, const TaskTokenNumbers& numbers) {
  std::string bytes;
  bytes.push_back(static_cast<char>(kVersion));
  append_number(bytes, numbers.partition, 2);
  append_number(bytes, numbers.execution, 8);
  append_number(bytes, numbers.scope, 4);
  append_number(bytes, numbers.attempt, 4);
  return to_base64url(bytes + authentication(key, bytes));
}

std::optional<TaskTokenNumbers> parse_task_token(std::string_view key, std::string_view token) {
  if (token.size() > 64) return std::nullopt;
  const auto bytes = from_base64url(token);
  if (!bytes || bytes->size() != kNumberBytes + kMacBytes) return std::nullopt;
  const std::string_view numbers = std::string_view(*bytes).substr(0, kNumberBytes);
  const std::string mac = authentication(key, numbers);
  if (CRYPTO_memcmp(mac.data(), bytes->data() + kNumberBytes, kMacBytes) != 0) return std::nullopt;
  if (number_at(numbers, 0, 1) != kVersion) return std::nullopt;
  TaskTokenNumbers out;
  out.partition = static_cast<uint16_t>(number_at(numbers, 1, 2));
  out.execution = number_at(numbers, 3, 8);
  out.scope = static_cast<uint32_t>(number_at(numbers, 11, 4));
  out.attempt = static_cast<uint32_t>(number_at(numbers, 15, 4));
  return out;
}

}  // namespace engine::wire
