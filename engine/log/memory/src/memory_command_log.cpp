#include <algorithm>
#include <deque>
#include <mutex>

#include <engine/log/memory_command_log.h>

namespace engine::log {

struct MemoryCommandLog::Queue {
  mutable std::mutex mutex;
  std::deque<core::Record> records;
  std::function<void()> available;
};

MemoryCommandLog::MemoryCommandLog(uint16_t partitions, size_t records_max) : records_max_(records_max) {
  for (uint16_t i = 0; i < partitions; ++i) queues_.push_back(std::make_unique<Queue>());
}

MemoryCommandLog::~MemoryCommandLog() = default;

Expected<void> MemoryCommandLog::append(PartitionId partition, core::Record record) {
  Queue& queue = *queues_[static_cast<size_t>(partition)];
  const size_t limit = record.request == 0 ? records_max_ + kOwnRecordsMax : records_max_;
  std::function<void()> available;
  {
    std::lock_guard lock(queue.mutex);
    if (queue.records.size() >= limit) {
      return statelang::Unexpected{
          Error{ErrorKind::Full, "log_records_max: partition " + std::to_string(static_cast<int>(partition)) +
                                     " has " + std::to_string(limit) + " records waiting; try again later"}};
    }
    queue.records.push_back(std::move(record));
    available.swap(queue.available);
  }
  if (available) available();
  return {};
}

Expected<std::vector<LoggedRecord>> MemoryCommandLog::take(PartitionId partition, uint64_t offset,
                                                           size_t limit, std::function<void()> available) {
  Queue& queue = *queues_[static_cast<size_t>(partition)];
  std::vector<LoggedRecord> taken;
  std::lock_guard lock(queue.mutex);
  if (queue.records.empty()) {
    queue.available = std::move(available);
    return taken;
  }
  taken.reserve(std::min(limit, queue.records.size()));
  while (taken.size() < limit && !queue.records.empty()) {
    taken.push_back({offset++, std::move(queue.records.front())});
    queue.records.pop_front();
  }
  return taken;
}

size_t MemoryCommandLog::waiting(PartitionId partition) const {
  const Queue& queue = *queues_[static_cast<size_t>(partition)];
  std::lock_guard lock(queue.mutex);
  return queue.records.size();
}

}  // namespace engine::log
