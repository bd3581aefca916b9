// Application: one record on its way into the state. What every record kind needs; the kinds themselves are
// in files of their own (start.cpp, stop.cpp, task_report.cpp, timer_due.cpp, ...).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <engine/core/partition.h>
#include <engine/core/state_codec.h>

#include "execution_cache.h"
#include "express.h"
#include "feed.h"
#include "machine_cache.h"
#include "stored_execution.h"

namespace engine::core {

class Application {
 public:
  Application(const PartitionSettings& settings, MachineCache& machines, ExecutionCache& executions,
              ExpressExecutions& express, const LoggedPosition& position, const Record& record, Feed& feed,
              Transaction& transaction, std::vector<Action>& actions)
      : settings_(settings),
        machines_(machines),
        executions_(executions),
        express_(express),
        position_(position),
        record_(record),
        feed_(feed),
        transaction_(transaction),
        actions_(actions) {}

  void apply(const RegisterDefinition& body);
  void apply(const StartExecution& body);
  void apply(const StopExecution& body);
  void apply(const TaskReport& body);
  void apply(const TimerDue& body);
  void apply(const ContinueExecution& body);
  void apply(const PutCatalogEntry& body);
  void apply(const EraseCatalogEntry& body);
  void apply(const UpdateMapRun& body);
  void apply(const UpdateFeedReader& body);
  void apply(const RedriveExecution& body);

 private:
  struct Running {  // a stored execution and what its steps need
    ExecutionNumber number{};
    std::shared_ptr<const Machine> machine;
    StoredExecution storage;
  };

  Reply reply_to_caller(ReplyCode code) const;
  void reply(ReplyCode code, std::string text = {});
  void reply(Reply answer);
  void refuse_unknown(const std::string& execution_arn);

  // run.cpp: stored executions
  std::optional<Running> load(ExecutionNumber number);
  // Runs one step, stores what it changed and turns its effects into changes and actions.
  statelang::StepOutcome run(Running& running, const statelang::StepInput& input);
  statelang::StepLimits limits_of(Running& running) const;
  void perform(Running& running, const statelang::Effect& effect);
  void schedule(Running& running, const statelang::ScheduleTask& effect);
  // object_work.cpp: what Distributed Maps read and write
  struct ObjectTask {
    statelang::ScopeId scope{};
    uint32_t attempt = 0;
    std::string queue;
    statelang::Payload input;
  };
  bool schedule_objects(Running& running, const statelang::Effect& effect);
  void schedule_object_task(Running& running, const ObjectTask& task);
  bool take_object_report(Running& running, const TaskReport& body);
  // tasks.cpp
  uint32_t count_mock_call(ExecutionNumber number, const std::string& state);
  void erase_mock_calls(ExecutionNumber number);
  void cancel(Running& running, const statelang::CancelTask& effect);
  bool note_submitted(const TaskId& id);
  void erase_cancelled(const TaskId& id);
  void finish(Running& running, const statelang::FinishExecution& effect);
  int64_t kept_ms_of(const ExecutionFacts& facts) const;
  // start.cpp
  ExecutionNumber next_number();
  void start_standard(const StartExecution& body, std::shared_ptr<const Machine> machine);
  void answer_known_name(const StartExecution& body, ExecutionNumber number);
  // express.cpp
  void start_express(const StartExecution& body, std::shared_ptr<const Machine> machine);
  void start_over_express(ExecutionNumber before);
  statelang::StepOutcome run_express(ExecutionNumber number, ExpressExecution& execution,
                                     const statelang::StepInput& input);
  void finish_express(ExecutionNumber number, ExpressExecution& execution,
                      const statelang::FinishExecution& effect);
  // map_runs.cpp: children of Distributed Maps and the records of their Map Runs
  static bool is_apart(const statelang::Effect& effect);
  void perform_apart(Running& running, const std::vector<statelang::Effect>& effects);
  void start_map_run(const Running& running, const statelang::StartMapRun& effect);
  bool results_are_written(Running& running, const MapRun& run) const;
  void end_map_run(Running& running, const statelang::EndMapRun& effect);
  void start_child(const Running& running, const statelang::StartChild& effect, MapRun& run);
  bool may_begin_here(const Running& child, const statelang::Payload& input);
  void tell_parents_of_ended();
  void stop_children(const std::string& map_run_arn);
  void count_end(Running& child);
  void tell_parent(Running& child, bool not_redriven);
  std::optional<MapRun> map_run(const std::string& map_run_arn);
  void store(const MapRun& run);
  void erase_map_runs(const std::string& execution_arn);
  // redrive.cpp
  void redrive(Running& running);
  void disarm_retention(Running& running);
  bool may_be_redriven(Running& child) const;
  std::vector<ExecutionNumber> redrive_map_run(const statelang::RedriveMapRun& effect);
  void redrive_children(const statelang::RedriveChildren& effect);
  void abort_pending_redrives(MapRun& run);
  std::vector<ExecutionNumber> children_in(const std::string& map_run_arn, statelang::ExecutionStatus status,
                                           size_t limit);
  void change_status(Running& child, statelang::ExecutionStatus status);
  // feed.cpp
  void enter_in_feed(const FeedEntry& entry);
  struct StatusBefore {  // a step
    explicit StatusBefore(const statelang::ExecutionState& state)
        : begun(state.next_event_id > 1), redrives(state.redrive_count), status(state.status) {}
    bool begun;
    uint32_t redrives;
    statelang::ExecutionStatus status;
  };
  void enter_in_feed(Running& running, const StatusBefore& before);
  // A child's status that no step brought: PENDING_REDRIVE, and the end of that with its Map Run.
  void enter_status_in_feed(Running& child);
  static bool is_express_child(const Running& running);
  // retention.cpp
  void erase_execution(ExecutionNumber number);
  void erase_history(ExecutionNumber number);
  bool outlived_by_parent(ExecutionNumber number, const ExecutionFacts& facts);

  const PartitionSettings& settings_;
  MachineCache& machines_;
  ExecutionCache& executions_;
  ExpressExecutions& express_;
  const LoggedPosition& position_;
  const Record& record_;
  Feed& feed_;
  uint32_t feed_index_ = 0;      // of this record's next event
  bool writing_failed_ = false;  // this record says that results could not be written
  // Children that take their first step in this record, and those of them whose parents have yet to be told
  // that this was their end.
  uint32_t children_begun_ = 0;
  size_t children_begun_bytes_ = 0;
  std::optional<uint32_t> starting_child_with_;  // transitions of the first step
  std::vector<ExecutionNumber> ended_at_beginning_;
  bool telling_parents_ = false;
  Transaction& transaction_;
  std::vector<Action>& actions_;
};

// Runs or is to run again.
inline bool is_open(statelang::ExecutionStatus status) {
  return status == statelang::ExecutionStatus::Running ||
         status == statelang::ExecutionStatus::PendingRedrive;
}

// map_runs.cpp: the count of what has this status, and moving from one count to another.
uint32_t& count_of(MapRunCounts& counts, statelang::ExecutionStatus status);
void move(uint32_t& from, uint32_t& to, uint32_t count);

// step_surroundings.cpp: the same for stored and Express executions.
class TaskTokenMaker : public statelang::TaskTokens {
 public:
  TaskTokenMaker(const PartitionSettings& settings, ExecutionNumber execution)
      : settings_(settings), execution_(execution) {}
  std::string token(statelang::ScopeId scope, uint32_t attempt) const override;

 private:
  const PartitionSettings& settings_;
  ExecutionNumber execution_;
};
ExecutionFacts facts_of(const StartExecution& start, const Machine& machine);
statelang::ExecutionInfo info_of(const PartitionSettings& settings, const ExecutionFacts& facts,
                                 const Machine& machine);
// What the task began outside goes on when its attempt is cancelled, and has to be ended: nested executions.
bool outlives_its_attempt(std::string_view resource);
uint64_t random_seed_of(std::string_view execution_arn);
DispatchTask dispatch_of(const PartitionSettings& settings, ExecutionNumber number,
                         const ExecutionFacts& facts, const Machine& machine,
                         const statelang::ScheduleTask& effect, uint32_t retry_count, int64_t now_ms);
TimerDue timer_of(ExecutionNumber number, const statelang::ArmTimer& effect);
TimerDue timer_of(ExecutionNumber number, const statelang::DisarmTimer& effect);

}  // namespace engine::core
