// Store: where a partition's state lives. An ordered map of bytes for each (partition, table), changed only
// by whole commits: state, history, timers, outbox and applied position in ONE atomic write
// (docs/durability.md).
//
// Implementations: engine/store/memory (simulation, tests), engine/store/rocksdb (embedded), Redis (cluster).
// They all pass tests/store_contract. Keys compare as unsigned bytes.
// Thread rule: commit() for one partition comes from that partition's strand, one at a time; reads may come
// from any thread at any time and see whole commits only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <engine/core/storage.h>

namespace engine {

// Room on the disk of a store. With less than free_bytes_min commits are refused with ErrorKind::Full, reads
// go on.
struct StoreSpace {
  std::string directory;
  uint64_t free_bytes = 0;
  uint64_t free_bytes_min = 0;

  // Empty: it takes commits.
  std::string refusal() const {
    if (free_bytes >= free_bytes_min) return {};
    return directory + " has less than " + std::to_string(free_bytes_min >> 20) +
           " MiB of free space: nothing is accepted until there is more";
  }
};

class Store {
 public:
  virtual ~Store() = default;

  virtual uint16_t partition_count() const = 0;
  virtual Expected<AppliedPosition> position(PartitionId partition) const = 0;

  // Lives as long as the store.
  virtual const StoreReader& reader(PartitionId partition) const = 0;

  // The same for whoever commits to the partition, on its strand, after the commit before is done: may answer
  // from what that wrote. position() and a commit that failed end what is known so.
  virtual const StoreReader& writer_reader(PartitionId partition) const { return reader(partition); }

  // Writes `batch` and `position` atomically if the stored position's `applied` is `expected_applied`
  // (otherwise ErrorKind::Fenced). `done` is called exactly once, from any thread, after the write is durable
  // or has failed; after a failure nothing of the batch is visible, except for ErrorKind::Transient where it
  // is not known: then read position() to find out.
  using CommitDone = std::function<void(Error)>;
  virtual void commit(PartitionId partition, uint64_t expected_applied, AppliedPosition position,
                      WriteBatch batch, CommitDone done) = 0;

  // As it is now; nothing where the disk is not this machine's. Any thread.
  virtual std::optional<StoreSpace> space() const { return std::nullopt; }
};

}  // namespace engine
