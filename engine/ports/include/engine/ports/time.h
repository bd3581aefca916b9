// Clock, alarms and posting: time and threads as the runtime sees them and a simulator owns them. Any thread.
#pragma once

#include <cstdint>
#include <functional>

namespace engine {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t now_ms() const = 0;  // Unix epoch; may jump
};

// Runs functions one after the other, never two at once (a strand).
class Strand {
 public:
  virtual ~Strand() = default;
  virtual void post(std::function<void()> work) = 0;
  // One pending alarm per strand: a new call replaces the earlier one. `wake` runs on the strand, at or soon
  // after `due_ms` by the Clock.
  virtual void alarm(int64_t due_ms, std::function<void()> wake) = 0;
};

}  // namespace engine
