// StoredPartition: one partition of the engine's core over a store, in memory or RocksDB on the disk; every
// record is a commit of its own. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <engine/core/partition.h>
#include <engine/core/queries.h>
#include <engine/ports/store.h>

namespace golden {

enum class StoreKind { Memory, RocksDb };

class StoredPartition {
 public:
  StoredPartition(StoreKind kind, engine::core::PartitionSettings settings);
  ~StoredPartition();  // with its directory
  StoredPartition(const StoredPartition&) = delete;
  StoredPartition& operator=(const StoredPartition&) = delete;

  // Applies and commits one record; gives its actions. Continue records are applied at once, too.
  std::vector<engine::core::Action> apply(engine::core::RecordBody body);
  // The process ends and another one takes over: of RocksDB the directory is closed and opened again.
  void restart();

  const engine::StoreReader& reader() const { return store_->reader(kPartition); }
  const engine::core::PartitionSettings& settings() const { return settings_; }

  int64_t now_ms = 0;  // of the records to come

 private:
  static constexpr engine::PartitionId kPartition{0};

  void open();

  const StoreKind kind_;
  const engine::core::PartitionSettings settings_;
  std::string directory_;  // RocksDb
  std::unique_ptr<engine::Store> store_;
  std::unique_ptr<engine::core::Partition> partition_;
  uint64_t applied_ = 0;
};

}  // namespace golden
