// GroupCommit: while one group of commits is written and flushed, the next one gathers. Each partition has at
// most one commit under way, so that a group is never larger than there are partitions.
//
// Thread rule: add() from any thread; `write` runs on a thread of this object's own, one group at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <engine/ports/store.h>

namespace engine::store {

struct PendingCommit {
  uint16_t partition = 0;
  uint64_t expected_applied = 0;
  AppliedPosition position;
  WriteBatch batch;
  Store::CommitDone done;
};

class GroupCommit {
 public:
  // Writes a group, in order, and calls `done` of each of its commits.
  using Write = std::function<void(std::vector<PendingCommit> group)>;
  explicit GroupCommit(Write write);
  ~GroupCommit();  // writes what is waiting
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  void add(PendingCommit commit);

 private:
  void run();

  const Write write_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<PendingCommit> waiting_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace engine::store
