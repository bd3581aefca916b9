// The open database and the few values that the store keeps for itself.
#pragma once

#include <array>
#include <memory>
#include <string>

#include <rocksdb/db.h>

#include <engine/ports/store.h>

namespace engine::store {

inline constexpr size_t kTables = 16;  // one above the highest number of a Table

// RocksDB keeps one place to insert next ("hint") for a prefix and takes it for keys and for erased ranges
// alike, which are in different lists: a table has either hints or erased ranges, never both. Where keys come
// in order the hint saves the search; a Map's parts go by range.
inline constexpr bool has_erased_ranges(Table table) {
  return table == Table::Items || table == Table::Results;
}

struct Database {
  std::unique_ptr<rocksdb::DB> db;
  // By number of the table; 0 is the default family: the store's own values (docs/formats/state.md).
  std::array<rocksdb::ColumnFamilyHandle*, kTables> families{};
  rocksdb::ColumnFamilyHandle* family(Table table) const { return families[static_cast<size_t>(table)]; }
  rocksdb::ColumnFamilyHandle* own() const { return families[0]; }
  ~Database();
};

inline constexpr size_t kPartitionPrefixBytes = 2;
std::string partition_prefix(uint16_t partition);  // big-endian
std::string position_key(uint16_t partition);      // in the default family
std::string encode_position(const AppliedPosition& position);
Expected<AppliedPosition> read_position(const Database& database, uint16_t partition);

}  // namespace engine::store
