// ThreadStrand: the Strand port on a thread of its own, for connectors that live by time. The thread sleeps
// until work is posted or the alarm is due; the alarm follows the wall clock, also when that is set.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <engine/ports/time.h>

namespace connectors::triggers {

class SystemClock : public engine::Clock {
 public:
  int64_t now_ms() const override;
};

class ThreadStrand : public engine::Strand {
 public:
  ThreadStrand();
  ~ThreadStrand() override;  // drops what has not begun
  void post(std::function<void()> work) override;
  void alarm(int64_t due_ms, std::function<void()> wake) override;
  void stop();  // idempotent; returns when nothing runs any more; not from the strand itself

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  int64_t due_ms_ = 0;
  std::function<void()> wake_;  // empty: no alarm
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace connectors::triggers
