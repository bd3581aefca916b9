// Feed: what is fetched of one partition, in a queue of its own whose length librdkafka bounds. take() is the
// strand's; `available` is called from librdkafka's thread.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "client.h"

namespace engine::log::kafka {

struct MessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using MessagePtr = std::unique_ptr<rd_kafka_message_t, MessageDeleter>;

class Feed {
 public:
  // Fetches from `offset` on.
  Feed(rd_kafka_t* client, rd_kafka_topic_t* topic, int32_t partition);
  ~Feed();
  Feed(const Feed&) = delete;

  Expected<void> start(uint64_t offset);
  // Those that are here, at most `limit`; empty: `available` is called at the next one. Waits for the first
  // one if `wait_ms` is not 0.
  std::vector<MessagePtr> take(size_t limit, int64_t wait_ms, std::function<void()> available);

 private:
  static void woken(rd_kafka_t* client, void* opaque);

  rd_kafka_topic_t* const topic_;
  const int32_t partition_;
  QueuePtr queue_;
  bool started_ = false;
  std::mutex mutex_;
  std::function<void()> available_;
};

}  // namespace engine::log::kafka
