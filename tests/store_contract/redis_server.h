// RedisServer: a real redis-server of the test's own, on a Unix socket in a directory of its own; it ends
// with the test, however that ends.
#pragma once

#include <string>
#include <vector>

#include <signal.h>
#include <sys/types.h>

#include <engine/store/redis_store.h>

#include "stores.h"

namespace store_contract {

class RedisServer {
 public:
  // `options` go to redis-server besides the test's own.
  explicit RedisServer(std::vector<std::string> options = {});
  ~RedisServer();

  static bool installed();
  void launch();
  void start();  // launches it and waits until it answers
  void kill();   // SIGKILL, and waits
  void signal(int number) const { ::kill(pid_, number); }
  engine::store::RedisSettings settings() const;
  std::string directory() const { return directory_.path(); }

 private:
  FreshDirectory directory_;
  std::vector<std::string> options_;
  pid_t pid_ = 0;
};

}  // namespace store_contract
