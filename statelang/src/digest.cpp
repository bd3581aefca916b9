#include <openssl/evp.h>

#include <statelang/digest.h>
#include <statelang/encoding.h>

namespace statelang {
namespace {

const EVP_MD* algorithm_named(std::string_view name) {
  if (name == "MD5") return EVP_md5();
  if (name == "SHA-1") return EVP_sha1();
  if (name == "SHA-256") return EVP_sha256();
  if (name == "SHA-384") return EVP_sha384();
  if (name == "SHA-512") return EVP_sha512();
  return nullptr;
}

}  // namespace

std::string digest_hex(std::string_view algorithm, std::string_view data) {
  const EVP_MD* method = algorithm_named(algorithm);
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!method || EVP_Digest(data.data(), data.size(), bytes, &size, method, nullptr) != 1) return {};
  return to_hex({reinterpret_cast<const char*>(bytes), size});
}

}  // namespace statelang
