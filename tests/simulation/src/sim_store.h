// SimStore: the Store port in memory, with the faults of real ones: slow commits, commits whose outcome is
// not known, a full disk, a crash before or after the write.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <engine/ports/store.h>

#include "random.h"
#include "scheduler.h"

namespace simulation {

class Tables : public engine::StoreReader {
 public:
  engine::Expected<bool> get(engine::Table table, std::string_view key, std::string& value) const override;
  engine::Expected<void> scan(engine::Table table, std::string_view begin, std::string_view end, bool reverse,
                              const Visit& visit) const override;
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
};
struct StoreFigures {
  uint64_t commits = 0, ambiguous = 0, transient = 0, full = 0, slow = 0, rejected = 0;
};

class SimStore : public engine::Store {
 public:
  SimStore(Scheduler& scheduler, Random& random) : scheduler_(scheduler), random_(random) {}

  uint16_t partition_count() const override { return 1; }
  engine::Expected<engine::AppliedPosition> position(engine::PartitionId) const override { return position_; }
  const engine::StoreReader& reader(engine::PartitionId) const override { return tables_; }
  void commit(engine::PartitionId, uint64_t expected_applied, engine::AppliedPosition position,
              engine::WriteBatch batch, CommitDone done) override;

  // The process dies: a commit under way is made or not, its `done` is never called.
  void crash();

  const Tables& tables() const { return tables_; }
  StoreFaults faults;
  StoreFigures figures;

 private:
  struct Pending {
    engine::AppliedPosition position;
    engine::WriteBatch batch;
    CommitDone done;
  };
  void finish(const std::shared_ptr<Pending>& pending, engine::ErrorKind kind, bool write);

  Scheduler& scheduler_;
  Random& random_;
  Tables tables_;
  engine::AppliedPosition position_;
  std::shared_ptr<Pending> pending_;
};

}  // namespace simulation
