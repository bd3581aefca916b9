// ConnectionPool: connections for readers, one for each thread that reads at the moment.
#pragma once

#include <mutex>
#include <vector>

#include "connection.h"

namespace engine::store::redis {

class ConnectionPool {
 public:
  explicit ConnectionPool(const RedisSettings& settings) : settings_(settings) {}

  // Calls `use` with a connection nobody else has; once more, with a new one, when an idle one turned out to
  // be broken (Redis was restarted). So `use` must be something that may be done twice.
  template <class Use>
  auto with(Use use) {
    std::unique_ptr<Connection> connection = take();
    const bool reused = connection->connected();
    auto result = use(*connection);
    if (!result && reused && !connection->usable()) {
      forget_idle();
      result = use(*connection);
    }
    give_back(std::move(connection));
    return result;
  }

 private:
  std::unique_ptr<Connection> take();
  void forget_idle();
  void give_back(std::unique_ptr<Connection> connection);

  const RedisSettings& settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace engine::store::redis
