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

#include "express.h"
#include "faults.h"
#include "machine.h"
#include "program.h"
#include "sim_log.h"
#include "sim_store.h"

namespace simulation {

inline constexpr int64_t kAnswerPatienceMs = 45'000;  // one that was told nothing tries again

// Express executions have a new ARN with every attempt to start one, as a client's retries have.
enum class PlanKind : uint8_t { Standard, Express, SyncExpress };

// What one execution is to do and what is known of it.
struct Planned {
  PlanKind kind = PlanKind::Standard;
  engine::PartitionId partition{};
  Program program;
  std::string definition;  // of the program
  uint64_t seed = 0;
  std::string name, arn, revision;  // Express: `arn` is the last attempt's
  int attempts = 0;                 // to start it
  statelang::Value input;
  Outcome expected;
  bool acknowledged = false;
  bool stop_sent = false;
  bool finished = false;
  std::string told;  // status and output as first read: must never change
  // With a retention time: looked through at its end, before it goes.
  bool checked = false;
  bool erased = false;
  int64_t erased_from_ms = 0;  // not before this
};

// One attempt of a task as the workers know it. Times are those of the engine's clock.
struct Ledger {
  uint32_t deliveries = 0;
  uint32_t accepted = 0;
  Answer answer;
  std::string arn, state;
  int64_t scheduled_ms = 0;
  int64_t heartbeat_ms = 0;      // its interval; 0: none
  int64_t beat_sent_ms = 0;      // the last heartbeat that was accepted
  int64_t beat_answered_ms = 0;  // ... and when the worker was told so
};
using Ledgers = std::map<std::string, Ledger>;

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

// The invariants (checks.cpp). Nothing: they hold. `lateness_max_ms`: of timers, if no fault of this run
// could explain more.
// ... over one Standard execution that has ended.
std::optional<std::string> check_execution(const Tables& tables, const Planned& plan, const Ledgers& ledgers,
                                           std::optional<int64_t> lateness_max_ms, RunFigures& figures);
// ... over what a partition leaves at the end: `executions` that have ended and nothing that is open.
std::optional<std::string> check_rest(const Tables& tables, size_t executions);
// `recoveries`: the positions at which what was in memory was lost. `ended`: gets the executions that end.
std::optional<std::string> check_replay(std::span<const engine::LoggedRecord> records, const Tables& tables,
                                        const engine::core::PartitionSettings& settings,
                                        const std::set<uint64_t>& recoveries, std::set<std::string>& ended);
// When it ended; nothing: not there, or not ended.
std::optional<int64_t> read_end_ms(const Tables& tables, const std::string& arn);
// Status and output or error as one line; empty: not finished, or not there.
std::string read_outcome(const Tables& tables, const std::string& arn);
engine::core::PartitionSettings partition_settings(engine::PartitionId partition, const Faults& faults);

}  // namespace simulation
