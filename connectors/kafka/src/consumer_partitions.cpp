// Which partitions a consumer has, where it begins in them, and how far it has come.
#include <algorithm>
#include <future>

#include <engine/wire/kafka_complaint.h>

#include "consumer.h"

namespace connectors::kafka {

using statelang::Value;

namespace {
constexpr int kBrokerTimeoutMs = 10'000;
constexpr int64_t kBrokerRetryMs = 1000;
constexpr int64_t kGiveUpWaitMs = 10'000;
constexpr int64_t kCheckpointMs = 10'000;
constexpr int64_t kSameProblemMs = 60'000;

// Bounded, which the client's own synchronous commit is not.
void commit_and_wait(rd_kafka_t* client, const rd_kafka_topic_partition_list_t* offsets) {
  rd_kafka_queue_t* answers = rd_kafka_queue_new(client);
  auto answered = [](rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*) {};
  if (rd_kafka_commit_queue(client, offsets, answers, answered, nullptr) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_queue_poll_callback(answers, 5000);
  }
  rd_kafka_queue_destroy(answers);
}
}  // namespace

void Consumer::rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t error,
                          rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* self = static_cast<Consumer*>(opaque);
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self->assign(partitions);
    return;
  }
  self->give_up(rd_kafka_assignment_lost(client) != 0);
  rd_kafka_assign(client, nullptr);
}

void Consumer::failed(rd_kafka_t*, int, const char* reason, void* opaque) {
  static_cast<Consumer*>(opaque)->note(engine::wire::kafka_complaint(reason, rd_kafka_version()));
}

// The same words again within a minute are one failure.
void Consumer::note(const std::string& problem) {
  const int64_t now = clock_.now_ms();
  if (problem == last_problem_ && now - last_problem_ms_ < kSameProblemMs) return;
  last_problem_ = problem;
  last_problem_ms_ = now;
  starter_.note_failure(trigger_->name, problem);
}

// The greater of what the group has committed and what the engine has stored; the start position for
// partitions that neither knows. So a group that the brokers have forgotten begins where it was.
void Consumer::assign(rd_kafka_topic_partition_list_t* given) {
  partitions_.clear();
  {
    std::lock_guard lock(places_mutex_);
    places_.clear();
  }
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  do {
    error = rd_kafka_committed(client_, given, kBrokerTimeoutMs);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      note(std::string("committed offsets: ") + rd_kafka_err2str(error));
  } while (error != RD_KAFKA_RESP_ERR_NO_ERROR && !inbox_->stopped());
  if (inbox_->stopped()) {  // the client waits for an answer to what it has given, also while it closes
    rd_kafka_assign(client_, nullptr);
    return;
  }
  for (int i = 0; i < given->cnt; i++) {
    rd_kafka_topic_partition_t& member = given->elems[i];
    Partition partition(member.partition, 0);
    while (!start_offset(member, partition)) {
      if (inbox_->stopped()) {
        partitions_.clear();
        rd_kafka_assign(client_, nullptr);
        return;
      }
      inbox_->wait_for(kBrokerRetryMs);
    }
    member.offset = partition.next_offset();
    partitions_.emplace(member.partition, std::move(partition));
  }
  rd_kafka_assign(client_, given);
  // A position that was looked up is kept at once: records that come before the first commit are not passed
  // over by a crash.
  commit(false);
}

bool Consumer::start_offset(const rd_kafka_topic_partition_t& committed, Partition& partition) {
  read_checkpoint(partition);
  const int64_t stored = partition.checkpointed;
  int64_t offset = std::max(committed.offset, stored);
  if (offset < 0) offset = first_offset(partition.number());
  if (offset < 0) {
    note("partition " + std::to_string(partition.number()) + " cannot be looked at");
    return false;
  }
  partition.skip_to(offset);
  partition.committed = committed.offset;
  if (partition.planned_last < offset) partition.planned_last = -1;
  return true;
}

int64_t Consumer::first_offset(int32_t partition) {
  int64_t low = 0;
  int64_t high = 0;
  if (rd_kafka_query_watermark_offsets(client_, settings_.topic.c_str(), partition, &low, &high,
                                       kBrokerTimeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return -1;
  }
  if (settings_.start_at == StartAt::Earliest) return low;
  if (settings_.start_at == StartAt::Latest) return added_later(partition) ? low : high;
  auto* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, settings_.topic.c_str(), partition)->offset =
      settings_.start_timestamp_ms;
  const auto error = rd_kafka_offsets_for_times(client_, list, kBrokerTimeoutMs);
  const int64_t found = list->elems[0].offset;
  rd_kafka_topic_partition_list_destroy(list);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return -1;
  return found < 0 ? high : found;  // no record is that young
}

// All records of a partition that was added are newer than the trigger. How many there were at first is kept;
// -1, none is taken for added, while nobody says.
bool Consumer::added_later(int32_t partition) {
  const int32_t first = partitions_at_first();
  return first >= 0 && partition >= first;
}

int32_t Consumer::partitions_at_first() {
  const std::string key = "trigger_state/" + trigger_->name + "/partitions";
  if (const auto entry = engine_.catalog_entry(key); entry && *entry) {
    const auto value = statelang::parse_json(**entry);
    const Value* topic = value ? value->find("topic") : nullptr;
    const Value* count = value ? value->find("partitions") : nullptr;
    if (topic != nullptr && *topic == Value(settings_.topic) && count != nullptr && count->is_integer())
      return static_cast<int32_t>(count->as_integer());
  }
  const int32_t count = count_partitions();
  if (count < 0) return count;
  engine::core::PutCatalogEntry put;
  put.key = key;
  put.value = statelang::to_json(
      Value::object({{"topic", settings_.topic}, {"partitions", static_cast<int64_t>(count)}}));
  auto stored = std::make_shared<std::promise<void>>();
  engine_.put_catalog_entry(put, [stored](engine::ApiResult<bool>) { stored->set_value(); });
  (void)stored->get_future().wait_for(std::chrono::milliseconds(kBrokerTimeoutMs));
  return count;
}

int32_t Consumer::count_partitions() {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client_, settings_.topic.c_str(), nullptr);
  const struct rd_kafka_metadata* found = nullptr;
  int32_t count = -1;
  if (rd_kafka_metadata(client_, 0, topic, &found, kBrokerTimeoutMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (found->topic_cnt == 1 && found->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR)
      count = found->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(found);
  }
  rd_kafka_topic_destroy(topic);
  return count;
}

// Starts on their way are waited for, so that the next owner does not see their records again. Executions
// that an order waits for are not: their records come again, find them, and wait for their end.
void Consumer::give_up(bool lost) {
  giving_up_ = true;
  const int64_t until = clock_.now_ms() + kGiveUpWaitMs;
  while (!lost && on_the_way_ > 0) {
    const int64_t left = until - clock_.now_ms();
    if (left <= 0) break;
    inbox_->wait_for_answer(left);
    take_answers();
  }
  if (!lost) {
    for (auto& [number, partition] : partitions_) partition.collecting.reset();
    commit(true);
  }
  giving_up_ = false;
  generation_++;
  on_the_way_ = 0;
  partitions_.clear();
  retry_due_ms_ = commit_due_ms_ = 0;
  std::lock_guard lock(places_mutex_);
  places_.clear();
}

void Consumer::assign_again() {
  auto* list = rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size()));
  for (auto& [number, partition] : partitions_) {
    rd_kafka_topic_partition_list_add(list, settings_.topic.c_str(), number)->offset =
        partition.next_offset();
  }
  rd_kafka_assign(client_, list);
  rd_kafka_topic_partition_list_destroy(list);
  for (auto& [number, partition] : partitions_) {
    if (partition.paused || partition.halted) set_paused(partition, true);
  }
}

void Consumer::handle_error(const rd_kafka_message_t& message) {
  auto found = partitions_.find(message.partition);
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && found != partitions_.end()) {
    out_of_range(found->second);
    return;
  }
  const char* words = rd_kafka_message_errstr(&message);
  note(words != nullptr ? words : rd_kafka_err2str(message.err));
}

void Consumer::out_of_range(Partition& partition) {
  int64_t low = 0;
  int64_t high = 0;
  if (rd_kafka_query_watermark_offsets(client_, settings_.topic.c_str(), partition.number(), &low, &high,
                                       kBrokerTimeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    assign_again();  // the broker is away: the same error comes again when it is back
    return;
  }
  const std::string where = "partition " + std::to_string(partition.number()) + ": ";
  const std::string next = std::to_string(partition.next_offset());
  if (partition.next_offset() < low) {
    note(where + "records " + next + " to " + std::to_string(low - 1) +
         " were deleted before they were read");
    deleted_ += static_cast<uint64_t>(low - partition.next_offset());
    partition.skip_to(low);
    assign_again();
  } else if (partition.next_offset() > high) {
    // Names of executions go by offsets: reading on would take new records for old ones.
    partition.halted = true;
    set_paused(partition, true);
    note(where + "offset " + next + " is behind the end, " + std::to_string(high) +
         ": the topic was created anew or has lost records; a trigger of another name reads it from its "
         "start");
  } else {
    assign_again();
  }
}

// -------------------------------------------------------------------------------------------- how far

std::string Consumer::checkpoint_key(int32_t partition) const {
  return "trigger_state/" + trigger_->name + "/" + std::to_string(partition);
}

Value Consumer::checkpoint_of(int64_t next, int64_t last) const {
  return Value::object({{"topic", settings_.topic}, {"next_offset", next}, {"batch_last_offset", last}});
}

void Consumer::read_checkpoint(Partition& partition) {
  auto entry = engine_.catalog_entry(checkpoint_key(partition.number()));
  if (!entry || !*entry) return;
  auto value = statelang::parse_json(**entry);
  if (!value) return;
  const Value* topic = value->find("topic");
  const Value* next = value->find("next_offset");
  const Value* last = value->find("batch_last_offset");
  if (topic == nullptr || next == nullptr || last == nullptr || !(*topic == Value(settings_.topic))) return;
  if (!next->is_integer() || !last->is_integer()) return;
  partition.checkpointed = next->as_integer();
  if (settings_.batch_size > 0) partition.planned_last = last->as_integer();
}

void Consumer::write_checkpoint(Partition& partition) {
  const int64_t until = partition.handled_until();
  if (until == partition.checkpointed) return;
  partition.checkpointed = until;
  engine::core::PutCatalogEntry put;
  put.key = checkpoint_key(partition.number());
  put.value = statelang::to_json(checkpoint_of(until, -1));
  engine_.put_catalog_entry(put, [](engine::ApiResult<bool>) {});
}

void Consumer::commit(bool wait) {
  const int64_t now = clock_.now_ms();
  commit_due_ms_ = 0;
  auto* list = rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size()));
  for (auto& [number, partition] : partitions_) {
    const int64_t until = partition.handled_until();
    {
      std::lock_guard lock(places_mutex_);
      places_[number].handled = until;
    }
    if (until == partition.committed) continue;
    rd_kafka_topic_partition_list_add(list, settings_.topic.c_str(), number)->offset = until;
    partition.committed = until;
  }
  if (list->cnt > 0 && !wait) rd_kafka_commit(client_, list, 1);
  if (list->cnt > 0 && wait) commit_and_wait(client_, list);
  rd_kafka_topic_partition_list_destroy(list);
  // Batches store their place with their plan.
  if (settings_.batch_size > 0 || (!wait && now < checkpoint_due_ms_)) return;
  checkpoint_due_ms_ = now + kCheckpointMs;
  for (auto& [number, partition] : partitions_) write_checkpoint(partition);
}

}  // namespace connectors::kafka
