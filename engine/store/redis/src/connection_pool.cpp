#include "connection_pool.h"

namespace engine::store::redis {

std::unique_ptr<Connection> ConnectionPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return std::make_unique<Connection>(settings_);
}

void ConnectionPool::forget_idle() {
  const std::lock_guard lock(mutex_);
  idle_.clear();
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
  if (!connection->connected()) return;
  const std::lock_guard lock(mutex_);
  if (idle_.size() < settings_.idle_connections_max) idle_.push_back(std::move(connection));
}

}  // namespace engine::store::redis
