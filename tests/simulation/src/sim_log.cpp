#include "sim_log.h"

namespace simulation {

engine::Expected<void> SimLog::append(engine::PartitionId, engine::core::Record record) {
  if (waiting_.size() >= records_max) {
    return statelang::Unexpected{engine::Error{engine::ErrorKind::Full, "simulated log is full"}};
  }
  if (durable_) {
    put(std::move(record), engine::LoggedRecord::Kind::Input);
  } else {
    waiting_.push_back(std::move(record));
  }
  if (auto available = std::exchange(available_, nullptr)) available();
  return {};
}

void SimLog::put(engine::core::Record record, engine::LoggedRecord::Kind kind) {
  records_.push_back({records_.size(), std::move(record), kind, {}, {}});
}

uint64_t SimLog::claim(int64_t now_ms) {
  put({now_ms, 0, 0, engine::core::ContinueExecution{}}, engine::LoggedRecord::Kind::Claim);
  return records_.back().offset;
}

engine::Expected<std::vector<engine::LoggedRecord>> SimLog::take(engine::PartitionId, uint64_t offset,
                                                                 size_t limit,
                                                                 std::function<void()> available) {
  if (!durable_) {
    records_.resize(offset);
    for (size_t i = 0; i < limit && !waiting_.empty(); ++i) {
      put(std::move(waiting_.front()), engine::LoggedRecord::Kind::Input);
      waiting_.pop_front();
    }
  }
  std::vector<engine::LoggedRecord> taken;
  for (uint64_t at = offset; at < records_.size() && taken.size() < limit; ++at)
    taken.push_back(records_[at]);
  if (taken.empty()) available_ = std::move(available);
  return taken;
}

void SimLog::crash(uint64_t applied) {
  available_ = nullptr;
  if (durable_) return;
  waiting_.clear();
  records_.resize(applied);
}

std::span<const engine::LoggedRecord> SimLog::applied_records(uint64_t applied) const {
  return {records_.data(), static_cast<size_t>(applied)};
}

}  // namespace simulation
