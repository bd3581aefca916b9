// RecentRows: what this process has just committed to a partition, for its own next reads: the counters that
// every start needs. Rows of the other tables are kept in memory by those who need them. Nothing is assumed
// of what is not here. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include <engine/store/group_commit.h>

namespace engine::store::redis {

class RecentRows {
 public:
  // Takes the rows of a batch that is committed.
  void wrote(WriteBatch batch);
  // The store may hold something else.
  void forget();
  std::optional<std::string> find(Table table, std::string_view key) const;

 private:
  static constexpr size_t kBytesMax = 1 << 16;  // of a generation

  static bool keeps(Table table) { return table == Table::Meta; }
  static std::string name(Table table, std::string_view key);
  void put(WriteOperation operation);

  using Rows = std::unordered_map<std::string, std::string>;
  mutable std::mutex mutex_;  // guards what follows
  Rows young_, old_;          // when the young are too many, they become the old, and the old go
  size_t young_bytes_ = 0;
};

}  // namespace engine::store::redis
