// Lists of executions, newest first, read as far as they are taken and no further. Not thread-safe; any
// thread. The stores must outlive them. Errors are the store's, or ErrorKind::Corrupt for values that do not
// decode.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include <engine/core/record.h>
#include <engine/core/storage.h>

namespace engine::core {

struct ListedExecution {
  std::string execution_arn;
  std::string state_machine_arn;
  ExecutionNumber number{};
  statelang::ExecutionStatus status{};
  int64_t start_ms = 0;
  int64_t stop_ms = 0;  // 0: running
  uint32_t redrive_count = 0;
  int64_t redrive_ms = 0;                 // 0: never redriven
  std::string state_machine_version_arn;  // of those who asked for it: ListingQuery::qualifiers
  std::string state_machine_alias_arn;
  uint32_t map_items = 0;  // likewise: the items of a Map Run's child
};
struct ListingQuery {
  std::string state_machine_arn;  // or the ARN of a Map Run, for its children; empty: all but children
  std::optional<statelang::ExecutionStatus> status;
  bool qualifiers = false;  // show the version and the alias that executions were started by: one read more
  // The next page begins below the last one of the page before; INT64_MAX and all ones: at the newest.
  int64_t before_start_ms = INT64_MAX;
  ExecutionNumber before_number = static_cast<ExecutionNumber>(UINT64_MAX);
};

// One partition's, by start time, then number. The index is read in chunks, each twice as long as the one
// before: a long list costs few seeks, a short one reads little ahead.
class ExecutionList {
 public:
  ExecutionList(const StoreReader& store, ListingQuery query);
  ~ExecutionList();
  ExecutionList(ExecutionList&&) noexcept;

  // What the index says of the next one, which skip() and take() are of: machine, number, start, and the
  // execution's ARN unless a status is asked for. Null: the end.
  Expected<const ListedExecution*> next();
  // Goes on behind the next one without reading it.
  Expected<void> skip();
  // The next one whole, and goes on behind it. Nothing: gone, or of another status, since the index was read;
  // there may be more.
  Expected<std::optional<ListedExecution>> take();

 private:
  class MachineRows;
  using Place = std::pair<int64_t, ExecutionNumber>;

  Expected<void> begin();
  Expected<void> enqueue(MachineRows& rows);
  Expected<bool> complete(ListedExecution& row) const;

  const StoreReader* store_;
  ListingQuery query_;
  bool begun_ = false;
  std::deque<std::unique_ptr<MachineRows>> machines_;
  std::priority_queue<std::pair<Place, MachineRows*>> newest_;
};

// A place in the list of all partitions: newest first, then by partition, then the later execution first.
struct ListPlace {
  int64_t start_ms = INT64_MAX;
  uint64_t partition = 0;
  uint64_t number = UINT64_MAX;
};

// The lists of several partitions as one. Of what is not taken, only the index is read.
class MergedExecutionList {
 public:
  // From below `place` on; `query` says no place of its own.
  MergedExecutionList(const std::vector<const StoreReader*>& partitions, const ListingQuery& query,
                      const ListPlace& place);

  // As those of ExecutionList: skip() and take() are of what next() showed.
  Expected<const ListedExecution*> next();
  Expected<void> skip();
  Expected<std::optional<ListedExecution>> take();
  const ListPlace& last_taken() const { return last_taken_; }

 private:
  struct Later {
    bool operator()(const ListPlace& a, const ListPlace& b) const;
  };

  ListPlace pop();
  Expected<void> enqueue(size_t partition);

  bool begun_ = false;
  std::vector<ExecutionList> lists_;  // by partition
  std::priority_queue<ListPlace, std::vector<ListPlace>, Later> newest_;
  ListPlace last_taken_;
};

}  // namespace engine::core
