// CommandLog: the only way anything ever changes state. Records of one partition are totally ordered; each
// has an offset one above its predecessor's.
//
// Embedded: a bounded queue in memory; a record is acknowledged to its caller after the commit that applied
// it. Cluster: a Kafka topic; a record is durable once appended. Simulation: memory with faults.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <engine/core/record.h>
#include <engine/core/storage.h>

namespace engine {

struct LoggedRecord {
  enum class Kind : uint8_t {
    Input,
    Claim,       // a node says that the partition is its own from here on; nothing to apply
    Unreadable,  // no record of ours: nothing to apply, but its place is taken
  };
  uint64_t offset = 0;
  core::Record record;
  Kind kind = Kind::Input;
  std::string fingerprint = {};  // of its bytes; empty: this log keeps none
  std::string problem = {};      // Unreadable: what is wrong with it
};

class CommandLog {
 public:
  virtual ~CommandLog() = default;

  // Any thread. Success means the record is on its way in order, not that it is applied. ErrorKind::Full: the
  // named limit log_records_max is reached; the caller answers 429.
  virtual Expected<void> append(PartitionId partition, core::Record record) = 0;

  // The partition's loop takes up to `limit` records from `offset` on, without a gap; empty: none yet, and
  // `available` is called once, from any thread, when there are some. Corrupt or Permanent: the record at
  // `offset` is not to be had and never will be; the partition must halt, as nothing may be skipped.
  virtual Expected<std::vector<LoggedRecord>> take(PartitionId partition, uint64_t offset, size_t limit,
                                                   std::function<void()> available) = 0;
};

}  // namespace engine
