// TimerQueue: the timers of one partition. The store (Table::Timers) holds all of them; this holds only the
// earliest `window_max`, so that a million sleepers cost no memory. PartitionLoop tells it what was armed and
// disarmed by a commit and asks what is due.
//
// A timer may be given out twice (after a restart, or when the store is read between a commit and its
// actions); Partition::apply ignores a timer that is not in the store any more. It is never given out early.
// Thread rule: the partition's strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include <engine/core/record.h>
#include <engine/core/storage.h>

namespace engine::runtime {

class TimerQueue {
 public:
  explicit TimerQueue(const StoreReader& store, size_t window_max = 4096);

  void arm(const core::TimerDue& timer);
  void disarm(const core::TimerDue& timer);

  // The timers due at `now_ms`, at most `limit`, earliest first; they are forgotten here.
  Expected<std::vector<core::TimerDue>> take_due(int64_t now_ms, size_t limit);
  // Takes back what take_due() gave and could not be used.
  void put_back(const core::TimerDue& timer) { arm(timer); }

  // When take_due() has something again; nothing: no timer at all.
  Expected<std::optional<int64_t>> next_due();

  // Forgets the window: everything is read from the store again.
  void reload();
  size_t window_size() const { return window_.size(); }

 private:
  struct Order {
    bool operator()(const core::TimerDue& a, const core::TimerDue& b) const;
  };
  Expected<void> fill();

  const StoreReader& store_;
  size_t window_max_;
  std::set<core::TimerDue, Order> window_;
  // Stored timers up to this one are in the window or were given out; later ones may be in the store alone.
  // Nothing: the window has them all.
  std::optional<core::TimerDue> loaded_until_;
};

}  // namespace engine::runtime
