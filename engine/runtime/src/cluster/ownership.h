// Ownership: makes this node run the partitions that are its own. One thread does what takes time: taking
// partitions over (all that are due at once), giving them up, trying again.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <engine/core/storage.h>

#include "places.h"

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
  void set_nodes(const std::vector<uint32_t>& nodes);
  // The partition has stopped by itself: it is given up, and taken over again if it is still our own.
  void lost(PartitionId partition, const Error& why);
  // Gives up all. Blocks.
  void stop();

  bool owns(PartitionId partition) const;  // runs here, or is to
  size_t held() const;
  uint64_t takeovers() const;

 private:
  void run();
  void do_work(const Places::Work& work);
  void settle(uint16_t partition, const Expected<void>& taken);

  const Hands hands_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Places places_;
  bool changed_ = false;
  std::thread thread_;
};

}  // namespace engine::runtime::cluster
