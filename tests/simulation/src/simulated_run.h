// SimulatedRun: what the runs of one process (World) and of a cluster (ClusterWorld) have in common: the
// clock, the dice, the planned executions, the ledger, and callers and workers over a Desk. A seed fixes
// everything. The order of draws is part of it: who changes it gives every seed another course of events.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <engine/runtime/task_queues.h>

#include "figures.h"
#include "plan.h"
#include "random.h"
#include "scheduler.h"

namespace simulation {

// Where callers and workers come to: the engine process, or one node of a cluster.
class Desk {
 public:
  virtual ~Desk() = default;
  virtual const engine::Clock& clock() const = 0;
  virtual void submit(engine::PartitionId partition, engine::core::RecordBody body,
                      engine::ApiCallback<engine::core::Reply> done) = 0;
  // Nobody waits for the answer.
  virtual void append(engine::PartitionId partition, engine::core::RecordBody body) = 0;
  virtual std::optional<engine::runtime::TaskQueues::Delivery> delivery(
      const engine::core::TaskId& id) const = 0;
  virtual void renew(const engine::core::TaskId& id) = 0;
  virtual void withdraw(const engine::core::TaskId& id) = 0;

 protected:
  engine::runtime::TaskQueues::ReportStarted started_reporter();
};

// What workers do wrong, of 100 times.
// Nothing: not even drawn.
struct WorkerFaults {
  std::optional<int> vanish;
  std::optional<int> skip;  // heartbeats that are not sent
  int duplicate = 0;
  int late = 0;
  int lie = 0;
};

class SimulatedRun {
 public:
  const RunFigures& figures() const { return figures_; }

 protected:
  using Answered = engine::ApiResult<engine::core::Reply>;

  SimulatedRun(uint64_t seed, bool trace) : tracing_(trace), random_(mix(seed + 1)) {}
  virtual ~SimulatedRun() = default;

  // Nothing: nobody is there now.
  virtual Desk* desk() = 0;
  // True: nothing is asked of this partition any more.
  virtual bool lost(engine::PartitionId) const { return false; }
  virtual void between_steps() {}
  virtual bool at_rest() const { return true; }  // when all executions have been finished for a while
  virtual bool all_finished() = 0;
  // A caller knows for the first time that the execution has begun.
  virtual void acknowledged(size_t plan) = 0;

  // Until all is over, or something is violated.
  void run_to_rest(uint64_t steps_max);
  void trace(const std::string& what);
  void violate(const std::string& what);

  // callers
  void start(size_t plan, bool other_input);
  void start_at(Desk& desk, size_t plan, bool other_input, std::function<void(const Answered&)> answered);
  void start_answered(size_t plan, bool other_input, const Answered& answer);
  void check_definition(const Planned& plan);

  // workers (workers.cpp)
  void work(int worker, const engine::PolledTask& task);
  void beat(const engine::core::TaskId& id, int beats, int64_t interval_ms);
  void beat_accepted(const engine::core::TaskId& id, bool was_over, int64_t sent_ms);
  void lie(const engine::core::TaskId& id);
  void send(const engine::core::TaskId& id, const Answer& answer, bool honest);
  void result_answered(const engine::core::TaskId& id, bool honest, engine::core::ReplyCode code);

  const bool tracing_;
  Random random_;
  Scheduler scheduler_;
  SimClock clock_{scheduler_};
  WorkerFaults worker_faults_;
  std::vector<Planned> plans_;
  std::unordered_map<std::string, size_t> by_arn_;
  Ledgers ledger_;
  bool healed_ = false;
  std::optional<std::string> violation_;
  RunFigures figures_;
};

}  // namespace simulation
