#include "sim_log.h"

namespace simulation {

void SimLog::Shard::put(engine::core::Record record, engine::LoggedRecord::Kind kind) {
  records.push_back({records.size(), std::move(record), kind, {}, {}});
}

engine::Expected<void> SimLog::append(engine::PartitionId partition, engine::core::Record record) {
  Shard& log = shard(partition);
  if (log.waiting.size() >= records_max) {
    return statelang::Unexpected{engine::Error{engine::ErrorKind::Full, "simulated log is full"}};
  }
  if (durable_) {
    log.put(std::move(record), engine::LoggedRecord::Kind::Input);
  } else {
    log.waiting.push_back(std::move(record));
  }
  if (auto available = std::exchange(log.available, nullptr)) available();
  return {};
}

uint64_t SimLog::claim(engine::PartitionId partition, int64_t now_ms) {
  Shard& log = shard(partition);
  log.put({now_ms, 0, 0, engine::core::ContinueExecution{}}, engine::LoggedRecord::Kind::Claim);
  return log.records.back().offset;
}

engine::Expected<std::vector<engine::LoggedRecord>> SimLog::take(engine::PartitionId partition,
                                                                 uint64_t offset, size_t limit,
                                                                 std::function<void()> available) {
  Shard& log = shard(partition);
  if (!durable_) {
    log.records.resize(offset);
    for (size_t i = 0; i < limit && !log.waiting.empty(); ++i) {
      log.put(std::move(log.waiting.front()), engine::LoggedRecord::Kind::Input);
      log.waiting.pop_front();
    }
  }
  std::vector<engine::LoggedRecord> taken;
  for (uint64_t at = offset; at < log.records.size() && taken.size() < limit; ++at)
    taken.push_back(log.records[at]);
  if (taken.empty()) log.available = std::move(available);
  return taken;
}

void SimLog::crash(engine::PartitionId partition, uint64_t applied) {
  Shard& log = shard(partition);
  log.available = nullptr;
  if (durable_) return;
  log.waiting.clear();
  log.records.resize(applied);
}

std::span<const engine::LoggedRecord> SimLog::applied_records(engine::PartitionId partition,
                                                              uint64_t applied) const {
  return {shards_.at(static_cast<size_t>(partition)).records.data(), static_cast<size_t>(applied)};
}

}  // namespace simulation
