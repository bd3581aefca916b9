// SimLog: the CommandLog port. Durable (as Kafka) or dying with the process (as the embedded engine's);
// either way it keeps what was applied, for replay.
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <vector>

#include <engine/ports/command_log.h>

namespace simulation {

class SimLog : public engine::CommandLog {
 public:
  SimLog(uint16_t partitions, bool durable) : durable_(durable), shards_(partitions) {}

  engine::Expected<void> append(engine::PartitionId partition, engine::core::Record record) override;
  engine::Expected<std::vector<engine::LoggedRecord>> take(engine::PartitionId partition, uint64_t offset,
                                                           size_t limit,
                                                           std::function<void()> available) override;

  // The process dies. What a log that is not durable had handed out beyond `applied` is gone.
  void crash(engine::PartitionId partition, uint64_t applied);
  // Every record below `applied`, in order.
  std::span<const engine::LoggedRecord> applied_records(engine::PartitionId partition,
                                                        uint64_t applied) const;
  // Durable: a new life says that the log is its own from here on. The claim's offset.
  uint64_t claim(engine::PartitionId partition, int64_t now_ms);

  size_t records_max = 1000;

 private:
  struct Shard {
    std::vector<engine::LoggedRecord> records;  // by offset: all (durable), or handed out
    std::deque<engine::core::Record> waiting;   // not durable: not handed out yet
    std::function<void()> available;
    void put(engine::core::Record record, engine::LoggedRecord::Kind kind);
  };
  Shard& shard(engine::PartitionId partition) { return shards_.at(static_cast<size_t>(partition)); }

  const bool durable_;
  std::vector<Shard> shards_;
};

}  // namespace simulation
