// KeyRing: the keys in force (docs/guides/access.md). The HTTP handlers of both APIs ask it, SIGHUP puts new
// ones in. Times are Unix milliseconds. Any thread may ask while another one puts new keys in force.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <engine/auth/key_file.h>

namespace engine::auth {

class KeyRing {
 public:
  explicit KeyRing(std::vector<Key> keys) { replace(std::move(keys)); }

  // The keys that count from now on. Who asked before keeps what it got.
  void replace(std::vector<Key> keys);

  // The holder of "ID.SECRET"; null: no such key, or it has expired. Secrets are compared in constant time.
  std::shared_ptr<const Principal> bearer(std::string_view presented, int64_t now_ms) const;
  // The access key of that id; null: none, or it has expired.
  std::shared_ptr<const Key> access_key(std::string_view id, int64_t now_ms) const;
  // Ascending, each once.
  std::vector<std::string> accounts() const;

 private:
  using Keys = std::map<std::string, std::shared_ptr<const Key>, std::less<>>;
  std::shared_ptr<const Keys> keys() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Keys> keys_;
};

}  // namespace engine::auth
