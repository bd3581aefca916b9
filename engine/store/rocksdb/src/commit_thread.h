// CommitThread: group commit. While one group is written and flushed, the next one gathers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <rocksdb/write_batch.h>

#include <engine/store/rocksdb_store.h>

#include "values.h"

namespace engine::store {

struct PendingCommit {
  uint16_t partition = 0;
  uint64_t expected_applied = 0;
  AppliedPosition position;
  WriteBatch batch;
  Store::CommitDone done;
};

class CommitThread {
 public:
  CommitThread(const RocksDbSettings& settings, Database& database,
               const std::vector<AppliedPosition>& positions);
  ~CommitThread();  // finishes what is waiting

  void add(PendingCommit commit);
  RocksDbMetrics metrics() const;

 private:
  void run();
  void write_group(std::vector<PendingCommit> group);
  void write(rocksdb::WriteBatch& batch);
  bool disk_full();

  const RocksDbSettings settings_;
  Database& database_;
  std::vector<uint64_t> applied_;  // by partition; commit thread only
  std::chrono::steady_clock::time_point checked_{};
  bool full_ = false;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<PendingCommit> waiting_;
  RocksDbMetrics metrics_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace engine::store
