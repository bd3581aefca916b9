// World: one simulated run. The real loop, timers, queues, replies and recovery, over a simulated log, store,
// clock and workers, on one thread. Which faults happen is drawn from the seed (swarm testing: a random
// subset, so that some runs have one fault only and others all of them).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <engine/runtime/action_executor.h>

#include "program.h"
#include "sim_log.h"
#include "sim_store.h"

namespace simulation {

struct Faults {
  bool durable_log = false;
  int crash_every_steps = 0;  // 0: never
  StoreFaults store;
  bool clock_jumps = false;
  int vanish_percent = 0;     // a worker takes a task and is never heard of again
  int duplicate_percent = 0;  // a result is sent a second time, later
  int late_percent = 0;       // a result takes up to a minute
  int lie_percent = 0;        // results for attempts that are over or never were; a second, other result
  int stop_percent = 0;       // executions stopped by the caller
  bool unleased = false;
  uint32_t transitions_max = 1000;
};
Faults random_faults(Random& random);
// How late a timer may be; nothing: crashes, jumps of the clock or failed commits are to come.
std::optional<int64_t> lateness_max_ms(const Faults& faults);

// What one execution is to do and what is known of it.
struct Planned {
  Program program;
  uint64_t seed = 0;
  std::string name, arn, revision;
  statelang::Value input;
  Outcome expected;
  bool acknowledged = false;
  bool stop_sent = false;
  bool finished = false;
  std::string told;  // status and output as first read: must never change
};

struct Ledger {
  uint32_t deliveries = 0;
  uint32_t accepted = 0;
  Answer answer;
};

struct RunFigures {
  uint64_t steps = 0, executions = 0, compared = 0, crashes = 0, redeliveries = 0, duplicates = 0, lies = 0,
           clock_jumps = 0, vanished = 0, tasks = 0, refused = 0;
  StoreFigures store;
};

class World {
 public:
  World(uint64_t seed, bool trace);
  ~World();
  // Nothing: all invariants held. Otherwise what did not.
  std::optional<std::string> run();
  const RunFigures& figures() const { return figures_; }

 private:
  class Machine;  // one life of the engine process
  friend class Machine;

  void trace(const std::string& what);
  void violate(const std::string& what);

  // callers
  void start(size_t plan, bool other_input);
  void start_answered(size_t plan, bool other_input, const engine::ApiResult<engine::core::Reply>& answer);
  void stop(size_t plan);
  void observe(size_t plan);
  bool all_finished();

  // workers
  void poll(int worker);
  void work(int worker, const engine::PolledTask& task);
  void send(const engine::core::TaskId& id, const Answer& answer, bool honest,
            std::function<void()> accepted);

  // faults
  void crash();
  void boot();
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
  std::map<std::string, Ledger> ledger_;
  std::unique_ptr<Machine> machine_;
  int workers_ = 1;
  bool healed_ = false;
  std::optional<std::string> violation_;
  RunFigures figures_;
};

// The invariants over what is left at the end (checks.cpp). Nothing: they hold. `lateness_max_ms`: of timers,
// in a run without a fault that could explain more.
std::optional<std::string> check_store(const Tables& tables, const std::vector<Planned>& plans,
                                       std::optional<int64_t> lateness_max_ms, uint64_t& compared);
std::optional<std::string> check_replay(const SimLog& log, const SimStore& store,
                                        const engine::core::PartitionSettings& settings);
// Status and output or error as one line; empty: not finished, or not there.
std::string read_outcome(const Tables& tables, const std::string& arn);
engine::core::PartitionSettings partition_settings(uint32_t transitions_max);
std::string task_name(const engine::core::TaskId& id);

}  // namespace simulation
