// LogTrimmer: deletes the records of the command log that no copy of Redis needs any more
// (docs/durability.md): behind what Redis has on disk, minus a margin, and only those older than the copies
// that may be restored. Each node does it for the partitions that run on it; a node that only believes so
// deletes nothing that is needed, because it asks Redis first. Thread rule: any thread; one thread of its
// own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include <engine/log/kafka_command_log.h>
#include <engine/runtime/cluster.h>

namespace engine::runtime::cluster {

class LogTrimmer {
 public:
  struct Hands {
    std::function<bool(PartitionId)> runs_here;
    std::function<Expected<uint64_t>(PartitionId)> durable;  // RedisStore::durable()
    std::function<int64_t()> now_ms;
    std::function<void(const std::string& line)> notice;  // why nothing is deleted, when that changes
  };
  LogTrimmer(LogTrimSettings settings, uint16_t partitions, log::KafkaCommandLog& log, Hands hands);
  ~LogTrimmer() { stop(); }

  void start();
  void stop();
  // One round over all partitions; after start() its thread does them.
  void trim_all();

  uint64_t looked() const { return looked_; }    // times a partition was
  uint64_t deleted() const { return deleted_; }  // records
  uint64_t failed() const { return failed_; }

 private:
  void run();
  Expected<uint64_t> trim(PartitionId partition);
  void tell(const std::string& trouble);

  const LogTrimSettings settings_;
  const uint16_t partitions_;
  log::KafkaCommandLog& log_;
  const Hands hands_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::atomic<uint64_t> looked_{0}, deleted_{0}, failed_{0};
  std::string trouble_;  // told last; the thread's own
  std::thread thread_;
};

// Where the log may begin: what is before it is behind the margin of `durable` and before `young`, the first
// record that is to be kept for its age.
uint64_t trim_before(uint64_t durable, uint64_t margin_records, uint64_t young);

}  // namespace engine::runtime::cluster
