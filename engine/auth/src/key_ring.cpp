#include <set>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <engine/auth/key_ring.h>

namespace engine::auth {
namespace {

bool in_force(const Key& key, int64_t now_ms) {
  return key.expires_ms == 0 || now_ms < key.expires_ms;
}

}  // namespace

void KeyRing::replace(std::vector<Key> keys) {
  auto next = std::make_shared<Keys>();
  for (Key& key : keys) {
    std::string id = key.principal.key_id;
    next->emplace(std::move(id), std::make_shared<const Key>(std::move(key)));
  }
  const std::lock_guard lock(mutex_);
  keys_ = std::move(next);
}

std::shared_ptr<const KeyRing::Keys> KeyRing::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

std::shared_ptr<const Principal> KeyRing::bearer(std::string_view presented, int64_t now_ms) const {
  const auto keys = this->keys();
  const auto found = keys->find(presented.substr(0, presented.find('.')));
  if (found == keys->end() || found->second->is_access_key()) return nullptr;
  const Key& key = *found->second;
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  EVP_Digest(presented.data(), presented.size(), digest.data(), &size, EVP_sha256(), nullptr);
  if (CRYPTO_memcmp(digest.data(), key.sha256.data(), digest.size()) != 0 || !in_force(key, now_ms)) {
    return nullptr;
  }
  return {found->second, &key.principal};
}

std::shared_ptr<const Key> KeyRing::access_key(std::string_view id, int64_t now_ms) const {
  const auto keys = this->keys();
  const auto found = keys->find(id);
  if (found == keys->end() || !found->second->is_access_key() || !in_force(*found->second, now_ms)) {
    return nullptr;
  }
  return found->second;
}

std::vector<std::string> KeyRing::accounts() const {
  std::set<std::string> found;
  for (const auto& [id, key] : *keys()) found.insert(key->principal.account);
  return {found.begin(), found.end()};
}

}  // namespace engine::auth
