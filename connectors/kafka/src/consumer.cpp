#include "consumer.h"

#include <algorithm>

#include <engine/ports/failpoint.h>
#include <engine/runtime/metrics_text.h>

#include "client_options.h"

namespace connectors::kafka {

using engine::ApiErrorCode;
using statelang::Value;

namespace {

constexpr size_t kPartitionBytesMax = 16 * 1024 * 1024;
constexpr size_t kBatchEventBytesMax = 250'000;  // below the 256 KiB an input may have
constexpr int64_t kHoldBackMs = 100;
constexpr int64_t kCloseMs = 15'000;
constexpr int64_t kReopenMs = 5000;
constexpr int64_t kRetryMinMs = 100;
constexpr int64_t kRetryMaxMs = 30'000;
constexpr int64_t kWaitForEndMs = 300'000;
constexpr int64_t kWaitMaxMs = 60'000;

// What no repetition can mend; everything else is tried again with the same record.
bool is_poison(ApiErrorCode code) {
  switch (code) {
    case ApiErrorCode::InvalidExecutionInput:
    case ApiErrorCode::InvalidName:
    case ApiErrorCode::InvalidArn:
    case ApiErrorCode::ValidationFailed:
    case ApiErrorCode::StateMachineDeleting:
    case ApiErrorCode::StateMachineDoesNotExist:
    case ApiErrorCode::StateMachineTypeNotSupported:
      return true;
    default:
      return false;
  }
}

Record record_of(const rd_kafka_message_t& message) {
  Record record;
  record.partition = message.partition;
  record.offset = message.offset;
  rd_kafka_timestamp_type_t type{};
  record.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
  if (message.key != nullptr) record.key.emplace(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr)
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* content = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &content, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
    record.headers.emplace_back(name, std::nullopt);
    if (content != nullptr) record.headers.back().second.emplace(static_cast<const char*>(content), size);
  }
  return record;
}

}  // namespace

Consumer::Consumer(engine::Engine& engine, triggers::ExecutionStarter& starter, const engine::Clock& clock,
                   triggers::TriggerPtr trigger, Settings settings)
    : engine_(engine),
      starter_(starter),
      clock_(clock),
      trigger_(std::move(trigger)),
      settings_(std::move(settings)),
      letters_(std::make_unique<DeadLetters>(settings_, trigger_->name)),
      thread_([this] { run(); }) {}

Consumer::~Consumer() {
  stop();
}

void Consumer::ask_to_stop() {
  inbox_->stop();
}

void Consumer::stop() {
  std::lock_guard lock(stop_mutex_);
  ask_to_stop();
  if (thread_.joinable()) thread_.join();
}

// -------------------------------------------------------------------------------------------- the thread

void Consumer::run() {
  while (!inbox_->stopped() && !open()) inbox_->wait_for(kReopenMs);
  while (!inbox_->stopped()) loop_once();
  if (client_ != nullptr) close();
}

std::string Consumer::group() const {
  return settings_.group.empty() ? "stepstream-" + trigger_->name : settings_.group;
}

bool Consumer::open() {
  std::string problem;
  ConfPtr conf = consumer_options(settings_, group(), problem);
  if (conf == nullptr) {
    note(problem);
    return false;
  }
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_rebalance_cb(conf.get(), &Consumer::rebalanced);
  rd_kafka_conf_set_error_cb(conf.get(), &Consumer::failed);
  char why[256];
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), why, sizeof why);
  if (client == nullptr) {
    note(why);
    return false;
  }
  conf.release();  // the client owns it now
  rd_kafka_poll_set_consumer(client);
  auto* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, settings_.topic.c_str(), RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(client, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  queue_ = rd_kafka_queue_get_consumer(client);
  inbox_->poll_on(queue_);
  std::lock_guard lock(places_mutex_);
  client_ = client;
  return true;
}

// Records that have been read ahead come, too, and are dropped: whoever has the partition next reads them
// again. rd_kafka_queue_poll_callback() would abort the process at the first of them.
void Consumer::serve_closing(rd_kafka_event_t* event) {
  if (event == nullptr) return;
  if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
    rebalanced(client_, rd_kafka_event_error(event), rd_kafka_event_topic_partition_list(event), this);
  }
  rd_kafka_event_destroy(event);
}

// Revoking, which commits, happens in here. librdkafka's consumer_close() may wait for ever when it falls
// into a rebalance (its issue 4187), so the time is bounded here; the group then notices by the session
// timeout.
void Consumer::close() {
  rd_kafka_queue_t* events = rd_kafka_queue_new(client_);
  rd_kafka_error_t* error = rd_kafka_consumer_close_queue(client_, events);
  const int64_t until = clock_.now_ms() + kCloseMs;
  while (error == nullptr && rd_kafka_consumer_closed(client_) == 0 && clock_.now_ms() < until) {
    serve_closing(rd_kafka_queue_poll(events, 50));
  }
  if (error != nullptr) rd_kafka_error_destroy(error);
  rd_kafka_queue_destroy(events);
  letters_.reset();
  inbox_->poll_on(nullptr);
  rd_kafka_queue_destroy(queue_);
  std::lock_guard lock(places_mutex_);
  rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  client_ = nullptr;
}

void Consumer::loop_once() {
  take_answers();
  int64_t now = clock_.now_ms();
  if (retry_due_ms_ != 0 && now >= retry_due_ms_) retry_due(now);
  close_due_batches(now);
  if (commit_due_ms_ != 0 && now >= commit_due_ms_) commit(false);
  resume_ready();
  rd_kafka_message_t* message = rd_kafka_consumer_poll(client_, static_cast<int>(wait_ms(now)));
  if (message == nullptr) return;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    handle(*message);
  } else {
    handle_error(*message);
  }
  rd_kafka_message_destroy(message);
}

// Answers and stop() wake the poll, so it may wait for whatever comes due first.
int64_t Consumer::wait_ms(int64_t now) const {
  int64_t due = now + kWaitMaxMs;
  if (commit_due_ms_ != 0) due = std::min(due, commit_due_ms_);
  if (retry_due_ms_ != 0) due = std::min(due, retry_due_ms_);
  for (const auto& [number, partition] : partitions_) {
    if (partition.collecting && partition.planned_last < 0) due = std::min(due, partition.window_ends_ms);
  }
  return std::max<int64_t>(0, due - now);
}

// -------------------------------------------------------------------------------------------- records

void Consumer::handle(const rd_kafka_message_t& message) {
  auto found = partitions_.find(message.partition);
  if (found == partitions_.end()) return;
  Partition& partition = found->second;
  if (partition.halted || message.offset < partition.next_offset()) return;  // read before a seek
  records_++;
  take_record(partition, record_of(message));
  if (commit_due_ms_ == 0) commit_due_ms_ = clock_.now_ms() + 1000;
  if (full(partition)) hold_back(partition);
}

void Consumer::take_record(Partition& partition, Record record) {
  const int64_t offset = record.offset;
  const bool batches = settings_.batch_size > 0;
  // A planned batch whose last record the broker no longer has ends with the first one behind it.
  if (partition.planned_last >= 0 && offset > partition.planned_last) close_batch(partition);
  auto decoded = decode(settings_, record);
  const Value event =
      decoded ? record_event(trigger_->name, settings_.topic, record.partition, *decoded) : Value();
  const bool wanted = !decoded || settings_.filters.empty() ||
                      std::any_of(settings_.filters.begin(), settings_.filters.end(),
                                  [&](const auto& filter) { return filter.matches(event); });
  partition.saw(offset);
  if (!wanted) {
    filtered_++;
  } else if (decoded && batches) {
    collect(partition, std::move(record), std::move(*decoded));
  } else {
    Work work;
    work.first = work.last = offset;
    if (!decoded) work.poison = decoded.error();
    if (decoded && settings_.order == Order::Partition) work.line = "partition";
    if (decoded && settings_.order == Order::Key && record.key) work.line = "key " + *record.key;
    work.event = event;
    work.records.push_back(std::move(record));
    add(partition, std::move(work));
  }
  if (partition.planned_last >= 0 && offset >= partition.planned_last) close_batch(partition);
}

void Consumer::collect(Partition& partition, Record record, Value decoded) {
  const size_t bytes = statelang::to_json(decoded).size() + 1;
  if (partition.collecting && partition.planned_last < 0 &&
      partition.collecting->event_bytes + bytes > kBatchEventBytesMax) {
    close_batch(partition);
  }
  if (!partition.collecting) {
    partition.collecting.emplace();
    partition.collecting->first = record.offset;
    partition.collecting->line = "partition";  // one batch at a time has its end stored
    partition.window_ends_ms = clock_.now_ms() + settings_.batch_window_ms;
  }
  Work& batch = *partition.collecting;
  batch.last = record.offset;
  batch.event_bytes += bytes;
  batch.records.push_back(std::move(record));
  partition.collected.push_back(std::move(decoded));
  if (partition.planned_last < 0 && static_cast<int64_t>(batch.records.size()) >= settings_.batch_size) {
    close_batch(partition);
  }
}

void Consumer::close_batch(Partition& partition) {
  partition.planned_last = -1;
  if (!partition.collecting) return;
  Work work = std::move(*partition.collecting);
  partition.collecting.reset();
  work.event =
      batch_event(trigger_->name, settings_.topic, partition.number(), std::move(partition.collected));
  partition.collected.clear();
  add(partition, std::move(work));
}

void Consumer::close_due_batches(int64_t now) {
  if (settings_.batch_size == 0) return;
  for (auto& [number, partition] : partitions_) {
    if (partition.collecting && partition.planned_last < 0 && now >= partition.window_ends_ms) {
      close_batch(partition);
    }
  }
}

// -------------------------------------------------------------------------------------------- works

void Consumer::add(Partition& partition, Work work) {
  if (Work* ready = partition.add(std::move(work))) begin(partition, *ready);
}

void Consumer::begin(Partition& partition, Work& work) {
  if (giving_up_) return;  // the next owner of the partition reads it again
  work.due_ms = 0;
  if (!work.poison.empty()) {
    send_letters(partition, work);
  } else if (!work.execution_arn.empty()) {
    wait_for_end(partition, work);
  } else if (settings_.batch_size > 0 && !work.planned) {
    write_plan(partition, work);
  } else {
    start_execution(partition, work);
  }
}

// Where the batch ends is stored before it starts: after a crash the records that come again are cut into the
// same batch, whose name finds the execution.
void Consumer::write_plan(Partition& partition, Work& work) {
  engine::core::PutCatalogEntry put;
  put.key = checkpoint_key(partition.number());
  put.value = statelang::to_json(checkpoint_of(work.first, work.last));
  Answer answer{Answer::Kind::Planned, generation_, partition.number(), work.first, ""};
  on_the_way_++;
  engine_.put_catalog_entry(put, [inbox = inbox_, answer](engine::ApiResult<bool> done) mutable {
    if (!done) answer.kind = Answer::Kind::Refused, answer.text = done.error().message;
    inbox->push(answer);
  });
}

void Consumer::start_execution(Partition& partition, Work& work) {
  Value event = std::move(work.event);
  work.event = Value();
  if (event.is_null()) {  // tried again; the records have been decoded before
    std::vector<Value> decoded;
    for (const Record& record : work.records) decoded.push_back(*decode(settings_, record));
    event = settings_.batch_size > 0
                ? batch_event(trigger_->name, settings_.topic, partition.number(), std::move(decoded))
                : record_event(trigger_->name, settings_.topic, partition.number(), decoded[0]);
  }
  Answer answer{Answer::Kind::Started, generation_, partition.number(), work.first, ""};
  on_the_way_++;
  engine::pass(engine::Failpoint::SourceRead);
  starter_.start(trigger_, execution_name(trigger_->name, settings_.topic, partition.number(), work.first),
                 event, [inbox = inbox_, answer](engine::ApiResult<triggers::StartOutcome> started) mutable {
                   if (started) {
                     answer.text = started->execution_arn;
                   } else {
                     answer.text = started.error().message;
                     answer.counted = true;
                     answer.kind = started.error().code == ApiErrorCode::ShuttingDown ? Answer::Kind::Stopping
                                   : is_poison(started.error().code)                  ? Answer::Kind::Poison
                                                                                      : Answer::Kind::Refused;
                   }
                   inbox->push(answer);
                 });
}

// Not counted as on the way: an execution may take a year.
void Consumer::wait_for_end(Partition& partition, Work& work) {
  Answer answer{Answer::Kind::Ended, generation_, partition.number(), work.first, ""};
  engine_.wait_for_execution(
      work.execution_arn, kWaitForEndMs,
      [inbox = inbox_, answer](engine::ApiResult<engine::Execution> execution) mutable {
        if (execution && execution->status == statelang::ExecutionStatus::Running) {
          answer.kind = Answer::Kind::Running;
        } else if (!execution && execution.error().code == ApiErrorCode::ShuttingDown) {
          answer.kind = Answer::Kind::Stopping;
        } else if (!execution && execution.error().code == ApiErrorCode::Unavailable) {
          answer.kind = Answer::Kind::Refused;
        }  // an execution that is not there any more has ended
        inbox->push(answer);
      });
}

void Consumer::send_letters(Partition& partition, Work& work) {
  poison_ += work.attempts == 0 ? work.records.size() : 0;
  Answer answer{Answer::Kind::Lettered, generation_, partition.number(), work.first, ""};
  if (work.attempts == 0) {
    const std::string why = "offset " + std::to_string(work.first) + " of partition " +
                            std::to_string(partition.number()) + ": " + work.poison;
    work.counted ? starter_.explain_failure(trigger_->name, why) : note(why);
  }
  on_the_way_++;
  if (!settings_.dead_letters) {
    inbox_->push(answer);
    return;
  }
  auto left = std::make_shared<std::atomic<size_t>>(work.records.size());
  auto problem = std::make_shared<std::string>();  // written and read by the producer's thread alone
  for (const Record& record : work.records) {
    letters_->send(record, work.poison,
                   [inbox = inbox_, answer, left, problem](const std::string& error) mutable {
                     if (!error.empty()) *problem = error;
                     if (left->fetch_sub(1) > 1) return;
                     if (!problem->empty()) {
                       answer.kind = Answer::Kind::Refused;
                       answer.text = "the dead-letter topic takes nothing: " + *problem;
                     }
                     inbox->push(answer);
                   });
  }
}

void Consumer::take_answers() {
  for (const Answer& answer : inbox_->take()) {
    if (answer.generation == generation_) take_answer(answer);
  }
}

void Consumer::take_answer(const Answer& answer) {
  using Kind = Answer::Kind;
  auto found = partitions_.find(answer.partition);
  Work* work = found == partitions_.end() ? nullptr : found->second.find(answer.first);
  if (work == nullptr) return;
  Partition& partition = found->second;
  const bool waited_for_end = !work->execution_arn.empty();
  if (!waited_for_end) on_the_way_--;
  switch (answer.kind) {
    case Kind::Planned:
      work->planned = true;
      begin(partition, *work);
      break;
    case Kind::Started:
      engine::pass(engine::Failpoint::SourceStarted);
      if (settings_.order == Order::None) {
        finish(partition, answer.first);
      } else {
        work->execution_arn = answer.text;
        begin(partition, *work);
      }
      break;
    case Kind::Running:
      begin(partition, *work);
      break;
    case Kind::Ended:
    case Kind::Lettered:
      finish(partition, answer.first);
      break;
    case Kind::Poison:
      work->poison = answer.text;
      work->counted = true;
      work->attempts = 0;
      begin(partition, *work);
      break;
    case Kind::Refused:
      if (!answer.counted) note(answer.text);
      retry_later(*work);
      break;
    case Kind::Stopping:
      break;
  }
}

void Consumer::finish(Partition& partition, int64_t first) {
  Work* next = partition.finish(first);
  if (commit_due_ms_ == 0) commit_due_ms_ = clock_.now_ms() + 1000;
  if (next != nullptr) begin(partition, *next);
}

void Consumer::retry_later(Work& work) {
  const int64_t wait = std::min(kRetryMaxMs, kRetryMinMs << std::min(work.attempts, 10));
  work.attempts++;
  work.due_ms = clock_.now_ms() + wait;
  if (retry_due_ms_ == 0 || work.due_ms < retry_due_ms_) retry_due_ms_ = work.due_ms;
}

void Consumer::retry_due(int64_t now) {
  retry_due_ms_ = 0;
  for (auto& [number, partition] : partitions_) {
    for (Work* work : partition.due(now)) begin(partition, *work);
    const int64_t due = partition.next_due_ms();
    if (due != 0 && (retry_due_ms_ == 0 || due < retry_due_ms_)) retry_due_ms_ = due;
  }
}

// -------------------------------------------------------------------------------------------- back-pressure

bool Consumer::full(const Partition& partition) const {
  return partition.open() >= static_cast<size_t>(settings_.in_flight_max) ||
         partition.bytes() >= kPartitionBytesMax;
}

// Pausing throws away what the client has read ahead, so a moment's wait comes first: an engine that is
// merely busy never gets there.
void Consumer::hold_back(Partition& partition) {
  const int64_t until = clock_.now_ms() + kHoldBackMs;
  while (full(partition) && !inbox_->stopped()) {
    const int64_t left = until - clock_.now_ms();
    if (left <= 0) break;
    inbox_->wait_for(left);
    take_answers();
  }
  if (full(partition) && !partition.paused) set_paused(partition, true);
}

void Consumer::resume_ready() {
  for (auto& [number, partition] : partitions_) {
    if (!partition.paused || partition.halted) continue;
    if (partition.open() <= static_cast<size_t>(settings_.in_flight_max / 2) &&
        partition.bytes() <= kPartitionBytesMax / 2) {
      set_paused(partition, false);
    }
  }
}

void Consumer::set_paused(Partition& partition, bool paused) {
  auto* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, settings_.topic.c_str(), partition.number());
  if (paused) {
    rd_kafka_pause_partitions(client_, list);
  } else {
    rd_kafka_resume_partitions(client_, list);
  }
  rd_kafka_topic_partition_list_destroy(list);
  partition.paused = paused;
  std::lock_guard lock(places_mutex_);
  places_[partition.number()].paused = paused;
}

// -------------------------------------------------------------------------------------------- figures

// As the client has last heard it; nothing before that.
std::optional<int64_t> Consumer::lag_of(int32_t partition, const Place& place) const {
  int64_t low = 0;
  int64_t high = 0;
  if (client_ == nullptr || rd_kafka_get_watermark_offsets(client_, settings_.topic.c_str(), partition, &low,
                                                           &high) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  return high < 0 ? std::nullopt : std::optional(std::max<int64_t>(0, high - place.handled));
}

Value Consumer::figures() const {
  std::lock_guard lock(places_mutex_);
  Value lag = static_cast<int64_t>(0);
  std::vector<Value> partitions;
  for (const auto& [number, place] : places_) {
    partitions.push_back(static_cast<int64_t>(number));
    const auto behind = lag_of(number, place);
    lag = behind && !lag.is_null() ? Value(lag.as_integer() + *behind) : Value();
  }
  return Value::object(
      {{"group", group()}, {"partitions", Value(statelang::Array(std::move(partitions)))}, {"lag", lag}});
}

void Consumer::append_figures(std::map<std::string, std::string>& lines) const {
  const std::string label = engine::metric_label("trigger", trigger_->name);
  const auto add = [&](const std::string& metric, const std::string& labels, int64_t number) {
    engine::append_sample(lines[metric], metric, labels, std::to_string(number));
  };
  add("stepstream_kafka_records_total", label, static_cast<int64_t>(records_.load()));
  add("stepstream_kafka_filtered_total", label, static_cast<int64_t>(filtered_.load()));
  add("stepstream_kafka_poison_total", label, static_cast<int64_t>(poison_.load()));
  add("stepstream_kafka_deleted_total", label, static_cast<int64_t>(deleted_.load()));
  std::lock_guard lock(places_mutex_);
  int64_t paused = 0;
  for (const auto& [number, place] : places_) {
    paused += place.paused ? 1 : 0;
    if (const auto lag = lag_of(number, place))
      add("stepstream_kafka_lag", label + "," + engine::metric_label("partition", std::to_string(number)),
          *lag);
  }
  add("stepstream_kafka_paused_partitions", label, paused);
}

}  // namespace connectors::kafka
