// The memory part of each table: RocksDB's skip list, with its keys compared here in one place. The library's
// own comparison of two keys goes through two virtual calls, counters and, as Debian builds it, assertions;
// and a key that is inserted is compared fifty times and more. The order is the same to the last byte.
#pragma once

#include <memory>

#include <rocksdb/memtablerep.h>

namespace engine::store {

// The order of keys with their sequence numbers, for tables with the bytewise comparator: user keys ascend
// bytewise; of one key the newest comes first. Stateless; any thread.
class MemtableOrder : public rocksdb::MemTableRep::KeyComparator {
 public:
  // Entries of a memtable begin with the length of their internal key (memtablerep.h: that format is frozen);
  // an internal key ends with eight bytes, little-endian: sequence number and kind.
  int operator()(const char* entry_a, const char* entry_b) const override;
  int operator()(const char* entry, const rocksdb::Slice& internal_key) const override;
};

// For column families with the bytewise comparator and one writing thread.
std::shared_ptr<rocksdb::MemTableRepFactory> memtable_factory();

}  // namespace engine::store
