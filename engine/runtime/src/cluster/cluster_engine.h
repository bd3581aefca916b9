// ClusterEngine: one node. Calls are appended to the shared log whoever owns their partition; the owner tells
// the appending node the answer over a channel. Which partitions run here is Ownership's to say.
#pragma once

#include <engine/log/kafka_command_log.h>
#include <engine/store/redis_channels.h>
#include <engine/store/redis_members.h>

#include "../node/engine_parts.h"
#include "../node/node_engine.h"
#include "log_trimmer.h"
#include "ownership.h"
#include "remote_polls.h"
#include "task_publisher.h"

namespace engine::runtime::cluster {

struct ClusterOptions {
  TaskPublisherSettings tasks;
  LogTrimSettings trim;
  std::function<void(const std::string& line)> notice;
};

class ClusterEngine : public NodeEngine, private Neighbours {
 public:
  // `log` and `store` are those in `parts`.
  ClusterEngine(EmbeddedSettings settings, Parts parts, log::KafkaCommandLog& log, store::RedisStore& store,
                store::RedisSettings redis, ClusterOptions options);
  ~ClusterEngine() override;

  Expected<void> start() override;
  void stop() override;

  void poll_tasks(PollTasksRequest, ApiCallback<std::vector<PolledTask>>) override;
  void end_abandoned_now(const std::string& queue) override;
  void heartbeat_task(std::string token, ApiCallback<HeartbeatAnswer>) override;
  void renew_leases(const std::vector<std::string>& tokens) override;
  bool ready(std::string& reason) const override;
  void append_metrics(std::string& prometheus_text) const override;

  // A record that the log had accepted is not in it, or perhaps is. Any thread.
  void record_failed(PartitionId partition, uint64_t request, const Error& why);

 private:
  // Of one partition, for metrics and readiness.
  struct Progress {
    std::atomic<bool> open{false};
    std::atomic<uint64_t> applied{0};
    std::atomic<uint64_t> claim{0};
    std::atomic<uint64_t> begin{0};  // applied when it was taken over
    std::atomic<int64_t> begun_ms{0};
  };

  // Neighbours: on the partition's strand.
  bool runs_here(PartitionId partition) const override {
    return progress_[static_cast<size_t>(partition)].open;
  }
  void share(PartitionId partition, std::vector<core::Action>& actions) override;
  void restarted(PartitionId partition) override;
  void halted(PartitionId partition, const Error& why) override;
  void opened(PartitionId partition) override;
  void progressed(PartitionId partition, uint64_t applied) override;

  std::optional<TaskQueues::Delivery> delivered_elsewhere(const core::TaskId& id) override;
  Expected<void> take_over(PartitionId partition);
  void give_up(PartitionId partition);
  // Runs on the partition's strand and waits; `then` must be called once it is done.
  void on_strand(PartitionId partition, const std::function<void(Shard&, std::function<void()> then)>& work);
  void store_was_away();
  void nodes_changed(std::vector<uint32_t> nodes);
  void received(std::string_view bytes);
  void take(const Changes& changes);
  void take(const PartitionOpened& opened);
  bool publish(core::Action& action);
  void to_all(const NodeMessage& message);
  void to(uint32_t node, const NodeMessage& message);
  struct LogSize {
    uint64_t records = 0;  // in the log
    uint64_t lag = 0;      // of these, not applied
  };
  LogSize log_size() const;
  void append_log_metrics(std::string& text) const;
  void append_redis_metrics(std::string& text) const;

  log::KafkaCommandLog& kafka_;
  store::RedisStore& redis_;
  const store::RedisSettings redis_settings_;
  RemotePolls polls_;
  TaskPublisher publisher_;
  std::vector<Progress> progress_;
  LogTrimmer trimmer_;
  std::atomic<size_t> others_{0};
  std::atomic<bool> joined_{false};
  Counter fenced_;
  Counter rebalances_, replayed_records_, replay_ms_;
  Counter lost_messages_;
  std::unique_ptr<Ownership> ownership_;
  std::unique_ptr<store::RedisChannels> channels_;
  std::unique_ptr<store::RedisMembers> members_;
};

}  // namespace engine::runtime::cluster
