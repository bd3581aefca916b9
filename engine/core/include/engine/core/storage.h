// What a partition's state is made of: tables of ordered keys, batches of changes and a way to read. The
// Store port (engine/ports/store.h) adds the durable commit. Keys compare as unsigned bytes. Values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <engine/core/error.h>

namespace engine {

enum class PartitionId : uint16_t {};

// Numbers are stored: never change or reuse one. What the keys and values are: docs/formats/state.md.
enum class Table : uint8_t {
  Meta = 1,         // the partition's counters
  Definitions = 2,  // registered revisions of state machines
  Names = 3,        // execution ARN -> execution number (also for closed ones, until erased)
  Executions = 4,   // execution number -> header
  Scopes = 5,       // execution number, scope -> scope
  Variables = 6,    // execution number, scope -> JSON
  Items = 7,        // execution number, scope, chunk -> Map items
  Results = 8,      // execution number, scope, index -> result
  Tasks = 9,        // execution number, scope, attempt -> open task (also the outbox of task dispatch)
  Timers = 10,      // due, execution number, kind, scope, attempt
  History = 11,     // execution number, first event id -> events of one step
  Listing = 12,     // state machine, start time, execution number -> status and what lists show
  Outbox = 13,      // record position, index -> event that a reader of the feed has still to see
  Catalog = 14,     // state machines, versions, aliases, activities, triggers (partition 0)
  Express = 15,     // asynchronous Express executions under way: execution number -> start record
};

struct RowKey {
  Table table{};
  std::string key;
  bool operator==(const RowKey&) const = default;
};

struct WriteOperation {
  enum class Kind : uint8_t { Put = 1, Erase = 2, EraseRange = 3 };
  Kind kind = Kind::Put;
  Table table{};
  std::string key;
  std::string value;  // Put: the value; EraseRange: the end of the range, exclusive
};

// The changes of one batch of records. Later operations win over earlier ones on the same key.
struct WriteBatch {
  std::vector<WriteOperation> operations;
  void put(Table table, std::string key, std::string value) {
    operations.push_back({WriteOperation::Kind::Put, table, std::move(key), std::move(value)});
  }
  void erase(Table table, std::string key) {
    operations.push_back({WriteOperation::Kind::Erase, table, std::move(key), {}});
  }
  void erase_range(Table table, std::string begin, std::string end) {
    operations.push_back({WriteOperation::Kind::EraseRange, table, std::move(begin), std::move(end)});
  }
};

// How far a partition's state has come; committed with the state itself.
struct AppliedPosition {
  uint64_t applied = 0;     // offset of the last applied record + 1; 0: none
  int64_t now_ms = 0;       // the partition's clock: never goes back
  std::string fingerprint;  // of the last applied record (cluster: checked at takeover)
  uint64_t epoch = 0;       // cluster: the owner's leader claim
};

class StoreReader {
 public:
  virtual ~StoreReader() = default;
  // Success with false: no such key.
  virtual Expected<bool> get(Table table, std::string_view key, std::string& value) const = 0;
  // Calls `visit` for begin <= key < end in ascending (or, `reverse`, descending) order until it returns
  // false. An empty `end` means the end of the table.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Expected<void> scan(Table table, std::string_view begin, std::string_view end, bool reverse,
                              const Visit& visit) const = 0;

  // Whether a read is a question to another process. Then it is worth to know early what will be read.
  virtual bool is_remote() const { return false; }
  // The value of each row, nothing for one that is not there.
  virtual Expected<std::vector<std::optional<std::string>>> get_all(const std::vector<RowKey>& rows) const {
    std::vector<std::optional<std::string>> values;
    values.reserve(rows.size());
    for (const RowKey& row : rows) {
      std::string value;
      const auto found = get(row.table, row.key, value);
      if (!found) return statelang::Unexpected{found.error()};
      values.push_back(*found ? std::optional(std::move(value)) : std::nullopt);
    }
    return values;
  }
};

}  // namespace engine
