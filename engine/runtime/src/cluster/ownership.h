// Ownership: makes this node run the partitions that are its own. One thread does what takes time: taking
// partitions over (all that are due at once), giving them up, trying again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <engine/core/storage.h>

namespace engine::runtime::cluster {

class Ownership {
 public:
  struct Hands {
    std::function<Expected<void>(PartitionId)> take_over;  // from several threads at once
    std::function<void(PartitionId)> give_up;              // also when take_over() has failed half-way
    // Why the partition does not run here although it should; empty: it does again.
    std::function<void(PartitionId, const std::string& why)> troubled;
  };
  Ownership(uint16_t partitions, uint32_t node, Hands hands);
  ~Ownership() { stop(); }

  void start();
  void set_nodes(std::vector<uint32_t> nodes);
  // The partition has stopped by itself: it is given up, and taken over again if it is still our own.
  void lost(PartitionId partition, const Error& why);
  // Gives up all. Blocks.
  void stop();

  bool owns(PartitionId partition) const;  // runs here, or is to
  size_t held() const;
  uint64_t takeovers() const;

  static constexpr int64_t kRetryMs = 200;            // what may get better by itself
  static constexpr int64_t kRetryTroubledMs = 5'000;  // what needs a person

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Place {
    bool ours = false;
    bool held = false;
    bool lost = false;
    Time retry;
  };
  struct Work {
    std::vector<uint16_t> give_up, take_over;
  };
  void run();
  Work due(Time now);
  void do_work(const Work& work);
  void settle(uint16_t partition, const Expected<void>& taken);
  Time retry_after(const Error& why) const;

  const uint32_t node_;
  const Hands hands_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Place> places_;
  bool changed_ = false;
  bool stopping_ = false;
  uint64_t takeovers_ = 0;
  std::thread thread_;
};

}  // namespace engine::runtime::cluster
