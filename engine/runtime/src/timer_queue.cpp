#include <tuple>

#include <engine/core/mutation.h>
#include <engine/core/state_keys.h>
#include <engine/runtime/timer_queue.h>

namespace engine::runtime {

bool TimerQueue::Order::operator()(const core::TimerDue& a, const core::TimerDue& b) const {
  return std::tie(a.due_ms, a.execution, a.kind, a.scope, a.attempt) <
         std::tie(b.due_ms, b.execution, b.kind, b.scope, b.attempt);
}

TimerQueue::TimerQueue(const StoreReader& store, size_t window_max) : store_(store), window_max_(window_max) {
  reload();
}

void TimerQueue::reload() {
  window_.clear();
  // Smaller than every timer there is: all of them are still to be read.
  loaded_until_ = core::TimerDue{};
  if (mutated(Mutant::TimerLostOnRecovery)) loaded_until_.reset();
}

void TimerQueue::arm(const core::TimerDue& timer) {
  // A later one is found in the store when its turn comes.
  if (loaded_until_ && Order()(*loaded_until_, timer)) return;
  window_.insert(timer);
  if (window_.size() <= 2 * window_max_) return;
  auto cut = window_.begin();
  std::advance(cut, static_cast<std::ptrdiff_t>(window_max_));
  window_.erase(cut, window_.end());
  loaded_until_ = *window_.rbegin();
}

void TimerQueue::disarm(const core::TimerDue& timer) {
  window_.erase(timer);
}

Expected<void> TimerQueue::fill() {
  std::string begin = core::timer_key(*loaded_until_);
  begin.push_back('\0');  // the first key after it
  size_t read = 0;
  auto done = store_.scan(Table::Timers, begin, {}, false, [&](std::string_view key, std::string_view) {
    window_.insert(core::parse_timer_key(key));
    return ++read < window_max_;
  });
  if (!done) return done;
  if (read < window_max_) {
    loaded_until_.reset();
  } else {
    loaded_until_ = *window_.rbegin();
  }
  return {};
}

Expected<std::vector<core::TimerDue>> TimerQueue::take_due(int64_t now_ms, size_t limit) {
  std::vector<core::TimerDue> due;
  if (mutated(Mutant::TimerFiredEarly)) now_ms += 700;
  if (mutated(Mutant::TimerFiredLate)) now_ms -= 5'000;
  while (due.size() < limit) {
    if (window_.empty() && loaded_until_) {
      if (auto filled = fill(); !filled) return statelang::Unexpected{filled.error()};
    }
    if (window_.empty() || window_.begin()->due_ms > now_ms) break;
    due.push_back(*window_.begin());
    window_.erase(window_.begin());
  }
  return due;
}

Expected<std::optional<int64_t>> TimerQueue::next_due() {
  if (window_.empty() && loaded_until_) {
    if (auto filled = fill(); !filled) return statelang::Unexpected{filled.error()};
  }
  if (window_.empty()) return std::optional<int64_t>();
  return std::optional<int64_t>(window_.begin()->due_ms);
}

}  // namespace engine::runtime
