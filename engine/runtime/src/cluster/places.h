// Places: which partitions are this node's, which of them it runs, and what is to be done next. What
// Ownership decides, without its thread; the simulator runs it too. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include <engine/core/storage.h>

namespace engine::runtime::cluster {

class Places {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Places(uint16_t partitions, uint32_t node) : node_(node), places_(partitions) {}

  void set_nodes(const std::vector<uint32_t>& nodes);
  // It has stopped by itself.
  void lost(uint16_t partition, const Error& why, Time now);
  // From now on everything is to be given up.
  void stop() { stopping_ = true; }
  bool stopping() const { return stopping_; }

  struct Work {
    std::vector<uint16_t> give_up, take_over;
    bool empty() const { return give_up.empty() && take_over.empty(); }
  };
  // What is to be done at once: giving up first. It counts as done, save that every takeover is settled().
  Work due(Time now);
  // True: it was lost meanwhile, so there is something due.
  bool settled(uint16_t partition, const Expected<void>& taken, Time now);
  // When a takeover is due again; nothing: none is.
  std::optional<Time> next_retry() const;

  bool owns(PartitionId partition) const;  // runs here, or is to
  size_t held() const;
  uint64_t takeovers() const { return takeovers_; }

  static constexpr int64_t kRetryMs = 200;            // what may get better by itself
  static constexpr int64_t kRetryTroubledMs = 5'000;  // what needs a person

 private:
  struct Place {
    bool ours = false;
    bool held = false;
    bool lost = false;
    Time retry;
  };
  const uint32_t node_;
  std::vector<Place> places_;
  bool stopping_ = false;
  uint64_t takeovers_ = 0;
};

}  // namespace engine::runtime::cluster
