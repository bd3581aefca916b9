// RedisStore: the Store port on one Redis primary, for engines that share partitions. A commit is one Lua
// call: it compares the stored position and epoch, then writes everything, so that a process that has lost
// its partition, or finds Redis rolled back, changes nothing (docs/durability.md). Redis runs one script at
// a time; the commits of several partitions travel together.
//
// Thread rule: any thread; `done` of a commit is called on the commit thread. Destroy the store when no
// commit is under way and no reader is used any more. A scan sees whole commits, and each stretch of up to
// kScanRowsMax rows is of one moment; a commit may stand between two stretches.
//
// SIGPIPE is ignored for the whole process: hiredis 0.14 writes to sockets that the server has closed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <engine/ports/store.h>

namespace engine::store {

struct RedisSettings {
  std::string host = "127.0.0.1";  // or
  std::string unix_socket;         // a path; wins over host and port
  uint16_t port = 6379;
  std::string user;  // ACL user; empty: the default user
  std::string password;
  std::string name = "stepstream";  // of this engine: the beginning of all keys
  uint16_t partitions = 4;          // fixed when the first process opens the store
  int64_t connect_timeout_ms = 2'000;
  int64_t command_timeout_ms = 5'000;     // then the outcome of a commit is not known: ErrorKind::Transient
  int64_t loading_wait_ms = 10 * 60'000;  // that open() waits for a server that still reads its own disk
  std::function<void(const std::string& line)> notice;  // that it waits, every few seconds
  size_t idle_connections_max = 8;  // kept for readers; more are opened when more threads read at once
};

struct RedisMetrics {
  uint64_t commits = 0;   // acknowledged
  uint64_t rejected = 0;  // position or epoch was another one (compare-and-set)
  uint64_t failed = 0;    // not known, or refused for want of space
  uint64_t groups = 0;    // commits / groups is the group size
  uint64_t bytes = 0;     // of keys and values sent
  uint64_t commit_micros = 0;
  uint64_t reconnects = 0;
};

class RedisStore : public Store {
 public:
  // Blocks while the server loads. Transient: no connection, or it loads for too long; Permanent: wrong user
  // or password, other partition count, an eviction policy that would forget state; Corrupt: written by a
  // newer version.
  static Expected<std::unique_ptr<RedisStore>> open(RedisSettings settings);

  virtual RedisMetrics metrics() const = 0;
  // How far the partition's commits survive the loss of Redis's machine: in its AOF, written to disk.
  // Permanent: this server cannot say (it needs appendfsync always or, from Redis 7.2, any AOF). Blocks.
  virtual Expected<uint64_t> durable(PartitionId partition) = 0;
  // A value of the whole engine, kept by the first process that gives one: what is kept.
  virtual Expected<std::string> kept(std::string_view field, const std::string& ours) = 0;
};

}  // namespace engine::store
