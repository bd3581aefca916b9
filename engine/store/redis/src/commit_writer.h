// CommitWriter: sends a group of commits in one go and then reads their answers. Redis flushes once for all
// that it has read together (appendfsync always).
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <engine/store/group_commit.h>

#include "connection.h"
#include "recent_rows.h"

namespace engine::store::redis {

class CommitWriter {
 public:
  // `recent`: of each partition.
  CommitWriter(const RedisSettings& settings, std::vector<std::unique_ptr<RecentRows>>& recent);

  void add(PendingCommit commit) { commits_.add(std::move(commit)); }
  RedisMetrics metrics() const;

 private:
  void write_group(std::vector<PendingCommit> group);
  Expected<void> send(const PendingCommit& commit);
  Error receive(const PendingCommit& commit);

  const RedisSettings& settings_;
  std::vector<std::unique_ptr<RecentRows>>& recent_;
  Connection connection_;  // the writing thread's only

  mutable std::mutex mutex_;  // guards what follows
  RedisMetrics metrics_;

  GroupCommit commits_;  // last: writes what is waiting before the rest goes
};

}  // namespace engine::store::redis
