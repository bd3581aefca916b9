// Transaction: the changes of one batch over what is committed. Reads see earlier changes of the same batch.
// apply() sees storage through this class only. `committed` must outlive it. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <engine/core/storage.h>

namespace engine::core {

// Where a record stands: its offset and the partition's time when it is applied.
struct LoggedPosition {
  uint64_t offset = 0;
  int64_t now_ms = 0;
};

class Transaction {
 public:
  explicit Transaction(const StoreReader& committed) : committed_(committed) {}

  std::optional<std::string> get(Table table, std::string_view key);
  void put(Table table, std::string key, std::string value);
  void erase(Table table, std::string key);
  void erase_range(Table table, std::string begin, std::string end);
  // Ascending, begin <= key < end, merged with this batch's changes, until `visit` returns false.
  void scan(Table table, std::string_view begin, std::string_view end, const StoreReader::Visit& visit);

  // Reads these rows together, for get().
  void read_ahead(const std::vector<RowKey>& rows);

  // The first read error, if any: the batch must then not be committed (reads gave "absent").
  const Error& error() const { return error_; }
  bool empty() const;
  WriteBatch take();

 private:
  struct Change {
    bool erased = false;
    std::string value;
  };
  using Key = std::pair<Table, std::string>;
  using KeyView = std::pair<Table, std::string_view>;
  struct Order {  // compares without making a string for a look-up
    using is_transparent = void;
    bool operator()(const Key& a, const Key& b) const;
    bool operator()(const Key& a, const KeyView& b) const;
    bool operator()(const KeyView& a, const Key& b) const;
  };
  bool range_erased(Table table, std::string_view key) const;

  const StoreReader& committed_;
  std::map<Key, Change, Order> changes_;
  std::map<Key, std::optional<std::string>, Order> committed_rows_;  // that were read ahead
  std::vector<WriteOperation> ranges_;                               // erased ranges, applied before changes_
  Error error_;
};

}  // namespace engine::core
