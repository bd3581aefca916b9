// Progress: how far a partition of a task topic may be committed: behind the longest unbroken run of records
// that are finished. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace stepstream_worker {

class Progress {
 public:
  // A record was taken; offsets ascend, with gaps where the topic has none.
  void take(int64_t offset);
  // Nothing happens for a record that was not taken, or is finished already.
  void finish(int64_t offset);
  // The offset to commit: behind the last of the unbroken run. Negative: the first record is not finished.
  int64_t committable() const { return committable_; }
  size_t open() const { return records_.size(); }  // taken and not yet to be committed

 private:
  struct Record {
    int64_t offset;
    bool finished;
  };
  std::deque<Record> records_;
  int64_t committable_ = -1;
};

}  // namespace stepstream_worker
