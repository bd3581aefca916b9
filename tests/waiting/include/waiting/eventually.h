// eventually(): for tests of things that happen on other threads and tell nobody. What tells somebody is
// waited for with its own condition variable or future.
#pragma once

#include <chrono>
#include <thread>

namespace waiting {

// Asks again and again until `condition` holds, for 30 s at most. False: it never did. The condition runs on
// the caller's thread.
template <class Condition>
bool eventually(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < until) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

}  // namespace waiting
