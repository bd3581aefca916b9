#include "task_publisher.h"

#include <algorithm>
#include <chrono>

#include <engine/core/mutation.h>
#include <engine/ports/failpoint.h>
#include <engine/wire/task_topic.h>

namespace engine::runtime::cluster {

TaskPublisher::TaskPublisher(TaskPublisherSettings settings, log::KafkaCommandLog& log,
                             TaskQueues::MakeToken make_token)
    : settings_(std::move(settings)), log_(log), make_token_(std::move(make_token)) {
  alive_->publisher = this;
}

void TaskPublisher::start() {
  if (!settings_.queues.empty()) thread_ = std::thread([this] { run(); });
}

bool TaskPublisher::publishes(const std::string& queue) const {
  return std::any_of(settings_.queues.begin(), settings_.queues.end(),
                     [&](const std::string& name) { return name == queue || name == "*"; });
}

void TaskPublisher::publish(core::DispatchTask task) {
  auto shared = std::make_shared<const core::DispatchTask>(std::move(task));
  {
    const std::lock_guard lock(mutex_);
    open_[shared->id] = shared;
    ready_.push_back(std::move(shared));
  }
  wake_.notify_one();
}

void TaskPublisher::withdraw(const core::TaskId& id) {
  const std::lock_guard lock(mutex_);
  open_.erase(id);
}

void TaskPublisher::drop(uint16_t partition) {
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [partition](const auto& entry) { return entry.first.partition == partition; });
}

size_t TaskPublisher::waiting() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

void TaskPublisher::stop() {
  {
    const std::lock_guard lock(alive_->mutex);
    alive_->publisher = nullptr;
  }
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void TaskPublisher::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !ready_.empty() || !retried_.empty(); });
    if (ready_.empty()) {
      wake_.wait_for(lock, std::chrono::milliseconds(kRetryMs),
                     [this] { return stopping_ || !ready_.empty(); });
    }
    if (stopping_) return;
    lock.unlock();
    send_ready();
    lock.lock();
  }
}

void TaskPublisher::send_ready() {
  {
    const std::lock_guard lock(mutex_);
    if (!retried_.empty()) topics_.clear();  // one of them may have been made anew
    ready_.insert(ready_.end(), retried_.begin(), retried_.end());
    retried_.clear();
  }
  for (auto& [name, topic] : topics_) topic.tasks = kTurnTasks;  // what comes later is the next one's turn
  while (const Task task = next_ready()) {
    if (send(task)) continue;
    const std::lock_guard lock(mutex_);
    retried_.push_back(task);
  }
}

// Nothing: no more, or it is stopping.
TaskPublisher::Task TaskPublisher::next_ready() {
  const std::lock_guard lock(mutex_);
  while (!ready_.empty() && !stopping_) {
    Task task = std::move(ready_.front());
    ready_.pop_front();
    const auto open = open_.find(task->id);
    if (open != open_.end() && open->second == task) return task;
  }
  return nullptr;
}

TaskPublisher::Topic* TaskPublisher::topic(const std::string& name) {
  if (const auto known = topics_.find(name); known != topics_.end()) return &known->second;
  const auto partitions = log_.make_topic(name, settings_.topic_partitions);
  if (!partitions) return nullptr;
  return &(topics_[name] = {*partitions, 0, 0});
}

int32_t TaskPublisher::next_partition(Topic& topic) {
  if (topic.tasks == kTurnTasks) {
    topic.turn = static_cast<uint16_t>((topic.turn + 1) % topic.partitions);
    topic.tasks = 0;
  }
  ++topic.tasks;
  return topic.turn;
}

bool TaskPublisher::send(const Task& task) {
  const wire::TaskMessage encoded = wire::encode_task(settings_.prefix, *task, make_token_(task->id), 1);
  Topic* const there = topic(encoded.topic);
  if (there == nullptr) return ++failed_, false;
  log::KafkaProducer::Message message;
  message.topic = encoded.topic;
  message.partition = next_partition(*there);
  message.key = encoded.key;
  message.payload = encoded.value;
  message.headers = encoded.headers;
  pass(Failpoint::TaskChosen);
  const auto sent = log_.producer().send(message, [alive = alive_, task](const Error& error, uint64_t) {
    const std::lock_guard lock(alive->mutex);
    if (alive->publisher == nullptr) return;
    if (error) return alive->publisher->retry_later(task);
    ++alive->publisher->published_;
    pass(Failpoint::TaskAcknowledged);
    const std::lock_guard own(alive->publisher->mutex_);
    const auto open = alive->publisher->open_.find(task->id);
    if (open != alive->publisher->open_.end() && open->second == task) alive->publisher->open_.erase(open);
    pass(Failpoint::TaskForgotten);
  });
  if (!sent) ++failed_;
  if (sent) pass(Failpoint::TaskSent);
  if (sent && mutated(Mutant::OutboxDeletedFirst)) withdraw(task->id);
  return sent.has_value();
}

void TaskPublisher::retry_later(Task task) {
  ++failed_;
  {
    const std::lock_guard lock(mutex_);
    retried_.push_back(std::move(task));
  }
  wake_.notify_one();
}

}  // namespace engine::runtime::cluster
