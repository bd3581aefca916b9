// The records of a file in RocksDB's log format (write-ahead logs, MANIFEST), sound ones and damaged places:
// blocks of 32 KiB, in them fragments of checksum (4), length (2), type (1) and payload. RocksDB itself ends
// at the first damaged place; this reader goes on behind it, so that one can tell a torn end from a hole.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace engine::store {

struct LogRecords {
  // Of a sound record: where it begins, and its first kHeadBytes (or all of a shorter one).
  std::function<void(uint64_t offset, std::string_view head)> sound;
  // Bytes from `offset` on belong to no sound record.
  std::function<void(uint64_t offset)> damaged;
};

constexpr size_t kHeadBytes = 256;

// False: the file cannot be read.
bool read_log_records(const std::string& path, const LogRecords& records);

}  // namespace engine::store
