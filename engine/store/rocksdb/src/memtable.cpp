#include "memtable.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace engine::store {

namespace {

using rocksdb::MemTableRep;
using rocksdb::Slice;

constexpr size_t kTrailerBytes = 8;

Slice internal_key_of(const char* entry) {
  auto byte = static_cast<uint8_t>(*entry++);
  uint32_t size = byte & 0x7F;
  for (int shift = 7; byte & 0x80; shift += 7) {
    byte = static_cast<uint8_t>(*entry++);
    size |= static_cast<uint32_t>(byte & 0x7F) << shift;
  }
  return {entry, size};
}

uint64_t trailer_at(const char* bytes) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "read as it is stored");
  uint64_t trailer;
  std::memcpy(&trailer, bytes, sizeof trailer);
  return trailer;
}

int compare(const Slice& a, const Slice& b) {
  const size_t a_size = a.size() - kTrailerBytes, b_size = b.size() - kTrailerBytes;
  const int order = std::memcmp(a.data(), b.data(), std::min(a_size, b_size));
  if (order != 0) return order;
  if (a_size != b_size) return a_size < b_size ? -1 : 1;
  const uint64_t a_trailer = trailer_at(a.data() + a_size), b_trailer = trailer_at(b.data() + b_size);
  if (a_trailer == b_trailer) return 0;
  return a_trailer > b_trailer ? -1 : 1;
}

class Factory : public rocksdb::MemTableRepFactory {
 public:
  using rocksdb::MemTableRepFactory::CreateMemTableRep;
  MemTableRep* CreateMemTableRep(const MemTableRep::KeyComparator&, rocksdb::Allocator* allocator,
                                 const rocksdb::SliceTransform* transform, rocksdb::Logger* logger) override {
    static const MemtableOrder order;  // the skip list keeps the address
    return list_.CreateMemTableRep(order, allocator, transform, logger);
  }
  const char* Name() const override { return "StepstreamSkipList"; }
  bool CanHandleDuplicatedKey() const override { return list_.CanHandleDuplicatedKey(); }

 private:
  rocksdb::SkipListFactory list_;
};

}  // namespace

int MemtableOrder::operator()(const char* entry_a, const char* entry_b) const {
  return compare(internal_key_of(entry_a), internal_key_of(entry_b));
}

int MemtableOrder::operator()(const char* entry, const Slice& internal_key) const {
  return compare(internal_key_of(entry), internal_key);
}

std::shared_ptr<rocksdb::MemTableRepFactory> memtable_factory() {
  return std::make_shared<Factory>();
}

}  // namespace engine::store
