// Alarm: wakes one component at the earliest of the times it asked for; without a request nothing runs. Wakes
// may come with nothing due, the component looks. Thread rule: wake_by() from any thread, `wake` runs on the
// strand, which must serve nothing else with alarms (Strand has one).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include <engine/ports/time.h>

namespace engine::runtime {

class Alarm {
 public:
  Alarm(Strand& strand, std::function<void()> wake) : strand_(strand), wake_(std::move(wake)) {}

  void wake_by(int64_t due_ms) {
    {
      std::lock_guard lock(mutex_);
      if (due_ms_ && *due_ms_ <= due_ms) return;
      due_ms_ = due_ms;
    }
    // Set on the strand, so that of two threads the earlier time wins whoever comes last.
    strand_.post([this, alive = std::weak_ptr<bool>(alive_)] {
      if (alive.lock()) arm();
    });
  }

 private:
  void arm() {
    std::unique_lock lock(mutex_);
    if (!due_ms_) return;
    const int64_t due_ms = *due_ms_;
    lock.unlock();
    strand_.alarm(due_ms, [this, alive = std::weak_ptr<bool>(alive_)] {
      if (alive.lock()) fire();
    });
  }
  void fire() {
    {
      std::lock_guard lock(mutex_);
      due_ms_.reset();
    }
    wake_();
  }

  Strand& strand_;
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::optional<int64_t> due_ms_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace engine::runtime
