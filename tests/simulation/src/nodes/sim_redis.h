// SimRedis: a simulated Redis: the tables of all partitions, changed by one compare-and-set for each commit,
// which goes back to an earlier commit when it loses its end. RedisClient is one node's connection to it.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include <engine/ports/store.h>

#include "random.h"
#include "scheduler.h"
#include "sim_store.h"

namespace simulation {

struct RedisFaults {
  int lost_percent = 0;       // a commit is not made, its answer lost
  int ambiguous_percent = 0;  // made, its answer lost
  int64_t delay_ms_max = 2;
};
struct RedisFigures {
  uint64_t commits = 0, rejected = 0, fenced = 0, lost = 0, ambiguous = 0, rollbacks = 0, rolled_back = 0;
};

class SimRedis {
 public:
  explicit SimRedis(uint16_t partitions) : now_(partitions), saved_(partitions) {}

  struct Commit {
    engine::PartitionId partition{};
    uint64_t expected_applied = 0;
    engine::AppliedPosition position;
    engine::WriteBatch batch;
  };
  // What the commit script does (engine/store/redis/src/scripts.cpp).
  engine::Error commit(const Commit& commit);

  const engine::AppliedPosition& position(engine::PartitionId partition) const {
    return now_.at(static_cast<size_t>(partition)).position;
  }
  const Tables& tables(engine::PartitionId partition) const {
    return now_.at(static_cast<size_t>(partition)).tables;
  }
  uint16_t partition_count() const { return static_cast<uint16_t>(now_.size()); }

  void set_away(bool away) { away_ = away; }
  bool away() const { return away_; }
  // Loses its last commits, of all partitions, but none that is saved.
  void roll_back(size_t commits);
  // Loses everything.
  void clear();
  // Everything is on disk: how far the partition is.
  uint64_t save(engine::PartitionId partition);
  size_t unsaved() const { return recent_.size(); }
  // Mutant EpochFromStore: counts the partition's epoch up.
  uint64_t next_epoch(engine::PartitionId partition);

  RedisFaults faults;
  RedisFigures figures;

  static constexpr size_t kUnsavedMax = 24;

 private:
  struct Shard {
    Tables tables;
    engine::AppliedPosition position;
    void write(const Commit& commit);
  };
  void add(Commit commit);

  std::vector<Shard> now_, saved_;
  std::deque<Commit> recent_;  // now_ is saved_ and these
  bool away_ = false;
};

class RedisClient : public engine::Store {
 public:
  RedisClient(SimRedis& redis, Scheduler& scheduler, Random& random, std::weak_ptr<Process> process);

  uint16_t partition_count() const override { return redis_.partition_count(); }
  engine::Expected<engine::AppliedPosition> position(engine::PartitionId partition) const override;
  const engine::StoreReader& reader(engine::PartitionId partition) const override {
    return *readers_.at(static_cast<size_t>(partition));
  }
  void commit(engine::PartitionId partition, uint64_t expected_applied, engine::AppliedPosition position,
              engine::WriteBatch batch, CommitDone done) override;
  // Mutant EpochFromStore: of the commits from now on.
  std::vector<uint64_t> epochs;

 private:
  class Reader : public engine::StoreReader {
   public:
    Reader(const SimRedis& redis, engine::PartitionId partition) : redis_(redis), partition_(partition) {}
    engine::Expected<bool> get(engine::Table table, std::string_view key, std::string& value) const override;
    engine::Expected<void> scan(engine::Table table, std::string_view begin, std::string_view end,
                                bool reverse, const Visit& visit) const override;

   private:
    const SimRedis& redis_;
    const engine::PartitionId partition_;
  };
  void arrive(const SimRedis::Commit& commit, const CommitDone& done);
  void answer(engine::Error error, const CommitDone& done);

  SimRedis& redis_;
  Scheduler& scheduler_;
  Random& random_;
  const std::weak_ptr<Process> process_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

}  // namespace simulation
