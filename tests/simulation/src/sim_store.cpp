#include "sim_store.h"

namespace simulation {

using engine::ErrorKind;

engine::Expected<bool> Tables::get(engine::Table table, std::string_view key, std::string& value) const {
  auto found = content_.find(table);
  if (found == content_.end()) return false;
  auto entry = found->second.find(key);
  if (entry == found->second.end()) return false;
  value = entry->second;
  return true;
}

engine::Expected<void> Tables::scan(engine::Table table, std::string_view begin, std::string_view end,
                                    bool reverse, const Visit& visit) const {
  auto found = content_.find(table);
  if (found == content_.end()) return {};
  const auto& entries = found->second;
  auto first = entries.lower_bound(begin);
  auto last = end.empty() ? entries.end() : entries.lower_bound(end);
  if (!end.empty() && end <= begin) return {};
  if (!reverse) {
    for (; first != last; ++first) {
      if (!visit(first->first, first->second)) break;
    }
    return {};
  }
  while (last != first) {
    --last;
    if (!visit(last->first, last->second)) break;
  }
  return {};
}

void Tables::write(const engine::WriteBatch& batch) {
  for (const engine::WriteOperation& operation : batch.operations) {
    auto& entries = content_[operation.table];
    switch (operation.kind) {
      case engine::WriteOperation::Kind::Put:
        entries[operation.key] = operation.value;
        break;
      case engine::WriteOperation::Kind::Erase:
        entries.erase(operation.key);
        break;
      case engine::WriteOperation::Kind::EraseRange:
        entries.erase(entries.lower_bound(operation.key),
                      operation.value.empty() ? entries.end() : entries.lower_bound(operation.value));
        break;
    }
  }
}

void SimStore::commit(engine::PartitionId partition, uint64_t expected_applied,
                      engine::AppliedPosition position, engine::WriteBatch batch, CommitDone done) {
  ++figures.commits;
  const uint64_t applied = shard(partition).position.applied;
  if (expected_applied != applied) {
    ++figures.rejected;
    return done({ErrorKind::Fenced, "expected position " + std::to_string(expected_applied) + ", stored " +
                                        std::to_string(applied)});
  }
  waiting_.push_back({partition, std::move(position), std::move(batch), std::move(done)});
  strike(waiting_.back());
  if (!under_way_) flush();
}

void SimStore::strike(Commit& commit) {
  if (faults.partition && *faults.partition != static_cast<uint16_t>(commit.partition)) return;
  if (random_.chance(faults.ambiguous_percent)) {
    commit.answer = ErrorKind::Transient;
    ++figures.ambiguous;
  } else if (random_.chance(faults.transient_percent)) {
    commit.answer = ErrorKind::Transient;
    commit.write = false;
    ++figures.transient;
  } else if (random_.chance(faults.full_percent)) {
    commit.answer = ErrorKind::Full;
    commit.write = false;
    ++figures.full;
  }
}

void SimStore::flush() {
  auto group = std::make_shared<Group>(std::exchange(waiting_, {}));
  under_way_ = group;
  const int64_t delay_ms = faults.delay_ms_max > 0 ? random_.between(0, faults.delay_ms_max) : 0;
  figures.slow += delay_ms > 0;
  figures.grouped += group->size() > 1;
  scheduler_.after(delay_ms, [this, weak = std::weak_ptr<Group>(group)] {
    if (auto still = weak.lock()) finish(still);
  });
}

void SimStore::write(Commit& commit) {
  Shard& shard = shards_.at(static_cast<size_t>(commit.partition));
  shard.tables.write(commit.batch);
  shard.position = commit.position;
}

void SimStore::finish(const std::shared_ptr<Group>& group) {
  for (Commit& commit : *group) {
    if (commit.write) write(commit);
  }
  under_way_.reset();
  for (Commit& commit : *group)
    commit.done({commit.answer, commit.answer == ErrorKind::None ? "" : "simulated"});
  if (!waiting_.empty() && !under_way_) flush();
}

void SimStore::crash() {
  const auto group = std::exchange(under_way_, nullptr);
  waiting_.clear();
  if (!group || !random_.chance(50)) return;
  for (Commit& commit : *group) write(commit);
}

}  // namespace simulation
