#include "unique_id.h"

#include <cstdlib>

#include <openssl/rand.h>

namespace engine::runtime {

std::string random_secret(size_t bytes) {
  std::string secret(bytes, '\0');
  // Without random numbers nothing here is safe; OpenSSL reseeds itself and fails only when the system does.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(secret.data()), static_cast<int>(bytes)) != 1) std::abort();
  return secret;
}

namespace {

// Every start needs sixteen bytes, and asking for them costs much more than having them: a supply for each
// thread. Identifiers are public, so what lies here is no secret.
std::string sixteen_random_bytes() {
  constexpr size_t kSupplyBytes = 1024;
  thread_local std::string supply;
  thread_local size_t used = 0;
  if (used == supply.size()) {
    supply = random_secret(kSupplyBytes);
    used = 0;
  }
  used += 16;
  return supply.substr(used - 16, 16);
}

}  // namespace

std::string random_uuid() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string bytes = sixteen_random_bytes();
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

}  // namespace engine::runtime
