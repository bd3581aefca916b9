// Partition: what one assigned partition has read and not yet handled: works in offset order, which of them
// may begin, and up to where everything is handled. Pure bookkeeping on the consumer's thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "record.h"

namespace connectors::kafka {

// What starts one execution: a record, or a batch of them.
struct Work {
  std::vector<Record> records;  // filtered ones are not among them
  int64_t first = 0;            // offsets it stands for, filtered ones included
  int64_t last = 0;
  std::string execution_arn;  // started, and its end is waited for
  int attempts = 0;
  int64_t due_ms = 0;      // 0: on its way; else when to try again
  std::string poison;      // not empty: goes to the dead letters, for this reason
  bool counted = false;    // the engine has refused it, which the trigger's status counts
  std::string line;        // works of one line run one after the other; empty: no order
  statelang::Value event;  // null: to be made of the records (again)
  size_t event_bytes = 0;  // of a batch that is being filled
  bool planned = false;    // a batch whose end is stored
};

class Partition {
 public:
  Partition(int32_t number, int64_t next_offset) : number_(number), next_offset_(next_offset) {}

  int32_t number() const { return number_; }
  int64_t next_offset() const { return next_offset_; }  // of the record expected next
  void skip_to(int64_t offset) { next_offset_ = offset; }
  void saw(int64_t offset) { next_offset_ = offset + 1; }

  // Takes the work in; its line must be set. The result may begin now; nothing: others of its line come
  // first.
  Work* add(Work work);
  Work* find(int64_t first);
  // The work is handled. The result is the next one of its line.
  Work* finish(int64_t first);
  int64_t handled_until() const;  // every offset before is handled
  int64_t next_due_ms() const;    // of works that wait to be tried again; 0: none
  std::vector<Work*> due(int64_t now_ms);
  size_t open() const { return works_.size(); }
  size_t bytes() const { return bytes_; }

  bool paused = false;
  bool halted = false;  // cannot go on without a person
  int64_t committed = -1;
  int64_t checkpointed = -1;
  // A batch that is being filled.
  std::optional<Work> collecting;
  std::vector<statelang::Value> collected;  // its decoded records
  int64_t window_ends_ms = 0;
  int64_t planned_last = -1;  // the batch that had begun before a crash must end here

 private:
  int32_t number_;
  int64_t next_offset_;
  size_t bytes_ = 0;
  std::map<int64_t, Work> works_;
  std::unordered_map<std::string, std::deque<int64_t>> lines_;  // the front one runs
};

}  // namespace connectors::kafka
