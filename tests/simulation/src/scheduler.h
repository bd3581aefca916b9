// Scheduler: simulated time. Everything that happens is a function with a time; the earliest runs next, equal
// times in the order they were asked for. SimClock shows this time plus whatever the clock has jumped or is
// off. SimStrand is the Strand port over it; what a dead process had posted never runs (`Process`).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include <engine/ports/time.h>

namespace simulation {

class Scheduler {
 public:
  int64_t now_ms() const { return now_ms_; }
  void after(int64_t delay_ms, std::function<void()> run) {
    events_.push({now_ms_ + std::max<int64_t>(delay_ms, 0), next_++, std::move(run)});
  }
  // False: nothing is left to happen.
  bool step() {
    if (events_.empty()) return false;
    Event event = std::move(const_cast<Event&>(events_.top()));
    events_.pop();
    now_ms_ = event.at_ms;
    event.run();
    return true;
  }

 private:
  struct Event {
    int64_t at_ms;
    uint64_t number;
    std::function<void()> run;
    bool operator<(const Event& other) const {
      return at_ms != other.at_ms ? at_ms > other.at_ms : number > other.number;
    }
  };
  std::priority_queue<Event> events_;
  int64_t now_ms_ = 0;
  uint64_t next_ = 0;
};

class SimClock : public engine::Clock {
 public:
  explicit SimClock(const Scheduler& scheduler) : scheduler_(scheduler) {}
  int64_t now_ms() const override { return kEpochMs + scheduler_.now_ms() + jumped_ms_; }
  void jump(int64_t ms) { jumped_ms_ += ms; }

 private:
  static constexpr int64_t kEpochMs = 1'767'225'600'000;  // 2026-01-01
  const Scheduler& scheduler_;
  int64_t jumped_ms_ = 0;
};

// Alive while the simulated process is; what happens in it holds a weak reference. One that is paused does
// later what would have happened meanwhile.
struct Process {
  bool paused = false;
  std::vector<std::function<void()>> held;
};
inline void run_in(const std::weak_ptr<Process>& weak, std::function<void()> work) {
  const auto process = weak.lock();
  if (!process) return;
  if (process->paused) return process->held.push_back(std::move(work));
  work();
}

class SimStrand : public engine::Strand {
 public:
  SimStrand(Scheduler& scheduler, const engine::Clock& clock, std::weak_ptr<Process> process)
      : scheduler_(scheduler), clock_(clock), process_(std::move(process)) {}

  void post(std::function<void()> work) override {
    scheduler_.after(
        0, [process = process_, work = std::move(work)]() mutable { run_in(process, std::move(work)); });
  }
  void alarm(int64_t due_ms, std::function<void()> wake) override {
    auto pending = std::make_shared<Pending>(Pending{due_ms, std::move(wake)});
    pending_ = pending;
    sleep(pending);
  }

 private:
  struct Pending {
    int64_t due_ms;
    std::function<void()> wake;
  };
  // A clock that jumps wakes nobody: sleepers look again after so long.
  static constexpr int64_t kSleepMaxMs = 300'000;
  void sleep(const std::shared_ptr<Pending>& pending) {
    const int64_t left = std::clamp<int64_t>(pending->due_ms - clock_.now_ms(), 0, kSleepMaxMs);
    scheduler_.after(left, [this, process = process_, weak = std::weak_ptr<Pending>(pending)] {
      run_in(process, [this, weak] { ring(weak); });
    });
  }
  void ring(const std::weak_ptr<Pending>& weak) {
    const auto still = weak.lock();
    if (!still) return;
    if (clock_.now_ms() < still->due_ms) return sleep(still);
    pending_.reset();
    still->wake();
  }

  Scheduler& scheduler_;
  const engine::Clock& clock_;
  std::weak_ptr<Process> process_;
  std::shared_ptr<Pending> pending_;
};

}  // namespace simulation
