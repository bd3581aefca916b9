#include "sim_log.h"

namespace simulation {

engine::Expected<void> SimLog::append(engine::PartitionId, engine::core::Record record) {
  if (waiting_.size() >= records_max) {
    return statelang::Unexpected{engine::Error{engine::ErrorKind::Full, "simulated log is full"}};
  }
  if (durable_) {
    records_.push_back(std::move(record));
  } else {
    waiting_.push_back(std::move(record));
  }
  if (auto available = std::exchange(available_, nullptr)) available();
  return {};
}

engine::Expected<std::vector<engine::LoggedRecord>> SimLog::take(engine::PartitionId, uint64_t offset,
                                                                 size_t limit,
                                                                 std::function<void()> available) {
  if (!durable_) {
    records_.resize(offset);
    for (size_t i = 0; i < limit && !waiting_.empty(); ++i) {
      records_.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  std::vector<engine::LoggedRecord> taken;
  for (uint64_t at = offset; at < records_.size() && taken.size() < limit; ++at)
    taken.push_back({at, records_[at]});
  if (taken.empty()) available_ = std::move(available);
  return taken;
}

void SimLog::crash(uint64_t applied) {
  available_ = nullptr;
  if (durable_) return;
  waiting_.clear();
  records_.resize(applied);
}

std::vector<engine::core::Record> SimLog::applied_records(uint64_t applied) const {
  return {records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(applied)};
}

}  // namespace simulation
