// ThreadStrand: the Strand port on a thread of its own, for connectors that live by time. The thread sleeps
// until work is posted or the alarm is due. The alarm follows the wall clock: put forward past the alarm it
// rings at the next look at it, put back it rings too, early, so that its owner can plan anew.
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
  // While an alarm is pending the clock is looked at every `look_ms` at least. It must outlive the strand;
  // without one the system's is used.
  static constexpr int64_t kLookMs = 15'000;
  explicit ThreadStrand(const engine::Clock* clock = nullptr, int64_t look_ms = kLookMs);
  ~ThreadStrand() override;  // drops what has not begun
  void post(std::function<void()> work) override;
  void alarm(int64_t due_ms, std::function<void()> wake) override;
  void stop();  // idempotent; returns when nothing runs any more; not from the strand itself

 private:
  void run();
  bool alarm_rings();

  const engine::Clock& clock_;
  const int64_t look_ms_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  int64_t due_ms_ = 0;
  int64_t looked_ms_ = 0;       // what the clock showed last, while the alarm was pending
  std::function<void()> wake_;  // empty: no alarm
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace connectors::triggers
