#include "unique_id.h"

#include <cstdlib>

#include <openssl/rand.h>

#include <statelang/encoding.h>

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
  return statelang::to_uuid(sixteen_random_bytes(), 4);
}

}  // namespace engine::runtime
