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

void SimStore::commit(engine::PartitionId, uint64_t expected_applied, engine::AppliedPosition position,
                      engine::WriteBatch batch, CommitDone done) {
  ++figures.commits;
  if (expected_applied != position_.applied) {
    ++figures.rejected;
    return done({ErrorKind::Fenced, "expected position " + std::to_string(expected_applied) + ", stored " +
                                        std::to_string(position_.applied)});
  }
  ErrorKind kind = ErrorKind::None;
  bool write = true;
  if (random_.chance(faults.ambiguous_percent)) {
    kind = ErrorKind::Transient;
    ++figures.ambiguous;
  } else if (random_.chance(faults.transient_percent)) {
    kind = ErrorKind::Transient;
    write = false;
    ++figures.transient;
  } else if (random_.chance(faults.full_percent)) {
    kind = ErrorKind::Full;
    write = false;
    ++figures.full;
  }
  auto pending = std::make_shared<Pending>(Pending{std::move(position), std::move(batch), std::move(done)});
  pending_ = pending;
  const int64_t delay_ms = faults.delay_ms_max > 0 ? random_.between(0, faults.delay_ms_max) : 0;
  figures.slow += delay_ms > 0;
  scheduler_.after(delay_ms, [this, kind, write, weak = std::weak_ptr<Pending>(pending)] {
    if (auto still = weak.lock()) finish(still, kind, write);
  });
}

void SimStore::finish(const std::shared_ptr<Pending>& pending, ErrorKind kind, bool write) {
  if (write) {
    tables_.write(pending->batch);
    position_ = pending->position;
  }
  pending_.reset();
  pending->done({kind, kind == ErrorKind::None ? "" : "simulated"});
}

void SimStore::crash() {
  auto pending = std::move(pending_);
  pending_.reset();
  if (!pending || !random_.chance(50)) return;
  tables_.write(pending->batch);
  position_ = pending->position;
}

}  // namespace simulation
