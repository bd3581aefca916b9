// TaskPublisher: puts tasks into the topics that workers read (docs/formats/task_topic.md). The store is the
// outbox: an open task stays there until its result is applied, and is published again at every takeover;
// here is only what Kafka has not acknowledged yet, tried again until it has. Thread rule: any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <engine/log/kafka_command_log.h>
#include <engine/runtime/task_queues.h>

namespace engine::runtime::cluster {

struct TaskPublisherSettings {
  std::string prefix;
  std::vector<std::string> queues;  // "*": all
  uint16_t topic_partitions = 8;
};

class TaskPublisher {
 public:
  TaskPublisher(TaskPublisherSettings settings, log::KafkaCommandLog& log, TaskQueues::MakeToken make_token);
  ~TaskPublisher() { stop(); }

  void start();
  // One round of what start()'s thread does: sends what is new and what has failed before.
  void send_ready();
  bool publishes(const std::string& queue) const;
  void publish(core::DispatchTask task);
  // The attempt is over, or the partition another node's: not tried again.
  void withdraw(const core::TaskId& id);
  void drop(uint16_t partition);
  void stop();

  uint64_t published() const { return published_; }
  uint64_t failed() const { return failed_; }
  size_t waiting() const;

  static constexpr int64_t kRetryMs = 500;
  static constexpr size_t kTurnTasks = 8;

 private:
  using Task = std::shared_ptr<const core::DispatchTask>;
  void run();
  Task next_ready();
  // The partitions of a topic take turns. A turn is a few tasks that come at once: they cost the broker and a
  // worker one request, and a slow workflow's tasks still reach every worker.
  struct Topic {
    uint16_t partitions = 0;
    uint16_t turn = 0;
    size_t tasks = 0;  // of this turn
  };
  bool send(const Task& task);
  Topic* topic(const std::string& name);
  static int32_t next_partition(Topic& topic);
  void retry_later(Task task);

  const TaskPublisherSettings settings_;
  log::KafkaCommandLog& log_;
  const TaskQueues::MakeToken make_token_;
  std::map<std::string, Topic> topics_;  // that are there; the thread's own
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<core::TaskId, Task, TaskIdHash> open_;  // not acknowledged
  std::deque<Task> ready_;
  std::deque<Task> retried_;
  bool stopping_ = false;
  std::atomic<uint64_t> published_{0}, failed_{0};
  // Deliveries outlive this object: they ask first.
  struct Alive {
    std::mutex mutex;
    TaskPublisher* publisher = nullptr;
  };
  std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
  std::thread thread_;
};

}  // namespace engine::runtime::cluster
