#include <chrono>

#include <connectors/triggers/thread_strand.h>

namespace connectors::triggers {

using std::chrono::milliseconds;
using std::chrono::system_clock;

int64_t SystemClock::now_ms() const {
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

ThreadStrand::ThreadStrand() : thread_([this] { run(); }) {}
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
  wake_ = std::move(wake);
  changed_.notify_all();
}

void ThreadStrand::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::function<void()> next;
    auto due = system_clock::time_point(milliseconds(due_ms_));
    if (!work_.empty()) {
      next = std::move(work_.front());
      work_.pop_front();
    } else if (wake_ && system_clock::now() >= due) {
      next = std::move(wake_);
      wake_ = nullptr;
    } else if (wake_) {
      changed_.wait_until(lock, due);
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
