// World: one simulated run. The real loop, timers, queues, replies and recovery, over a simulated log, store,
// clock, callers and workers, on one thread. A seed fixes everything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checks.h"
#include "express.h"
#include "faults.h"
#include "machine.h"
#include "sim_log.h"
#include "sim_store.h"
#include "simulated_run.h"

namespace simulation {

class World : public SimulatedRun {
 public:
  // `wanted`: of the faults that the seed draws only these happen; nothing: all.
  World(uint64_t seed, bool trace, const std::optional<FaultNames>& wanted = {});
  ~World() override;
  // Nothing: all invariants held. Otherwise what did not.
  std::optional<std::string> run();
  FaultNames faults() const { return names_of(faults_); }

 private:
  Desk* desk() override { return machine_.get(); }
  void between_steps() override;
  bool at_rest() const override;
  bool all_finished() override;
  void acknowledged(size_t plan) override;

  Faults drawn_faults(const std::optional<FaultNames>& wanted);
  void plan_execution(size_t index);
  void check_ended(size_t plan);
  void watch_erasures();
  void sum_up();

  // callers
  void start_express(size_t plan);
  void express_answered(size_t plan, const std::string& arn, const Answered& answer);
  void observe_express(size_t plan);
  void stop(size_t plan);
  void observe(size_t plan);
  std::optional<std::string> check_end();
  int restarts_of(engine::PartitionId partition) const {
    return recoveries_[static_cast<size_t>(partition)].count;
  }

  void poll(int worker);

  // faults
  void crash();
  void boot();
  void restarted(engine::PartitionId partition);
  std::vector<engine::runtime::LoopSettings> loop_settings();
  void performing(const std::vector<engine::core::Action>& actions);
  void jump_clock();
  void heal();

  Faults faults_;
  SimLog log_;
  SimStore store_;
  ExpressRuns express_{[this](size_t plan) -> const Outcome& { return plans_[plan].expected; }};
  struct Recoveries {
    std::set<uint64_t> positions;  // at which the partition forgot what was not stored
    int count = 0;                 // since the run began
  };
  std::vector<Recoveries> recoveries_;  // by partition
  std::unique_ptr<Machine> machine_;    // nothing: the engine is dead
  int workers_ = 1;
};

}  // namespace simulation
