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

std::string random_uuid() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string bytes = random_secret(16);
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
