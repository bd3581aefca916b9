// RedisChannels: short messages between the nodes that share a store, over Redis publish/subscribe: at most
// once, in order from one sender. Whoever needs an answer has a deadline of its own; a receiver that may have
// missed something is told.
//
// Thread rule: publish() from any thread, does not block. Callbacks run on a thread of this object's own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <engine/store/redis_store.h>

namespace engine::store {

class RedisChannels {
 public:
  struct Receiver {
    std::function<void(std::string_view message)> received;
    // The connection was lost and is back: messages of the time between are gone.
    std::function<void()> missed;
  };
  // Subscribed when it returns. Transient: no connection.
  static Expected<std::unique_ptr<RedisChannels>> open(RedisSettings settings,
                                                       std::vector<std::string> channels, Receiver receiver);
  virtual ~RedisChannels() = default;

  // Dropped when kWaitingBytesMax wait for a connection.
  virtual void publish(std::string channel, std::string message) = 0;
  // Sends what waits and is silent from then on, in both directions.
  virtual void close() = 0;

  virtual uint64_t published() const = 0;
  virtual uint64_t dropped() const = 0;

  static constexpr size_t kWaitingBytesMax = 64 * 1024 * 1024;
};

}  // namespace engine::store
