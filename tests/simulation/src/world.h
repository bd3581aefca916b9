// World: one simulated run. The real loop, timers, queues, replies and recovery, over a simulated log, store,
// clock, callers and workers, on one thread. A seed fixes everything.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "checks.h"
#include "express.h"
#include "faults.h"
#include "machine.h"
#include "plan.h"
#include "sim_log.h"
#include "sim_store.h"

namespace simulation {

class World {
 public:
  // `wanted`: of the faults that the seed draws only these happen; nothing: all.
  World(uint64_t seed, bool trace, const std::optional<FaultNames>& wanted = {});
  ~World();
  // Nothing: all invariants held. Otherwise what did not.
  std::optional<std::string> run();
  const RunFigures& figures() const { return figures_; }
  FaultNames faults() const { return names_of(faults_); }

 private:
  using Answered = engine::ApiResult<engine::core::Reply>;

  Faults drawn_faults(const std::optional<FaultNames>& wanted);
  void plan_execution(size_t index);
  void check_ended(size_t plan);
  void watch_erasures();
  bool nothing_to_erase() const;
  void sum_up();
  void trace(const std::string& what);
  void violate(const std::string& what);

  // callers
  void start(size_t plan, bool other_input);
  void start_answered(size_t plan, bool other_input, const Answered& answer);
  void start_once(size_t plan, bool other_input, std::function<void(const Answered&)> answered);
  void start_express(size_t plan);
  void express_answered(size_t plan, const std::string& arn, const Answered& answer);
  void observe_express(size_t plan);
  void check_definition(const Planned& plan);
  void stop(size_t plan);
  void observe(size_t plan);
  bool all_finished();
  std::optional<std::string> check_end();
  int restarts_of(engine::PartitionId partition) const {
    return recoveries_[static_cast<size_t>(partition)].count;
  }

  // workers (workers.cpp)
  void poll(int worker);
  void work(int worker, const engine::PolledTask& task);
  void beat(const engine::core::TaskId& id, int beats, int64_t interval_ms);
  void lie(const engine::core::TaskId& id);
  void send(const engine::core::TaskId& id, const Answer& answer, bool honest);

  // faults
  void crash();
  void boot();
  void restarted(engine::PartitionId partition);
  std::vector<engine::runtime::LoopSettings> loop_settings();
  void performing(const std::vector<engine::core::Action>& actions);
  void jump_clock();
  void heal();

  const bool tracing_;
  Random random_;
  Scheduler scheduler_;
  SimClock clock_{scheduler_};
  Faults faults_;
  SimLog log_;
  SimStore store_;
  std::vector<Planned> plans_;
  std::unordered_map<std::string, size_t> by_arn_;
  ExpressRuns express_{[this](size_t plan) -> const Outcome& { return plans_[plan].expected; }};
  Ledgers ledger_;
  struct Recoveries {
    std::set<uint64_t> positions;  // at which the partition forgot what was not stored
    int count = 0;                 // since the run began
  };
  std::vector<Recoveries> recoveries_;  // by partition
  std::unique_ptr<Machine> machine_;    // nothing: the engine is dead
  int workers_ = 1;
  bool healed_ = false;
  std::optional<std::string> violation_;
  RunFigures figures_;
};

}  // namespace simulation
