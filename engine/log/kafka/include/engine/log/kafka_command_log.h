// KafkaCommandLog: the command log of several engines on one Kafka topic, one of its partitions for each of
// the engine's (docs/durability.md, docs/formats/command_topic.md). Any node appends to any partition; who
// takes a partition's records attaches to it first. A record is durable once appended.
//
// No consumer group: offsets come from the store, and who owns what is decided elsewhere. A gap, a record out
// of range or a fingerprint that is not the store's ends in an error; nothing is ever skipped.
//
// Thread rule: append() from any thread; take() of a partition from its strand; attach(), detach() and the
// questions block and come from any thread but a strand's, one at a time for each partition.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <engine/log/kafka_producer.h>
#include <engine/log/kafka_settings.h>
#include <engine/ports/command_log.h>

namespace engine::log {

// A record that is not the engine's own encoding but a worker's.
struct ForeignRecord {
  std::string_view type;  // its header `type`
  std::string_view payload;
  int64_t timestamp_ms = 0;  // the log's
  PartitionId partition{};
};

struct KafkaLogMetrics {
  uint64_t appended = 0;    // acknowledged by the brokers
  uint64_t failed = 0;      // given up
  uint64_t on_the_way = 0;  // not yet acknowledged
  uint64_t taken = 0;
  uint64_t unreadable = 0;
  uint64_t bytes_taken = 0;
};

class KafkaCommandLog : public CommandLog {
 public:
  struct Watchers {
    // A record append() had accepted did not get into the log, or perhaps did (Transient). `request`: its
    // own; 0: one of the engine's own.
    std::function<void(PartitionId, uint64_t request, const Error&)> failed;
    // Makes a record of a worker's message; the error says why it is none.
    std::function<statelang::Expected<core::Record, std::string>(const ForeignRecord&)> read_foreign;
  };
  // Creates the topic if it is not there. Transient: no broker answers; Permanent: the topic has another
  // number of partitions, or may not be created.
  static Expected<std::unique_ptr<KafkaCommandLog>> open(KafkaSettings settings, Watchers watchers);

  // Appends this node's claim and waits for it: its offset, the epoch.
  virtual Expected<uint64_t> claim(PartitionId partition, uint32_t node) = 0;
  // Checks that the log goes with the store's position (watermarks, the fingerprint of the last applied
  // record) and begins to fetch behind it. Corrupt: it does not, and the message says what to do; Transient:
  // no answer in time.
  virtual Expected<void> attach(PartitionId partition, const AppliedPosition& position) = 0;
  // Forgets what was fetched. No take() may be under way. Nothing happens if it is not attached.
  virtual void detach(PartitionId partition) = 0;

  struct Extent {
    uint64_t low = 0;   // the first offset there is
    uint64_t high = 0;  // the next one to be
  };
  virtual Expected<Extent> extent(PartitionId partition) = 0;
  // The end as the broker last told with what it sent, the beginning as of the last extent() or trim(): costs
  // nothing. For metrics.
  virtual Extent known_extent(PartitionId partition) const = 0;
  // The first record that is not older than `time_ms`, by the brokers' clock; the next one to be if none is.
  virtual Expected<uint64_t> first_since(PartitionId partition, int64_t time_ms) = 0;
  // Deletes the records before `offset`: for good.
  virtual Expected<void> trim(PartitionId partition, uint64_t offset) = 0;

  // Another topic than the log, with the broker's retention, unless it is there; how many partitions it has.
  // Blocks.
  virtual Expected<uint16_t> make_topic(const std::string& topic, uint16_t partitions) = 0;

  virtual KafkaLogMetrics metrics() const = 0;
  virtual KafkaProducer& producer() = 0;
};

}  // namespace engine::log
