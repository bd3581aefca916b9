// Time and threads that a test turns by hand.
#pragma once

#include <deque>
#include <functional>
#include <optional>

#include <engine/ports/time.h>

namespace engine::runtime::tests {

struct HandClock : Clock {
  int64_t now = 1'000'000;
  int64_t now_ms() const override { return now; }
};

struct HandStrand : Strand {
  std::deque<std::function<void()>> posted;
  std::optional<int64_t> alarm_ms;
  std::function<void()> wake;

  void post(std::function<void()> work) override { posted.push_back(std::move(work)); }
  void alarm(int64_t due_ms, std::function<void()> call) override {
    alarm_ms = due_ms;
    wake = std::move(call);
  }
  void run() {
    while (!posted.empty()) {
      auto work = std::move(posted.front());
      posted.pop_front();
      work();
    }
  }
  // Moves the clock to the alarm and lets it ring. False: there is none.
  bool ring(HandClock& clock) {
    run();
    if (!alarm_ms) return false;
    clock.now = std::max(clock.now, *alarm_ms);
    alarm_ms.reset();
    std::exchange(wake, nullptr)();
    run();
    return true;
  }
};

}  // namespace engine::runtime::tests
