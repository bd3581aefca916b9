#include "partition.h"

#include <algorithm>

namespace connectors::kafka {

namespace {
size_t bytes_of(const Work& work) {
  size_t bytes = 0;
  for (const Record& record : work.records) bytes += record.size_bytes();
  return bytes;
}
}  // namespace

Work* Partition::add(Work work) {
  const int64_t first = work.first;
  const std::string line = work.line;
  bytes_ += bytes_of(work);
  Work* added = &works_.insert_or_assign(first, std::move(work)).first->second;
  if (line.empty()) return added;
  auto& queue = lines_[line];
  queue.push_back(first);
  return queue.size() == 1 ? added : nullptr;
}

Work* Partition::find(int64_t first) {
  auto found = works_.find(first);
  return found == works_.end() ? nullptr : &found->second;
}

Work* Partition::finish(int64_t first) {
  auto found = works_.find(first);
  if (found == works_.end()) return nullptr;
  const std::string line = found->second.line;
  bytes_ -= bytes_of(found->second);
  works_.erase(found);
  auto queue = lines_.find(line);
  if (line.empty() || queue == lines_.end()) return nullptr;
  queue->second.pop_front();
  if (queue->second.empty()) {
    lines_.erase(queue);
    return nullptr;
  }
  return find(queue->second.front());
}

int64_t Partition::handled_until() const {
  int64_t until = next_offset_;
  if (!works_.empty()) until = works_.begin()->first;
  if (collecting) until = std::min(until, collecting->first);
  return until;
}

int64_t Partition::next_due_ms() const {
  int64_t due = 0;
  for (const auto& [first, work] : works_) {
    if (work.due_ms != 0 && (due == 0 || work.due_ms < due)) due = work.due_ms;
  }
  return due;
}

std::vector<Work*> Partition::due(int64_t now_ms) {
  std::vector<Work*> found;
  for (auto& [first, work] : works_) {
    if (work.due_ms != 0 && work.due_ms <= now_ms) found.push_back(&work);
  }
  return found;
}

}  // namespace connectors::kafka
