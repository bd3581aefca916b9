// ClusterWorld: one simulated run of several nodes over one log and one store, on one thread. A seed fixes
// everything. Standard executions; what Express ones do is the single node's (world.h).
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nodes/cluster_faults.h"
#include "nodes/node.h"
#include "simulated_run.h"

namespace simulation {

class ClusterWorld : public SimulatedRun {
 public:
  // `wanted`: of the faults that the seed draws only these happen; nothing: all.
  ClusterWorld(uint64_t seed, bool trace, const std::optional<std::vector<std::string>>& wanted = {});
  // Nothing: all invariants held. Otherwise what did not.
  std::optional<std::string> run();
  std::vector<std::string> faults() const { return names_of(faults_); }

 private:
  Desk* desk() override { return any_node(); }
  bool lost(engine::PartitionId partition) const override { return diverged_.contains(partition); }
  bool all_finished() override;
  void acknowledged(size_t plan) override;

  ClusterFaults drawn_faults(const std::optional<std::vector<std::string>>& wanted);
  ClusterSurroundings surroundings();
  void sum_up();
  std::optional<std::string> check_end();

  void observe(size_t plan);

  // how workers get tasks (cluster_workers.cpp)
  void poll(int worker);
  void poll_node(int worker);
  void take_message(int worker);
  std::optional<engine::PolledTask> read_message(const std::string& message) const;

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

  ClusterFaults faults_;
  SimBroker broker_;
  SimRedis redis_;
  std::vector<Place> places_;
  std::vector<int> polls_;                  // by worker: its last one
  std::set<engine::PartitionId> diverged_;  // halted, because the log had lost what was applied
  uint32_t next_number_ = 1;
};

}  // namespace simulation
