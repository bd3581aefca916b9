#include <array>
#include <cstdlib>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <engine/wire/task_token.h>

namespace engine::wire {

namespace {

constexpr uint8_t kVersion = 1;  // frozen
constexpr size_t kNumberBytes = 1 + 2 + 8 + 4 + 4;
constexpr size_t kMacBytes = 16;  // of the 32 that SHA-256 gives
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Each task has its token made once and checked once, with the same key: looking the algorithms up and
// preparing the key costs several times what the authentication itself does. One for each thread.
class Authentication {
 public:
  std::string operator()(std::string_view key, std::string_view numbers) {
    const unsigned char* changed = nullptr;  // no key: the one before
    if (key != key_ || !context_) {
      const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                                   EVP_MAC_free);
      context_.reset(EVP_MAC_CTX_new(hmac.get()));
      key_ = key;
      changed = reinterpret_cast<const unsigned char*>(key_.data());
    }
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    size_t size = 0;
    // Without it every token could be forged; it fails only when OpenSSL cannot work at all.
    if (!context_ ||
        EVP_MAC_init(context_.get(), changed, changed ? key_.size() : 0, changed ? parameters : nullptr) !=
            1 ||
        EVP_MAC_update(context_.get(), reinterpret_cast<const unsigned char*>(numbers.data()),
                       numbers.size()) != 1 ||
        EVP_MAC_final(context_.get(), mac.data(), &size, mac.size()) != 1 || size < kMacBytes) {
      std::abort();
    }
    return {reinterpret_cast<const char*>(mac.data()), kMacBytes};
  }

 private:
  std::string key_;
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context_{nullptr, EVP_MAC_CTX_free};
};

std::string authentication(std::string_view key, std::string_view numbers) {
  thread_local Authentication with;
  return with(key, numbers);
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
