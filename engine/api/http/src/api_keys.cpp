#include <fstream>
#include <sstream>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <engine/api/http/api_keys.h>

namespace engine::http {
namespace {

std::array<unsigned char, 32> sha256(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return digest;
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool read_hex(std::string_view text, std::array<unsigned char, 32>& out) {
  if (text.size() != 64) return false;
  for (size_t i = 0; i < 32; ++i) {
    const auto byte = percent_decode("%" + std::string(text.substr(2 * i, 2)));
    if (!byte || byte->size() != 1) return false;
    out[i] = static_cast<unsigned char>((*byte)[0]);
  }
  return true;
}

statelang::Unexpected<Error> wrong(std::string message) {
  return statelang::Unexpected<Error>{Error{ErrorKind::Permanent, std::move(message)}};
}

}  // namespace

Expected<ApiKeys> ApiKeys::parse(std::string_view text, const std::string& name_for_errors) {
  ApiKeys keys;
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    const std::string_view line = trim(whole.substr(0, whole.find('#')));
    if (line.empty()) continue;
    Key key;
    const size_t space = line.find_first_of(" \t");
    if (!read_hex(line.substr(0, space), key.sha256)) {
      return wrong(name_for_errors + ":" + std::to_string(number) +
                   ": expected the SHA-256 of a key as 64 hex digits, then perhaps a name "
                   "(printf %s KEY | sha256sum)");
    }
    if (space != std::string_view::npos) key.name = trim(line.substr(space));
    keys.keys_.push_back(std::move(key));
  }
  if (keys.keys_.empty()) return wrong(name_for_errors + ": holds no key; nobody could use the API");
  return keys;
}

Expected<ApiKeys> ApiKeys::load(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return wrong(path + ": cannot be read");
  return parse(text.str(), path);
}

bool ApiKeys::accepts(std::string_view key) const {
  if (key.empty()) return false;
  const auto digest = sha256(key);
  int found = 0;
  for (const Key& known : keys_) {  // no early exit: the time says nothing about which key came close
    found |= CRYPTO_memcmp(known.sha256.data(), digest.data(), digest.size()) == 0 ? 1 : 0;
  }
  return found != 0;
}

bool ApiKeys::accepts(const Request& request) const {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view header = request.header("Authorization");
  return header.starts_with(scheme) && accepts(trim(header.substr(scheme.size())));
}

}  // namespace engine::http
