// Node: one life of one simulated process of a cluster: the real loops, queues, replies, polls, publisher,
// trimmer and decisions about ownership, over its clients of the simulated Kafka and Redis. It ends with its
// destruction; what it had posted then never runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <engine/runtime/action_executor.h>

#include "checks.h"
#include "cluster/log_trimmer.h"
#include "cluster/places.h"
#include "cluster/remote_polls.h"
#include "cluster/task_publisher.h"
#include "nodes/sim_broker.h"
#include "nodes/sim_redis.h"
#include "simulated_run.h"

namespace simulation {

// This machine's clock.
class NodeClock : public engine::Clock {
 public:
  NodeClock(const SimClock& clock, int64_t off_ms) : clock_(clock), off_ms_(off_ms) {}
  int64_t now_ms() const override { return clock_.now_ms() + off_ms_; }

 private:
  const SimClock& clock_;
  const int64_t off_ms_;
};

struct ClusterSurroundings {
  Scheduler& scheduler;
  Random& random;
  const SimClock& clock;
  SimBroker& broker;
  SimRedis& redis;
  // Bytes for another node; 0: for all others.
  std::function<void(uint32_t from, uint32_t to, std::string bytes)> publish;
  std::function<void(engine::PartitionId, const engine::Error&)> refused;  // at a takeover
  std::function<void(engine::PartitionId)> opened;
};

struct NodeSettings {
  uint32_t number = 1;
  int64_t clock_off_ms = 0;
  uint32_t transitions_max = 1000;
  bool topics = false;       // tasks go to Kafka
  uint64_t trim_margin = 0;  // 0: nothing is trimmed
};

class Node : public engine::runtime::ActionExecutor, public Desk {
 public:
  Node(const ClusterSurroundings& surroundings, const NodeSettings& settings);

  uint32_t number() const { return settings_.number; }
  const engine::Clock& clock() const override { return clock_; }
  const std::shared_ptr<Process>& process() const { return process_; }
  void pause() { process_->paused = true; }
  void resume();

  void submit(engine::PartitionId partition, engine::core::RecordBody body,
              engine::ApiCallback<engine::core::Reply> done) override;
  void append(engine::PartitionId partition, engine::core::RecordBody body) override;
  void poll(engine::PollTasksRequest request, engine::ApiCallback<std::vector<engine::PolledTask>> done);
  std::optional<engine::runtime::TaskQueues::Delivery> delivery(
      const engine::core::TaskId& id) const override;
  void renew(const engine::core::TaskId& id) override;
  void withdraw(const engine::core::TaskId& id) override { queues_.withdraw(id); }

  // What happens to it. Call them in its process.
  void nodes_changed(const std::vector<uint32_t>& nodes);
  void received(std::string_view bytes);
  void channel_was_away();

  uint64_t takeovers() const { return places_.takeovers(); }
  bool idle() const;

 private:
  struct Shard {
    std::unique_ptr<SimStrand> strand;
    std::unique_ptr<engine::runtime::PartitionLoop> loop;
  };
  using Settled = std::function<void(engine::Expected<void>)>;

  // World
  void perform(engine::PartitionId partition, std::vector<engine::core::Action> actions) override;
  void restarted(engine::PartitionId partition) override;
  void halted(engine::PartitionId partition, const engine::Error& why) override;
  void opened(engine::PartitionId partition) override;

  Shard& shard(engine::PartitionId partition) { return shards_.at(static_cast<size_t>(partition)); }
  bool runs(engine::PartitionId partition) {
    return shard(partition).loop && shard(partition).loop->running();
  }
  void after(int64_t delay_ms, std::function<void()> work);
  void soon(std::function<void()> work);
  engine::runtime::cluster::Places::Time now() const;
  void look();
  void give_up_all(engine::runtime::cluster::Places::Work work);
  void take_over_all(const std::vector<uint16_t>& partitions);
  void take_over(engine::PartitionId partition, const Settled& settled);
  void attach(engine::PartitionId partition, const engine::AppliedPosition& position, const Settled& settled);
  void begin(engine::PartitionId partition, uint64_t claim, const Settled& settled);
  void give_up(engine::PartitionId partition, const std::function<void()>& done);
  void record_failed(engine::PartitionId partition, uint64_t request, const engine::Error& why);
  bool share(engine::PartitionId partition, std::vector<engine::core::Action>& actions);
  void tell(uint32_t node, const engine::runtime::cluster::NodeMessage& message);
  void publish_tasks();
  void trim_all();

  const ClusterSurroundings surroundings_;
  const NodeSettings settings_;
  const NodeClock clock_;
  std::shared_ptr<Process> process_;
  SimStrand reply_strand_, queue_strand_, watcher_strand_;
  SimKafkaLog log_;
  RedisClient store_;
  engine::runtime::ReplyRegistry replies_;
  engine::runtime::TaskQueues queues_;
  engine::runtime::ExecutionWatchers watchers_;
  engine::runtime::cluster::RemotePolls polls_;
  engine::runtime::cluster::TaskPublisher publisher_;
  engine::runtime::cluster::LogTrimmer trimmer_;
  engine::runtime::cluster::Places places_;
  std::vector<Shard> shards_;
  bool working_ = false;     // takes over or gives up
  bool publishing_ = false;  // a round of the publisher is due
};

}  // namespace simulation
