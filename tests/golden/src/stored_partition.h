// StoredPartition: one partition of the engine's core over a store, in memory or RocksDB on the disk; every
// record is a commit of its own. One thread.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <engine/ports/store.h>

#include "engine_partition.h"

namespace golden {

enum class StoreKind { Memory, RocksDb };

class StoredPartition : public EnginePartition {
 public:
  StoredPartition(StoreKind kind, engine::core::PartitionSettings settings);
  ~StoredPartition() override;  // with its directory
  StoredPartition(const StoredPartition&) = delete;
  StoredPartition& operator=(const StoredPartition&) = delete;

  std::vector<engine::core::Action> apply(engine::core::RecordBody body) override;
  std::optional<int64_t> next_due() override;
  std::vector<engine::core::Action> fire() override;
  // Of RocksDB the directory is closed and opened again.
  void restart() override;

  const engine::StoreReader& reader() const override { return store_->reader(kPartition); }
  const engine::core::PartitionSettings& settings() const override { return settings_; }

 private:
  static constexpr engine::PartitionId kPartition{0};

  using Timer = std::tuple<int64_t, uint64_t, engine::core::TimerDue>;  // due, order
  struct Earlier {
    bool operator()(const Timer& a, const Timer& b) const {
      return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
    }
  };

  void open();
  void note_timers(const std::vector<engine::core::Action>& actions);

  const StoreKind kind_;
  const engine::core::PartitionSettings settings_;
  std::string directory_;  // RocksDb
  std::unique_ptr<engine::Store> store_;
  std::unique_ptr<engine::core::Partition> partition_;
  uint64_t applied_ = 0;
  std::set<Timer, Earlier> timers_;
  uint64_t next_timer_ = 0;
};

}  // namespace golden
