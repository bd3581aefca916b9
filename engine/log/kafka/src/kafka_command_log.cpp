#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>

#include <engine/core/record_codec.h>
#include <engine/log/kafka_command_log.h>
#include <engine/ports/failpoint.h>
#include <statelang/digest.h>

#include "feed.h"
#include "log_checks.h"
#include "topic.h"

namespace engine::log {

namespace {

using namespace kafka;
using statelang::Unexpected;

constexpr const char* kVersionHeader = "v";
constexpr const char* kTypeHeader = "type";
constexpr const char* kVersion = "1";
constexpr std::string_view kClaimType = "claim";
// Timers and other records of the engine's own still go when callers have filled the log.
constexpr size_t kOwnRecordsMax = 10'000;
// At start: a busy broker may need longer than one request_timeout_ms for the first connection.
constexpr int kFirstAsksMax = 3;

std::string_view payload_of(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.payload), message.payload == nullptr ? 0 : message.len};
}

std::string_view header_of(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return {static_cast<const char*>(value), size};
}

// 32 hexadecimal digits of SHA-256.
std::string fingerprint_of(std::string_view bytes) {
  return statelang::digest_hex("SHA-256", bytes).substr(0, 32);
}

Unexpected<Error> failed(ErrorKind kind, std::string message) {
  return Unexpected{problem(kind, std::move(message))};
}

class Opened : public KafkaCommandLog {
 public:
  Opened(KafkaSettings settings, Watchers watchers)
      : settings_(std::move(settings)),
        watchers_(std::move(watchers)),
        topic_(command_topic(settings_)),
        attached_(settings_.partitions),
        low_(settings_.partitions) {}

  Expected<void> start() {
    auto options = consumer_options(settings_);
    if (!options) return Unexpected{options.error()};
    complain_to(options->get(), complaint_);
    auto client = make_client(RD_KAFKA_CONSUMER, std::move(*options));
    if (!client) return Unexpected{client.error()};
    consumer_ = std::move(*client);
    auto checked = check_topic();
    for (int asked = 1; !checked && checked.error().kind == ErrorKind::Transient && asked < kFirstAsksMax;
         ++asked)
      checked = check_topic();
    if (!checked) {
      const Error& error = checked.error();
      return error.kind == ErrorKind::Transient ? failed(error.kind, error.message + complaint_.words())
                                                : checked;
    }
    handle_.reset(rd_kafka_topic_new(consumer_.get(), topic_.c_str(), nullptr));
    auto producer = KafkaProducer::open(settings_);
    if (!producer) return Unexpected{producer.error()};
    producer_ = std::move(*producer);
    return {};
  }

  Expected<void> append(PartitionId partition, core::Record record) override {
    const uint64_t request = record.request;
    if (producer_->on_the_way() >= settings_.log_records_max + (request == 0 ? kOwnRecordsMax : 0)) {
      return failed(ErrorKind::Full, "log_records_max: " + std::to_string(settings_.log_records_max) +
                                         " records wait for Kafka; try again later");
    }
    const std::string bytes = core::encode(record);
    return send(partition, bytes, {}, [this, partition, request](const Error& error, uint64_t) {
      ++(error ? failed_ : appended_);
      if (request != 0) pass(Failpoint::CommandAcknowledged);
      if (error && watchers_.failed) watchers_.failed(partition, request, error);
    });
  }

  Expected<std::vector<LoggedRecord>> take(PartitionId partition, uint64_t offset, size_t limit,
                                           std::function<void()> available) override {
    const auto attached = attached_to(partition);
    if (!attached) return failed(ErrorKind::Permanent, place(partition) + " is not attached");
    if (auto wanted = check_wanted(place(partition), attached->next, offset); !wanted)
      return Unexpected{wanted.error()};
    std::vector<LoggedRecord> taken;
    while (taken.empty()) {
      const auto messages = attached->feed.take(limit, 0, available);
      if (messages.empty()) return taken;
      for (const MessagePtr& message : messages) {
        if (auto added = add(partition, *attached, *message, offset, taken); !added)
          return Unexpected{added.error()};
      }
    }
    taken_ += taken.size();
    return taken;
  }

  Expected<uint64_t> claim(PartitionId partition, uint32_t node) override {
    auto answer = std::make_shared<std::promise<Expected<uint64_t>>>();
    auto sent = send(partition, "node " + std::to_string(node), kClaimType,
                     [answer](const Error& error, uint64_t offset) {
                       if (error) return answer->set_value(Unexpected{error});
                       answer->set_value(offset);
                     });
    if (!sent) return Unexpected{sent.error()};
    auto arrived = answer->get_future();
    if (arrived.wait_for(std::chrono::milliseconds(settings_.request_timeout_ms)) !=
        std::future_status::ready) {
      return failed(ErrorKind::Transient, "claiming " + place(partition) + ": no answer of Kafka in time");
    }
    return arrived.get();
  }

  Expected<void> attach(PartitionId partition, const AppliedPosition& position) override {
    detach(partition);
    const auto there = extent(partition);
    if (!there) return Unexpected{there.error()};
    if (auto fits = check_extent(place(partition), *there, position); !fits) return fits;
    auto attached =
        std::make_shared<Attached>(consumer_.get(), handle_.get(), static_cast<int32_t>(partition));
    const uint64_t first = position.applied == 0 ? 0 : position.applied - 1;
    if (auto started = attached->feed.start(first); !started) return started;
    if (position.applied != 0) {
      if (auto same = check_fingerprint(partition, *attached, position); !same) return same;
    }
    attached->next = position.applied;
    const std::lock_guard lock(mutex_);
    attached_.at(static_cast<size_t>(partition)) = std::move(attached);
    return {};
  }

  void detach(PartitionId partition) override {
    std::shared_ptr<Attached> gone;
    const std::lock_guard lock(mutex_);
    gone.swap(attached_.at(static_cast<size_t>(partition)));
  }

  Expected<Extent> extent(PartitionId partition) override {
    int64_t low = 0, high = 0;
    const auto code =
        rd_kafka_query_watermark_offsets(consumer_.get(), topic_.c_str(), static_cast<int32_t>(partition),
                                         &low, &high, static_cast<int>(settings_.request_timeout_ms));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return Unexpected{error_of(code, "asking for the extent of " + place(partition))};
    low_[static_cast<size_t>(partition)] = static_cast<uint64_t>(low);
    return Extent{static_cast<uint64_t>(low), static_cast<uint64_t>(high)};
  }

  Extent known_extent(PartitionId partition) const override {
    int64_t low = 0, high = 0;
    const auto code = rd_kafka_get_watermark_offsets(consumer_.get(), topic_.c_str(),
                                                     static_cast<int32_t>(partition), &low, &high);
    const uint64_t first = low_[static_cast<size_t>(partition)];
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return {first, first};
    return {first, std::max(first, static_cast<uint64_t>(high))};
  }

  Expected<uint64_t> first_since(PartitionId partition, int64_t time_ms) override {
    // Before the question: a record that comes meanwhile is not deleted for an answer that did not know it.
    const auto there = extent(partition);
    if (!there) return Unexpected{there.error()};
    const auto first = offset_since(consumer_.get(), topic_, static_cast<int32_t>(partition), time_ms,
                                    settings_.request_timeout_ms);
    if (!first) return Unexpected{first.error()};
    return first->value_or(there->high);
  }

  Expected<void> trim(PartitionId partition, uint64_t offset) override {
    auto deleted = delete_records(consumer_.get(), topic_, static_cast<int32_t>(partition), offset,
                                  settings_.request_timeout_ms);
    if (deleted) low_[static_cast<size_t>(partition)] = offset;
    return deleted;
  }

  Expected<uint16_t> make_topic(const std::string& topic, uint16_t partitions) override {
    const auto count = count_partitions(consumer_.get(), topic, settings_.request_timeout_ms);
    if (!count) return Unexpected{count.error()};
    if (*count != 0) return *count;
    auto created =
        create_topic(consumer_.get(),
                     {topic, partitions, settings_.replication, {{"max.message.bytes", kMessageBytesMax}}},
                     settings_.request_timeout_ms);
    if (!created) return Unexpected{created.error()};
    return partitions;
  }

  KafkaLogMetrics metrics() const override {
    return {appended_, failed_, producer_->on_the_way(), taken_, unreadable_, bytes_taken_};
  }
  KafkaProducer& producer() override { return *producer_; }

 private:
  struct Attached {
    Attached(rd_kafka_t* client, rd_kafka_topic_t* topic, int32_t partition)
        : feed(client, topic, partition) {}
    Feed feed;
    uint64_t next = 0;  // the offset that must come next
  };

  std::string place(PartitionId partition) const {
    return "partition " + std::to_string(static_cast<int>(partition)) + " of the topic " + topic_;
  }

  std::shared_ptr<Attached> attached_to(PartitionId partition) const {
    const std::lock_guard lock(mutex_);
    return attached_.at(static_cast<size_t>(partition));
  }

  // Records stay until the engine deletes them: a time limit would delete what is not applied yet.
  Expected<void> create_command_topic() {
    return create_topic(consumer_.get(),
                        {topic_,
                         settings_.partitions,
                         settings_.replication,
                         {{"cleanup.policy", "delete"},
                          {"retention.ms", "-1"},
                          {"retention.bytes", "-1"},
                          {"max.message.bytes", kMessageBytesMax},
                          {"message.timestamp.type", "LogAppendTime"},
                          {"unclean.leader.election.enable", "false"}}},
                        settings_.request_timeout_ms);
  }

  Expected<void> check_topic() {
    auto count = count_partitions(consumer_.get(), topic_, settings_.request_timeout_ms);
    if (count && *count == 0) return create_command_topic();
    if (!count) return Unexpected{count.error()};
    if (*count == settings_.partitions) return {};
    return failed(ErrorKind::Permanent, "the topic " + topic_ + " has " + std::to_string(*count) +
                                            " partitions, and this program was told " +
                                            std::to_string(settings_.partitions) +
                                            ": it is fixed when the topic is created");
  }

  Expected<void> send(PartitionId partition, std::string_view payload, std::string_view type,
                      KafkaProducer::Delivered delivered) {
    KafkaProducer::Message message;
    message.topic = topic_;
    message.partition = static_cast<int32_t>(partition);
    message.payload = payload;
    message.headers.emplace_back(kVersionHeader, kVersion);
    if (!type.empty()) message.headers.emplace_back(kTypeHeader, std::string(type));
    return producer_->send(message, std::move(delivered));
  }

  Expected<void> check_fingerprint(PartitionId partition, Attached& attached,
                                   const AppliedPosition& position) {
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(settings_.request_timeout_ms);
    std::vector<MessagePtr> found;
    while (found.empty()) {
      if (std::chrono::steady_clock::now() > until) {
        return failed(ErrorKind::Transient, "reading " + place(partition) + ": no answer of Kafka in time");
      }
      found = attached.feed.take(1, 500, nullptr);
      if (!found.empty() && found[0]->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const Error error = error_of(found[0]->err, "reading " + place(partition));
        if (error.kind != ErrorKind::Transient) return Unexpected{error};
        found.clear();
      }
    }
    const rd_kafka_message_t& last = *found[0];
    return check_last_applied(place(partition), static_cast<uint64_t>(last.offset),
                              fingerprint_of(payload_of(last)), position);
  }

  // Records before `wanted` are applied already; one beyond what must come next means that some are missing.
  Expected<void> add(PartitionId partition, Attached& attached, const rd_kafka_message_t& message,
                     uint64_t wanted, std::vector<LoggedRecord>& taken) {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      Error error = error_of(message.err,
                             "reading record " + std::to_string(attached.next) + " of " + place(partition));
      if (error.kind == ErrorKind::Transient) return {};  // the client tries again by itself
      return Unexpected{std::move(error)};
    }
    const auto offset = static_cast<uint64_t>(message.offset);
    if (auto next = check_next(place(partition), offset, attached.next); !next) return next;
    ++attached.next;
    if (offset < wanted) return {};
    bytes_taken_ += message.len;
    taken.push_back(decoded(partition, message));
    return {};
  }

  LoggedRecord decoded(PartitionId partition, const rd_kafka_message_t& message) {
    const std::string_view payload = payload_of(message);
    LoggedRecord logged;
    logged.offset = static_cast<uint64_t>(message.offset);
    logged.fingerprint = fingerprint_of(payload);
    const std::string_view type = header_of(message, kTypeHeader);
    if (type == kClaimType) {
      logged.kind = LoggedRecord::Kind::Claim;
      return logged;
    }
    std::optional<core::Record> record;
    if (type.empty()) {
      record = core::decode_record(payload);
      if (!record) logged.problem = "not a record of this version";
    } else if (watchers_.read_foreign) {
      rd_kafka_timestamp_type_t kind{};
      auto read =
          watchers_.read_foreign({type, payload, rd_kafka_message_timestamp(&message, &kind), partition});
      if (read) record = std::move(*read);
      if (!read) logged.problem = std::move(read.error());
    } else {
      logged.problem = "a record of an unknown type";
    }
    if (record) {
      logged.record = std::move(*record);
    } else {
      ++unreadable_;
      logged.kind = LoggedRecord::Kind::Unreadable;
    }
    return logged;
  }

  const KafkaSettings settings_;
  const Watchers watchers_;
  const std::string topic_;
  wire::KafkaComplaint complaint_;  // of the consumer
  ClientPtr consumer_;
  TopicPtr handle_;  // goes before its client
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Attached>> attached_;  // by partition; they go before topic and client
  std::vector<std::atomic<uint64_t>> low_;           // the first records there are, when last asked for
  std::atomic<uint64_t> appended_{0}, failed_{0}, taken_{0}, unreadable_{0}, bytes_taken_{0};
  std::unique_ptr<KafkaProducer> producer_;  // goes first: its callbacks use all of this
};

}  // namespace

Expected<std::unique_ptr<KafkaCommandLog>> KafkaCommandLog::open(KafkaSettings settings, Watchers watchers) {
  auto log = std::make_unique<Opened>(std::move(settings), std::move(watchers));
  if (auto started = log->start(); !started) return Unexpected{started.error()};
  return std::unique_ptr<KafkaCommandLog>(std::move(log));
}

}  // namespace engine::log
