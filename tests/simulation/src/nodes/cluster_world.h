// ClusterWorld: one simulated run of several nodes over one log and one store, on one thread. A seed fixes
// everything. Standard executions; what Express ones do is the single node's (world.h).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "nodes/cluster_faults.h"
#include "nodes/node.h"

namespace simulation {

class ClusterWorld {
 public:
  // `wanted`: of the faults that the seed draws only these happen; nothing: all.
  ClusterWorld(uint64_t seed, bool trace, const std::optional<std::vector<std::string>>& wanted = {});
  // Nothing: all invariants held. Otherwise what did not.
  std::optional<std::string> run();
  const RunFigures& figures() const { return figures_; }
  std::vector<std::string> faults() const { return names_of(faults_); }

 private:
  using Answered = engine::ApiResult<engine::core::Reply>;

  ClusterFaults drawn_faults(const std::optional<std::vector<std::string>>& wanted);
  ClusterSurroundings surroundings();
  void trace(const std::string& what);
  void violate(const std::string& what);
  void sum_up();
  std::optional<std::string> check_end();

  // callers
  void start(size_t plan, bool other_input);
  void start_answered(size_t plan, bool other_input, const Answered& answer);
  void observe(size_t plan);
  bool all_finished();
  bool lost(const Planned& plan) const { return diverged_.contains(plan.partition); }

  // workers (cluster_workers.cpp)
  void poll(int worker);
  void poll_node(int worker);
  void take_message(int worker);
  std::optional<engine::PolledTask> read_message(const std::string& message) const;
  void work(int worker, const engine::PolledTask& task);
  void beat(const engine::core::TaskId& id, int beats, int64_t interval_ms);
  void lie(const engine::core::TaskId& id);
  void send(const engine::core::TaskId& id, const Answer& answer, bool honest);
  void result_answered(const engine::core::TaskId& id, bool honest, engine::core::ReplyCode code);

  // nodes and what strikes them (cluster_strikes.cpp)
  Node* any_node();  // that runs; nothing: none does
  void boot();
  std::vector<uint32_t> listed() const;
  void list_changed();
  void publish(uint32_t from, uint32_t to, const std::string& bytes);
  void refused(engine::PartitionId partition, const engine::Error& why);
  void strike();
  void strike_node();
  void crash(size_t index);
  void pause(size_t index);
  void strike_redis(bool loses);
  void empty_redis();
  void redis_away(int64_t ms);
  void redis_back();
  void strike_broker();
  void truncate();
  void storm(int turns);
  void break_channel();
  void heal();

  struct Place {
    std::unique_ptr<Node> node;  // nothing: dead
    bool listed = false;
    bool overlooked = false;  // by a storm
    bool deaf = false;        // its channel is broken
    uint64_t life = 0;
  };

  const bool tracing_;
  Random random_;
  Scheduler scheduler_;
  SimClock clock_{scheduler_};
  ClusterFaults faults_;
  SimBroker broker_;
  SimRedis redis_;
  std::vector<Planned> plans_;
  std::unordered_map<std::string, size_t> by_arn_;
  Ledgers ledger_;
  std::vector<Place> places_;
  std::vector<int> polls_;                  // by worker: its last one
  std::set<engine::PartitionId> diverged_;  // halted, because the log had lost what was applied
  uint32_t next_number_ = 1;
  bool healed_ = false;
  std::optional<std::string> violation_;
  RunFigures figures_;
};

}  // namespace simulation
