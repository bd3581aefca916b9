// SimStore: the Store port in memory, with the faults of real ones: slow commits, commits whose outcome is
// not known, a full disk, a crash before or after the write. Partitions commit in groups: what arrives while
// a group is written waits for the next one, and a crash takes a whole group or nothing of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <engine/ports/store.h>

#include "random.h"
#include "scheduler.h"

namespace simulation {

class Tables : public engine::StoreReader {
 public:
  engine::Expected<bool> get(engine::Table table, std::string_view key, std::string& value) const override;
  engine::Expected<void> scan(engine::Table table, std::string_view begin, std::string_view end, bool reverse,
                              const Visit& visit) const override;
  bool is_remote() const override { return true; }  // so that rows are read ahead, as on Redis
  void write(const engine::WriteBatch& batch);

  using Content = std::map<engine::Table, std::map<std::string, std::string, std::less<>>>;
  const Content& content() const { return content_; }

 private:
  Content content_;
};

struct StoreFaults {
  int ambiguous_percent = 0;  // written, reported as Transient
  int transient_percent = 0;  // not written, reported as Transient
  int full_percent = 0;       // not written, reported as Full
  int64_t delay_ms_max = 0;
  std::optional<uint16_t> partition = {};  // whose commits fail; nothing: those of all
};
struct StoreFigures {
  uint64_t commits = 0, ambiguous = 0, transient = 0, full = 0, slow = 0, grouped = 0, rejected = 0;
};

class SimStore : public engine::Store {
 public:
  SimStore(uint16_t partitions, Scheduler& scheduler, Random& random)
      : scheduler_(scheduler), random_(random), shards_(partitions) {}

  uint16_t partition_count() const override { return static_cast<uint16_t>(shards_.size()); }
  engine::Expected<engine::AppliedPosition> position(engine::PartitionId partition) const override {
    return shard(partition).position;
  }
  const engine::StoreReader& reader(engine::PartitionId partition) const override {
    return shard(partition).tables;
  }
  void commit(engine::PartitionId partition, uint64_t expected_applied, engine::AppliedPosition position,
              engine::WriteBatch batch, CommitDone done) override;

  // The process dies: the group under way is made or not, what waits is not; no `done` is ever called.
  void crash();

  const Tables& tables(engine::PartitionId partition) const { return shard(partition).tables; }
  StoreFaults faults;
  StoreFigures figures;

 private:
  struct Shard {
    Tables tables;
    engine::AppliedPosition position;
  };
  struct Commit {
    engine::PartitionId partition{};
    engine::AppliedPosition position;
    engine::WriteBatch batch;
    CommitDone done;
    engine::ErrorKind answer{};
    bool write = true;
  };
  using Group = std::vector<Commit>;

  const Shard& shard(engine::PartitionId partition) const {
    return shards_.at(static_cast<size_t>(partition));
  }
  void strike(Commit& commit);
  void write(Commit& commit);
  void flush();
  void finish(const std::shared_ptr<Group>& group);

  Scheduler& scheduler_;
  Random& random_;
  std::vector<Shard> shards_;
  Group waiting_;
  std::shared_ptr<Group> under_way_;
};

}  // namespace simulation
