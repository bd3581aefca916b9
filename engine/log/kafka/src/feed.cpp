#include "feed.h"

#include <utility>

namespace engine::log::kafka {

Feed::Feed(rd_kafka_t* client, rd_kafka_topic_t* topic, int32_t partition)
    : topic_(topic), partition_(partition), queue_(rd_kafka_queue_new(client)) {
  rd_kafka_queue_cb_event_enable(queue_.get(), &Feed::woken, this);
}

Feed::~Feed() {
  if (started_) rd_kafka_consume_stop(topic_, partition_);
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
}

Expected<void> Feed::start(uint64_t offset) {
  if (rd_kafka_consume_start_queue(topic_, partition_, static_cast<int64_t>(offset), queue_.get()) != 0) {
    return statelang::Unexpected{error_of(rd_kafka_last_error(), "fetching from Kafka")};
  }
  started_ = true;
  return {};
}

// Called with the queue's lock held: must not touch the queue.
void Feed::woken(rd_kafka_t*, void* opaque) {
  auto& self = *static_cast<Feed*>(opaque);
  std::function<void()> available;
  {
    const std::lock_guard lock(self.mutex_);
    available.swap(self.available_);
  }
  if (available) available();
}

// The waiter is set before the look, so that what comes in between wakes it.
std::vector<MessagePtr> Feed::take(size_t limit, int64_t wait_ms, std::function<void()> available) {
  {
    const std::lock_guard lock(mutex_);
    available_ = std::move(available);
  }
  std::vector<rd_kafka_message_t*> found(limit);
  const ssize_t count =
      rd_kafka_consume_batch_queue(queue_.get(), static_cast<int>(wait_ms), found.data(), found.size());
  std::vector<MessagePtr> messages;
  for (ssize_t i = 0; i < count; ++i) messages.emplace_back(found[static_cast<size_t>(i)]);
  if (!messages.empty()) {
    const std::lock_guard lock(mutex_);
    available_ = nullptr;
  }
  return messages;
}

}  // namespace engine::log::kafka
