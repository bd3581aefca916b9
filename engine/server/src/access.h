// Access: the keys of the server, and the guards that ask for them.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include <engine/api/http/router.h>
#include <engine/auth/key_ring.h>
#include <engine/runtime/engine.h>

namespace engine::server {

class Access {
 public:
  // `file`: the key file, with `text` in it; `account`: of keys that name none.
  static Expected<std::unique_ptr<Access>> open(std::string file, const std::string& text,
                                                std::string account);

  // Reads the file again; `prepare` gets its accounts before the keys count. With an error, also of
  // `prepare`, the keys in force stay.
  Expected<bool> reload(const std::function<Expected<bool>(const std::set<std::string>&)>& prepare);
  std::shared_ptr<const auth::KeyRing> keys() const { return keys_; }

  // For the router of `engine`, which has the resources of `account`: 401 without a key of that account, 403
  // without the right. The Access and the engine must outlive the router.
  http::Router::Guard guard(const Engine& engine, std::string account) const;

  // The bearer key's principal; null: none, or no good one.
  std::shared_ptr<const auth::Principal> caller(const http::Request& request) const;

 private:
  Access(std::string file, std::string account) : file_(std::move(file)), account_(std::move(account)) {}

  const std::string file_, account_;
  std::shared_ptr<auth::KeyRing> keys_;
};

}  // namespace engine::server
