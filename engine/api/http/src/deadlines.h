// Deadlines: which connection has waited too long, without a timer for each. Every phase has one constant
// limit, so its connections stand in the order they entered, and the front is due first. Entering and leaving
// are a few pointer writes. One thread.
#pragma once

#include <array>
#include <cstdint>

#include <boost/intrusive/list.hpp>

namespace engine::http {

enum class Phase : uint8_t { Idle, Header, Body, Write, Linger };
inline constexpr size_t kPhases = 5;

struct DeadlineEntry
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  int64_t due_ms = 0;
};

class Deadlines {
 public:
  explicit Deadlines(std::array<int64_t, kPhases> limits_ms) : limits_ms_(limits_ms) {}

  void enter(DeadlineEntry& entry, Phase phase, int64_t now_ms) {
    entry.unlink();
    const auto index = static_cast<size_t>(phase);
    entry.due_ms = now_ms + limits_ms_[index];
    waiting_[index].push_back(entry);
  }

  // The next entry that is due, taken out; nullptr when none is.
  DeadlineEntry* take_due(int64_t now_ms) {
    for (auto& list : waiting_) {
      if (list.empty() || list.front().due_ms > now_ms) continue;
      DeadlineEntry& entry = list.front();
      entry.unlink();
      return &entry;
    }
    return nullptr;
  }

  // When to look again; 0: nobody waits.
  int64_t next_ms() const {
    int64_t next = 0;
    for (const auto& list : waiting_) {
      if (!list.empty() && (next == 0 || list.front().due_ms < next)) next = list.front().due_ms;
    }
    return next;
  }

  // Who entered the phase first, and at least `age_ms` ago; nullptr: nobody.
  DeadlineEntry* oldest(Phase phase, int64_t age_ms, int64_t now_ms) {
    const auto index = static_cast<size_t>(phase);
    auto& list = waiting_[index];
    if (list.empty() || list.front().due_ms - limits_ms_[index] > now_ms - age_ms) return nullptr;
    return &list.front();
  }

  template <class Visit>
  void for_each(Phase phase, Visit visit) {
    auto& list = waiting_[static_cast<size_t>(phase)];
    for (auto it = list.begin(); it != list.end();) visit(*it++);  // `visit` may take it out
  }

 private:
  using List = boost::intrusive::list<DeadlineEntry, boost::intrusive::constant_time_size<false>>;
  std::array<int64_t, kPhases> limits_ms_;
  std::array<List, kPhases> waiting_;
};

}  // namespace engine::http
