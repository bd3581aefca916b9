#include <algorithm>
#include <chrono>
#include <utility>

#include <connectors/triggers/thread_strand.h>

namespace connectors::triggers {

using std::chrono::milliseconds;
using std::chrono::system_clock;

namespace {

// A clock that is corrected by less has not been put back.
constexpr int64_t kPutBackMs = 1'000;

const SystemClock kSystemClock{};

}  // namespace

int64_t SystemClock::now_ms() const {
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

ThreadStrand::ThreadStrand(const engine::Clock* clock, int64_t look_ms)
    : clock_(clock != nullptr ? *clock : kSystemClock), look_ms_(look_ms), thread_([this] { run(); }) {}
ThreadStrand::~ThreadStrand() {
  stop();
}

void ThreadStrand::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void ThreadStrand::post(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  work_.push_back(std::move(work));
  changed_.notify_all();
}

void ThreadStrand::alarm(int64_t due_ms, std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  due_ms_ = due_ms;
  looked_ms_ = clock_.now_ms();
  wake_ = std::move(wake);
  changed_.notify_all();
}

bool ThreadStrand::alarm_rings() {
  const int64_t before_ms = std::exchange(looked_ms_, clock_.now_ms());
  return looked_ms_ >= due_ms_ || looked_ms_ < before_ms - kPutBackMs;
}

void ThreadStrand::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::function<void()> next;
    if (!work_.empty()) {
      next = std::move(work_.front());
      work_.pop_front();
    } else if (wake_ && alarm_rings()) {
      next = std::move(wake_);
      wake_ = nullptr;
    } else if (wake_) {
      // By the steady clock, in short turns: it is not set, and so what happens to the other one is seen.
      changed_.wait_for(lock, milliseconds(std::min(due_ms_ - looked_ms_, look_ms_)));
      continue;
    } else {
      changed_.wait(lock);
      continue;
    }
    lock.unlock();
    next();
    lock.lock();
  }
}

}  // namespace connectors::triggers
