// CommitThread: sends the commits that wait, of whatever partitions, in one go, and reads their answers while
// the next ones gather. Redis flushes once for all that it has read together (appendfsync always).
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "connection.h"

namespace engine::store::redis {

struct PendingCommit {
  uint16_t partition = 0;
  uint64_t expected_applied = 0;
  AppliedPosition position;
  WriteBatch batch;
  Store::CommitDone done;
};

class CommitThread {
 public:
  explicit CommitThread(const RedisSettings& settings);
  ~CommitThread();  // finishes what is waiting

  void add(PendingCommit commit);
  RedisMetrics metrics() const;

 private:
  void run();
  void write_group(std::vector<PendingCommit> group);
  Expected<void> send(const PendingCommit& commit);
  Error receive(const PendingCommit& commit);

  const RedisSettings& settings_;
  Connection connection_;  // commit thread only

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<PendingCommit> waiting_;
  RedisMetrics metrics_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace engine::store::redis
