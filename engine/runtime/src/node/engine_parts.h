// The inner parts of NodeEngine: one shard for each partition, and the executor with its measurements.
#pragma once

#include <chrono>
#include <optional>

#include "node_engine.h"

namespace engine::runtime {

struct NodeEngine::Shard {
  LoopSettings settings;
  std::unique_ptr<Strand> strand;
  std::unique_ptr<PartitionLoop>
      loop;  // touched on the strand alone once the threads run; null: not run here
  std::mutex known_mutex;
  std::unordered_set<std::string> known_revisions;  // registered, as far as this process knows
};

class NodeEngine::MeasuredExecutor : public ActionExecutor {
 public:
  MeasuredExecutor(ReplyRegistry& replies, TaskQueues& queues, ExecutionWatchers& watchers,
                   EngineMetrics& metrics)
      : ActionExecutor(replies, queues, watchers), metrics_(metrics) {}

  void perform(PartitionId partition, std::vector<core::Action> actions) override;
  void restarted(PartitionId partition) override;
  void halted(PartitionId partition, const Error& why) override;
  void opened(PartitionId partition) override;
  void progressed(PartitionId partition, uint64_t applied) override {
    if (neighbours) neighbours->progressed(partition, applied);
  }
  void batch_taken(PartitionId partition, size_t records) override;
  void commit_begun(PartitionId partition) override;
  void commit_ended(PartitionId partition) override;

  std::optional<std::string> halted_why(PartitionId partition) const;
  void set_halted(PartitionId partition, std::optional<std::string> why);

  Neighbours* neighbours = nullptr;  // set before the threads run

 private:
  static constexpr size_t kPartitionsMax = 1024;
  EngineMetrics& metrics_;
  std::array<std::chrono::steady_clock::time_point, kPartitionsMax> commit_begun_{};
  std::atomic<bool> any_halted_{false};
  mutable std::mutex halted_mutex_;
  std::unordered_map<uint16_t, std::string> halted_;
};

}  // namespace engine::runtime
