#include "stored_partition.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>

#include <engine/store/memory_store.h>
#include <engine/store/rocksdb_store.h>

namespace golden {

using namespace engine::core;

namespace {

// What a test cannot go on after.
[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

std::string new_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "golden-engine-XXXXXX").string();
  if (!mkdtemp(pattern.data())) give_up("no temporary directory: " + pattern);
  return pattern;
}

}  // namespace

StoredPartition::StoredPartition(StoreKind kind, PartitionSettings settings)
    : kind_(kind), settings_(std::move(settings)) {
  if (kind_ == StoreKind::RocksDb) directory_ = new_directory();
  open();
}

StoredPartition::~StoredPartition() {
  partition_.reset();
  store_.reset();
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

void StoredPartition::open() {
  if (kind_ == StoreKind::Memory) {
    if (!store_) store_ = engine::store::make_memory_store(1);
  } else {
    store_.reset();
    engine::store::RocksDbSettings settings;
    settings.directory = directory_;
    settings.partitions = 1;
    settings.sync = false;  // nobody cuts the power here
    auto opened = engine::store::RocksDbStore::open(settings);
    if (!opened) give_up("the store does not open: " + opened.error().message);
    store_ = std::move(*opened);
  }
  partition_ = std::make_unique<Partition>(settings_);
}

std::vector<Action> StoredPartition::apply(RecordBody body) {
  const Record record{now_ms, applied_ + 1, 0, std::move(body)};
  Transaction transaction(reader());
  std::vector<Action> actions;
  partition_->apply({applied_, now_ms}, record, transaction, actions);
  std::promise<engine::Error> done;
  store_->commit(kPartition, applied_, {applied_ + 1, now_ms, {}, 0}, transaction.take(),
                 [&](engine::Error error) { done.set_value(std::move(error)); });
  if (const engine::Error error = done.get_future().get()) give_up("a commit failed: " + error.message);
  ++applied_;
  note_timers(actions);
  std::vector<RecordBody> own;
  for (const Action& action : actions) {
    if (const auto* append = std::get_if<AppendRecord>(&action)) own.push_back(append->body);
  }
  for (RecordBody& next : own) {
    for (Action& action : apply(std::move(next))) actions.push_back(std::move(action));
  }
  return actions;
}

void StoredPartition::note_timers(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    const auto* arm = std::get_if<ArmTimer>(&action);
    if (arm && arm->timer.kind != TimerDue::kRetention)
      timers_.insert({arm->timer.due_ms, next_timer_++, arm->timer});
    const auto* disarm = std::get_if<DisarmTimer>(&action);
    if (!disarm) continue;
    const auto same = [&](const Timer& timer) {
      const TimerDue& due = std::get<2>(timer);
      return due.due_ms == disarm->timer.due_ms && due.kind == disarm->timer.kind &&
             due.scope == disarm->timer.scope && due.attempt == disarm->timer.attempt;
    };
    const auto found = std::find_if(timers_.begin(), timers_.end(), same);
    if (found != timers_.end()) timers_.erase(found);
  }
}

std::optional<int64_t> StoredPartition::next_due() {
  if (timers_.empty()) return std::nullopt;
  return std::get<0>(*timers_.begin());
}

std::vector<Action> StoredPartition::fire() {
  TimerDue due = std::get<2>(*timers_.begin());
  timers_.erase(timers_.begin());
  now_ms = std::max(now_ms, due.due_ms);
  return apply(std::move(due));
}

void StoredPartition::restart() {
  partition_.reset();
  open();
  std::vector<Action> recovered;
  (void)partition_->recover(reader(), recovered);
}

}  // namespace golden
