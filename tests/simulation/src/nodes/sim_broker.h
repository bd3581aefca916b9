// SimBroker: a simulated Kafka: the command log, which keeps what it has, and one topic of tasks. SimKafkaLog
// is one node's client of it, with the checks of the real one; SimTaskTopic the workers' view.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <engine/log/kafka_command_log.h>

#include "random.h"
#include "scheduler.h"

namespace simulation {

struct BrokerFaults {
  int lost_percent = 0;       // a message does not arrive, and its sender is told so
  int ambiguous_percent = 0;  // it arrives, and its sender is told that it perhaps did not
  int64_t delay_ms_max = 5;
};
struct BrokerFigures {
  uint64_t lost = 0, ambiguous = 0, undetected = 0, diverged = 0;
};

class SimBroker {
 public:
  SimBroker(uint16_t partitions, Scheduler& scheduler, Random& random)
      : scheduler_(scheduler), random_(random), logs_(partitions) {}

  // While it is away nothing arrives and nothing is read; what was sent waits.
  void set_away(bool away);
  bool away() const { return away_; }
  // The log loses its last `records`, as after a power cut without a write to disk.
  void truncate(engine::PartitionId partition, uint64_t records);
  // How often the partition's log has lost its end, and before which offset nothing was ever lost.
  uint64_t truncations(engine::PartitionId partition) const { return log(partition).truncations; }
  uint64_t intact(engine::PartitionId partition) const { return log(partition).intact; }

  uint64_t append(engine::PartitionId partition, engine::LoggedRecord record);
  uint64_t high(engine::PartitionId partition) const {
    return log(partition).records.size() + log(partition).results.size();
  }
  uint64_t low(engine::PartitionId partition) const { return log(partition).low; }
  void trim(engine::PartitionId partition, uint64_t offset);
  const engine::LoggedRecord& at(engine::PartitionId partition, uint64_t offset) const {
    return log(partition).records.at(offset);
  }
  // All there ever were, trimmed ones too.
  std::span<const engine::LoggedRecord> records(engine::PartitionId partition) const {
    return log(partition).records;
  }
  // Mutant ResultsElsewhere: those of the log that has the results.
  std::span<const engine::LoggedRecord> results(engine::PartitionId partition) const {
    return log(partition).results;
  }
  // `available` is called in `process` when there is something to read, or something has changed.
  void wait(engine::PartitionId partition, std::weak_ptr<Process> process, std::function<void()> available);

  // Runs once the brokers are there: at once, or when they are back.
  void when_there(std::function<void()> arrive);

  std::deque<std::string> tasks;  // messages of the task topic that no worker has
  std::function<void()> task_arrived;

  BrokerFaults faults;
  BrokerFigures figures;
  Scheduler& scheduler() { return scheduler_; }
  Random& random() { return random_; }

 private:
  struct Waiter {
    std::weak_ptr<Process> process;
    std::function<void()> available;
  };
  struct Log {
    std::vector<engine::LoggedRecord> records;  // by offset
    std::vector<engine::LoggedRecord> results;  // mutant ResultsElsewhere
    uint64_t low = 0;
    uint64_t truncations = 0;
    uint64_t intact = UINT64_MAX;
    std::vector<Waiter> waiters;
  };
  const Log& log(engine::PartitionId partition) const { return logs_.at(static_cast<size_t>(partition)); }
  void wake(Log& log);

  Scheduler& scheduler_;
  Random& random_;
  std::vector<Log> logs_;
  bool away_ = false;
  std::vector<std::function<void()>> arriving_;
};

class SimKafkaLog : public engine::log::KafkaCommandLog, public engine::log::KafkaProducer {
 public:
  SimKafkaLog(SimBroker& broker, std::weak_ptr<Process> process, uint16_t partitions, Watchers watchers)
      : broker_(broker),
        process_(std::move(process)),
        watchers_(std::move(watchers)),
        attached_(partitions),
        arrives_ms_(partitions) {}

  engine::Expected<void> append(engine::PartitionId partition, engine::core::Record record) override;
  engine::Expected<std::vector<engine::LoggedRecord>> take(engine::PartitionId partition, uint64_t offset,
                                                           size_t limit,
                                                           std::function<void()> available) override;
  engine::Expected<uint64_t> claim(engine::PartitionId partition, uint32_t node) override;
  engine::Expected<void> attach(engine::PartitionId partition,
                                const engine::AppliedPosition& position) override;
  void detach(engine::PartitionId partition) override { attached_.at(index(partition)).reset(); }
  engine::Expected<Extent> extent(engine::PartitionId partition) override;
  Extent known_extent(engine::PartitionId partition) const override {
    return {broker_.low(partition), broker_.high(partition)};
  }
  engine::Expected<uint64_t> first_since(engine::PartitionId partition, int64_t time_ms) override;
  engine::Expected<void> trim(engine::PartitionId partition, uint64_t offset) override;
  engine::Expected<uint16_t> make_topic(const std::string&, uint16_t partitions) override {
    return partitions;
  }
  engine::log::KafkaLogMetrics metrics() const override { return {}; }
  KafkaProducer& producer() override { return *this; }

  engine::Expected<void> send(const Message& message, Delivered delivered) override;
  size_t on_the_way() const override { return on_the_way_; }

 private:
  struct Attached {
    uint64_t next = 0;
    uint64_t truncations = 0;  // of the log when it was attached
    // Mutant ResultsElsewhere: the places in both logs, and those of the own claim.
    size_t command = 0, result = 0, claim = SIZE_MAX, results_before_claim = 0;
  };
  static size_t index(engine::PartitionId partition) { return static_cast<size_t>(partition); }
  engine::Expected<void> answers(const char* question) const;
  bool takes_result(engine::PartitionId partition, const Attached& attached, bool& none);
  std::vector<engine::LoggedRecord> take_merged(engine::PartitionId partition, Attached& attached,
                                                size_t limit);
  void send_later(int64_t& arrives_ms, std::function<uint64_t()> arrive, Delivered delivered);

  SimBroker& broker_;
  const std::weak_ptr<Process> process_;
  const Watchers watchers_;
  std::vector<std::optional<Attached>> attached_;
  std::vector<int64_t> arrives_ms_;  // by partition: when its last message does; they keep their order
  int64_t task_arrives_ms_ = 0;
  size_t on_the_way_ = 0;
};

std::string fingerprint_of(std::string_view bytes);

}  // namespace simulation
