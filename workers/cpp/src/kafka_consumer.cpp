#include "kafka_consumer.h"

#include <algorithm>

#include <engine/wire/topic_name.h>

namespace stepstream_worker::kafka {

namespace {
constexpr std::chrono::milliseconds kCommitInterval{50};
constexpr std::chrono::seconds kCommitPatience{30};
constexpr int kFarewellMs = 5'000;
}  // namespace

std::unique_ptr<TaskConsumer> TaskConsumer::open(const Address& address, const Options& options,
                                                 const std::string& queue, int wake_fd, Log log,
                                                 std::string& problem) {
  std::unique_ptr<TaskConsumer> self(
      new TaskConsumer(engine::wire::task_topic(address.prefix, queue), std::move(log)));
  ConfPtr conf = consumer_options(address, options, engine::wire::task_group(address.prefix, queue), problem);
  if (!conf) return nullptr;
  rd_kafka_conf_set_opaque(conf.get(), self.get());
  rd_kafka_conf_set_rebalance_cb(conf.get(), &TaskConsumer::rebalanced);
  rd_kafka_conf_set_offset_commit_cb(conf.get(), &TaskConsumer::committed);
  self->client_ = make_client(RD_KAFKA_CONSUMER, std::move(conf), problem);
  if (!self->client_) return nullptr;
  rd_kafka_poll_set_consumer(self->client_.get());
  self->queue_.reset(rd_kafka_queue_get_consumer(self->client_.get()));
  wake_for(self->queue_, wake_fd);
  const ListPtr topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), self->topic_.c_str(), RD_KAFKA_PARTITION_UA);
  const auto error = rd_kafka_subscribe(self->client_.get(), topics.get());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return self;
  problem = "the topic " + self->topic_ + ": " + rd_kafka_err2str(error);
  return nullptr;
}

TaskConsumer::~TaskConsumer() {
  close();
}

void TaskConsumer::rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t error,
                              rd_kafka_topic_partition_list_t* list, void* opaque) {
  auto* self = static_cast<TaskConsumer*>(opaque);
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self->assignment_++;
    for (int i = 0; i < list->cnt; i++) self->partitions_[list->elems[i].partition] = {};
    rd_kafka_assign(client, list);
    if (self->paused_) self->pause_assigned();
    return;
  }
  // What is finished is not to be done again by the next owner.
  if (rd_kafka_assignment_lost(client) == 0) self->commit_and_wait();
  self->partitions_.clear();
  self->assignment_++;
  rd_kafka_assign(client, nullptr);
}

// What was not committed is tried again with the next commit.
void TaskConsumer::committed(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                             void* opaque) {
  auto* self = static_cast<TaskConsumer*>(opaque);
  self->commit_under_way_ = false;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__NO_OFFSET || list == nullptr) return;
  for (int i = 0; i < list->cnt; i++) {
    const auto place = self->partitions_.find(list->elems[i].partition);
    if (place != self->partitions_.end() && place->second.committed == list->elems[i].offset)
      place->second.committed = -1;
  }
}

MessagePtr TaskConsumer::receive(Place& place) {
  for (;;) {
    MessagePtr message(rd_kafka_consumer_poll(client_.get(), 0));
    if (!message) return nullptr;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      log_(topic_ + ": " + rd_kafka_message_errstr(message.get()));
      continue;
    }
    const auto partition = partitions_.find(message->partition);
    if (partition == partitions_.end()) continue;  // no longer ours
    partition->second.progress.take(message->offset);
    place = {message->partition, message->offset, assignment_};
    return message;
  }
}

void TaskConsumer::finish(const Place& place) {
  if (place.assignment != assignment_) return;
  const auto partition = partitions_.find(place.partition);
  if (partition != partitions_.end()) partition->second.progress.finish(place.offset);
}

ListPtr TaskConsumer::take_committable() {
  ListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (auto& [number, partition] : partitions_) {
    const int64_t offset = partition.progress.committable();
    if (offset == partition.committed) continue;
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), number)->offset = offset;
    partition.committed = offset;
  }
  return list->cnt == 0 ? nullptr : std::move(list);
}

bool TaskConsumer::commit(Clock::time_point now) {
  const bool due = std::any_of(partitions_.begin(), partitions_.end(), [](const auto& entry) {
    return entry.second.progress.committable() != entry.second.committed;
  });
  if (!due) return false;
  // One at a time: the client sends a second one first if it has to repeat the first.
  if (now < commit_at_ || (commit_under_way_ && now < commit_at_ + kCommitPatience)) return true;
  commit_at_ = now + kCommitInterval;
  if (const ListPtr list = take_committable()) {
    commit_under_way_ = true;
    if (rd_kafka_commit(client_.get(), list.get(), 1) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      commit_under_way_ = false;
      for (auto& [number, partition] : partitions_) partition.committed = -1;
    }
  }
  return true;
}

// Bounded, which the client's own synchronous commit is not.
void TaskConsumer::commit_and_wait() {
  const ListPtr list = take_committable();
  if (!list) return;
  const QueuePtr answers(rd_kafka_queue_new(client_.get()));
  auto answered = [](rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*) {};
  if (rd_kafka_commit_queue(client_.get(), list.get(), answers.get(), answered, nullptr) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_queue_poll_callback(answers.get(), kFarewellMs);
  }
}

void TaskConsumer::pause_assigned() {
  const ListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (const auto& [number, partition] : partitions_)
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), number);
  if (list->cnt == 0) return;
  if (paused_) {
    rd_kafka_pause_partitions(client_.get(), list.get());
  } else {
    rd_kafka_resume_partitions(client_.get(), list.get());
  }
}

void TaskConsumer::pause(bool wanted) {
  if (wanted == paused_) return;
  paused_ = wanted;
  pause_assigned();
}

size_t TaskConsumer::open_records() const {
  size_t most = 0;
  for (const auto& [number, partition] : partitions_) most = std::max(most, partition.progress.open());
  return most;
}

void TaskConsumer::close() {
  if (!client_) return;
  commit_and_wait();
  rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
  queue_.reset();
  rd_kafka_consumer_close(client_.get());
  client_.reset();
}

}  // namespace stepstream_worker::kafka
