// Inbox: how answers of the engine and of the dead-letter producer reach the consumer's thread, wherever it
// waits. Answers outlive their consumer: they hold the inbox, which is closed first.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include <librdkafka/rdkafka.h>

namespace connectors::kafka {

struct Answer {
  enum class Kind { Planned, Started, Ended, Running, Poison, Refused, Stopping, Lettered };
  Kind kind{};
  uint64_t generation = 0;  // of the assignment that asked
  int32_t partition = 0;
  int64_t first = 0;
  std::string text;      // ARN, or what is wrong
  bool counted = false;  // the trigger's status has counted this failure
};

class Inbox {
 public:
  void push(Answer answer) {
    std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    wake();
  }
  std::vector<Answer> take() {
    std::lock_guard lock(mutex_);
    std::vector<Answer> taken;
    taken.swap(answers_);
    return taken;
  }
  // Returns early with an answer or at stop.
  void wait_for(int64_t wait_ms) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                      [this] { return !answers_.empty() || stopped_; });
  }
  void wait_for_answer(int64_t wait_ms) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return !answers_.empty(); });
  }
  void stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    wake();
  }
  bool stopped() {
    std::lock_guard lock(mutex_);
    return stopped_;
  }
  // The queue the thread polls; null once the client is about to be closed.
  void poll_on(rd_kafka_queue_t* queue) {
    std::lock_guard lock(mutex_);
    queue_ = queue;
  }

 private:
  void wake() {
    changed_.notify_all();
    if (queue_ != nullptr) rd_kafka_queue_yield(queue_);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Answer> answers_;
  bool stopped_ = false;
  rd_kafka_queue_t* queue_ = nullptr;
};

}  // namespace connectors::kafka
