#include <algorithm>
#include <vector>

#include <engine/runtime/execution_watchers.h>

namespace engine::runtime {

ExecutionWatchers::ExecutionWatchers(Strand& strand, const Clock& clock)
    : clock_(clock), deadlines_(strand, [this] { expire(); }) {}

uint64_t ExecutionWatchers::watch(const std::string& execution_arn, Event event, int64_t wait_ms,
                                  ApiCallback<Seen> done) {
  const int64_t until_ms = clock_.now_ms() + std::max<int64_t>(wait_ms, 0);
  std::unique_lock lock(mutex_);
  const uint64_t number = next_++;
  if (closed_) {
    lock.unlock();
    done(statelang::Unexpected{ApiError{ApiErrorCode::ShuttingDown, "the engine is stopping", {}}});
    return number;
  }
  watchers_.emplace(number, Watcher{execution_arn, event, until_ms, std::move(done)});
  by_execution_.emplace(execution_arn, number);
  deadlines_.add(until_ms, number);
  return number;
}

ApiCallback<ExecutionWatchers::Seen> ExecutionWatchers::take(uint64_t number) {
  std::lock_guard lock(mutex_);
  auto found = watchers_.find(number);
  if (found == watchers_.end()) return nullptr;
  ApiCallback<Seen> done = std::move(found->second.done);
  auto [begin, end] = by_execution_.equal_range(found->second.execution_arn);
  by_execution_.erase(std::find_if(begin, end, [&](const auto& entry) { return entry.second == number; }));
  deadlines_.remove(found->second.until_ms, number);
  watchers_.erase(found);
  return done;
}

void ExecutionWatchers::answer(uint64_t watcher) {
  if (auto done = take(watcher)) done(Seen{true, {}, nullptr});
}

void ExecutionWatchers::forget(uint64_t watcher) {
  (void)take(watcher);
}

void ExecutionWatchers::changed(const core::ExecutionChanged& change) {
  std::vector<uint64_t> affected;
  {
    std::lock_guard lock(mutex_);
    if (watchers_.empty()) return;
    auto [begin, end] = by_execution_.equal_range(change.execution_arn);
    for (auto entry = begin; entry != end; ++entry) {
      if (change.finished || watchers_.at(entry->second).event == Event::Change)
        affected.push_back(entry->second);
    }
  }
  std::sort(affected.begin(), affected.end());
  for (uint64_t watcher : affected) {
    if (auto done = take(watcher)) done(Seen{true, change.execution, change.end});
  }
}

void ExecutionWatchers::expire() {
  std::vector<uint64_t> late;
  {
    std::lock_guard lock(mutex_);
    late = deadlines_.due(clock_.now_ms());
  }
  for (uint64_t watcher : late) {
    if (auto done = take(watcher)) done(Seen{});
  }
}

void ExecutionWatchers::close() {
  std::vector<uint64_t> open;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [number, watcher] : watchers_) open.push_back(number);
  }
  std::sort(open.begin(), open.end());
  for (uint64_t watcher : open) {
    if (auto done = take(watcher)) {
      done(statelang::Unexpected{ApiError{ApiErrorCode::ShuttingDown, "the engine is stopping", {}}});
    }
  }
}

}  // namespace engine::runtime
