// RocksDbStore: the Store port on the local disk, in one directory that one process owns. All partitions
// share one write-ahead log; a thread of the store's own writes the commits that wait, of whatever
// partitions, as one batch with one flush, while the next ones gather (docs/durability.md).
//
// Thread rule: any thread; `done` of a commit is called on the commit thread. Destroy the store when no
// commit is under way and no reader is used any more. A write or flush that fails aborts the process: what is
// on the disk is then not known, and recovery finds out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <engine/ports/store.h>

namespace engine::store {

struct RocksDbSettings {
  std::string directory;    // created if it is not there
  uint16_t partitions = 4;  // fixed when the directory is created
  // False: a power cut may lose the last commits; a killed process loses nothing either way.
  bool sync = true;
  size_t write_buffer_bytes = 32u << 20;        // of one table
  size_t write_buffers_bytes_max = 128u << 20;  // of all tables together
  size_t block_cache_bytes = 64u << 20;
  // Tables are flushed so that the log stays below: a restart reads it again, at some 100 MB a second.
  size_t wal_bytes_max = 64u << 20;
  // Less free space than this: commits are refused with ErrorKind::Full, and RocksDB is not touched.
  uint64_t free_bytes_min = 64u << 20;
  uint32_t free_space_check_ms = 100;  // the file system is asked at most so often
};

struct RocksDbMetrics {
  uint64_t commits = 0;  // acknowledged
  uint64_t refused = 0;  // Full, Fenced
  uint64_t writes = 0;   // groups; commits / writes is the group size
  uint64_t bytes = 0;    // written to the write-ahead log
  uint64_t write_micros = 0;
  // Writes (with their flush) that took less than 2^i microseconds and were not counted before; the last
  // entry has all others.
  std::array<uint64_t, 24> write_micros_histogram{};
};

class RocksDbStore : public Store {
 public:
  // Permanent: in use by another process, other partition count, no permission; Full: too little space;
  // Corrupt: damaged, or written by a newer version.
  static Expected<std::unique_ptr<RocksDbStore>> open(RocksDbSettings settings);

  virtual RocksDbMetrics metrics() const = 0;
};

}  // namespace engine::store
