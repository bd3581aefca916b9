// MemoryCommandLog: the command log of the embedded engine, one bounded queue for each partition. A record is
// forgotten when the partition's loop takes it; what was not applied dies with the process, and its caller
// has never been told that it was accepted (architecture: backends).
//
// Thread rule: append() from any thread, take() from the partition's strand.
#pragma once

#include <memory>
#include <vector>

#include <engine/ports/command_log.h>

namespace engine::log {

class MemoryCommandLog : public CommandLog {
 public:
  // `records_max` waiting in one partition; above it append() answers Full. Records that the engine itself
  // appends (request 0) may use `kOwnRecordsMax` more: a timer must not fail because callers are many.
  MemoryCommandLog(uint16_t partitions, size_t records_max);
  ~MemoryCommandLog() override;

  static constexpr size_t kOwnRecordsMax = 10'000;

  Expected<void> append(PartitionId partition, core::Record record) override;
  // Numbers the records from `offset` on as it hands them out.
  Expected<std::vector<LoggedRecord>> take(PartitionId partition, uint64_t offset, size_t limit,
                                           std::function<void()> available) override;

  size_t waiting(PartitionId partition) const;

 private:
  struct Queue;
  size_t records_max_;
  std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace engine::log
