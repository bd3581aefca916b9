// CommitWriter: writes each group of commits as one batch with one flush.
#pragma once

#include <chrono>
#include <mutex>
#include <vector>

#include <rocksdb/write_batch.h>

#include <engine/store/group_commit.h>
#include <engine/store/rocksdb_store.h>

#include "values.h"

namespace engine::store {

class CommitWriter {
 public:
  CommitWriter(const RocksDbSettings& settings, Database& database,
               const std::vector<AppliedPosition>& positions);

  void add(PendingCommit commit) { commits_.add(std::move(commit)); }
  RocksDbMetrics metrics() const;

 private:
  void write_group(std::vector<PendingCommit> group);
  void write(rocksdb::WriteBatch& batch);
  void check_space();

  const RocksDbSettings settings_;
  Database& database_;
  std::vector<uint64_t> applied_;  // by partition; the writing thread's only
  std::chrono::steady_clock::time_point checked_{};
  std::string refusal_;  // empty: there is space

  mutable std::mutex mutex_;  // guards what follows
  RocksDbMetrics metrics_;

  GroupCommit commits_;  // last: writes what is waiting before the rest goes
};

}  // namespace engine::store
