#include "recent_rows.h"

#include <utility>

namespace engine::store::redis {

std::string RecentRows::name(Table table, std::string_view key) {
  std::string text(1, static_cast<char>(table));
  return text.append(key);
}

void RecentRows::wrote(WriteBatch batch) {
  const std::lock_guard lock(mutex_);
  for (WriteOperation& operation : batch.operations) {
    if (!keeps(operation.table)) continue;
    if (operation.kind == WriteOperation::Kind::Put) {
      put(std::move(operation));
    } else if (operation.kind == WriteOperation::Kind::Erase) {
      const std::string gone = name(operation.table, operation.key);
      young_.erase(gone);
      old_.erase(gone);
    } else {
      young_.clear();
      old_.clear();
      young_bytes_ = 0;
    }
  }
}

void RecentRows::put(WriteOperation operation) {
  young_bytes_ += operation.key.size() + operation.value.size();
  young_[name(operation.table, operation.key)] = std::move(operation.value);
  if (young_bytes_ < kBytesMax) return;
  old_ = std::exchange(young_, {});
  young_bytes_ = 0;
}

void RecentRows::forget() {
  const std::lock_guard lock(mutex_);
  young_.clear();
  old_.clear();
  young_bytes_ = 0;
}

std::optional<std::string> RecentRows::find(Table table, std::string_view key) const {
  if (!keeps(table)) return std::nullopt;
  const std::string wanted = name(table, key);
  const std::lock_guard lock(mutex_);
  for (const Rows* rows : {&young_, &old_}) {
    if (const auto found = rows->find(wanted); found != rows->end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace engine::store::redis
