// Stepper: one call of step(). Each state type's part is in a file of its own; this is what they share.
//
// A state goes through: enter (StateEntered) → its own work → leave (output, Assign, StateExited) → next
// state or end of the scope. Anything that fails on the way ends in fail(): Retry, then Catch, then the
// parent.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/interpreter/step.h>

#include "inspector.h"

namespace statelang::test_state {
class StateRun;
}

namespace statelang::interpreter {

inline constexpr int64_t kSecondsMax = 99'999'999;  // AWS: of waits, timeouts and delays

// A failure inside a state. Those of JSONata raised here (`location` or `evaluation` set) are shown as
// EvaluationFailed; the same error coming up from a child or a worker is not.
struct StateFailure {
  Failure failure;
  std::string location;
  bool evaluation = false;
};
template <class T>
using Outcome = Expected<T, StateFailure>;

StateFailure runtime_failure(
    std::string cause);  // States.Runtime; the prefix naming the state is added by fail()

// "... returned an unexpected result type. Expected 'number', but was 'string' for value: ...".
// `place`: of the field in its state.
StateFailure unexpected_type(const templates::JsonataTemplate& field, std::string_view place,
                             std::string_view expected, const Value& value);
// A value that a field cannot have: States.QueryEvaluationError where an expression gave it, else
// States.Runtime.
StateFailure refused_value(const NumberField& field, std::string cause);
// A whole number, or a text that is one: AWS takes both for numbers given by paths.
std::optional<int64_t> integer_in(const Value& value);
// The same for a field: an expression has to give a number itself.
std::optional<int64_t> integer_of(const NumberField& field, const Value& value);
// "The MaxConcurrencyPath field refers to value ... which is not a valid integer: $.path".
// For an expression the failure names the type that was expected.
StateFailure not_a_valid(const NumberField& field, const Value& value, std::string_view kind);

// Deterministic random numbers of one step.
class StepRandom : public intrinsics::RandomSource {
 public:
  explicit StepRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() override;
  std::string uuid();  // version 4

 private:
  uint64_t state_;
};

// The variables a scope sees: its own and those of the scopes around it, innermost first.
class VisibleVariables : public json_path::VariableLookup {
 public:
  const Value* find(std::string_view name) const override;
  std::vector<Value> levels;  // objects
};

// What `$` is besides, for the query language at hand.
struct Data {
  const Value* input = nullptr;   // `$` in JSONPath; $states.input in JSONata
  const Value* result = nullptr;  // $states.result
  const Value* error = nullptr;   // $states.errorOutput
};

class Stepper {
 public:
  Stepper(const StepContext& context, ExecutionStorage& storage, std::vector<Effect>& effects);
  StepOutcome apply(const StepInput& input);

 private:
  friend class test_state::StateRun;  // runs one state alone, with an inspector

  // step.cpp: inputs and the loop
  StepOutcome on(const Start& input);
  StepOutcome on(const TaskStarted& input);
  StepOutcome on(const TaskSubmitted& input);
  StepOutcome on(const TaskSucceeded& input);
  StepOutcome on(const TaskFailed& input);
  StepOutcome on(const TaskHeartbeat& input);
  StepOutcome on(const TimerFired& input);
  StepOutcome on(const Stop& input);
  StepOutcome on(const Continue& input);
  StepOutcome on(const ItemsRead& input);
  StepOutcome on(const ResultsWritten& input);
  StepOutcome on(const ChildEnded& input);
  StepOutcome on(const MapRunUpdated& input);
  StepOutcome on(const Redrive& input);
  void run();

  // transitions.cpp
  void enter(Scope& scope);
  void leave(Scope& scope, const Payload& output, const std::optional<Template>& assign, Data data,
             std::optional<StateIndex> next);
  // The same; what went wrong comes back instead of going to fail().
  std::optional<StateFailure> try_leave(Scope& scope, const Payload& output,
                                        const std::optional<Template>& assign, Data data,
                                        std::optional<StateIndex> next);
  void finish_scope(Scope& scope, const Payload& output);
  void finish_execution(ExecutionStatus status, Payload output, Failure failure, EventId previous);
  // The event belongs to the execution that `scope` is part of: inside a Distributed Map, a child execution.
  EventId append(EventId previous, HistoryEvent event);
  void append_in(Scope& scope, HistoryEvent event) {
    scope.previous_event = append(scope.previous_event, std::move(event));
  }
  HistoryEvent event(EventType type) const;
  EventType entered_type(StateType type) const;
  EventType exited_type(StateType type) const;

  // pass.cpp, wait.cpp, choice.cpp, succeed_fail.cpp, task.cpp, parallel.cpp, map.cpp
  void run_pass(Scope& scope, const State& state);
  void run_wait(Scope& scope, const State& state);
  void run_choice(Scope& scope, const State& state);
  void run_succeed(Scope& scope, const State& state);
  void run_fail(Scope& scope, const State& state);
  void run_task(Scope& scope, const State& state);
  void run_parallel(Scope& scope, const State& state);
  void run_map(Scope& scope, const State& state);

  Outcome<int64_t> wait_due(Scope& scope, const State& state, const Value& input);
  Outcome<std::optional<int64_t>> task_seconds(Scope& scope, const State& state,
                                               const std::optional<NumberField>& field, const Payload& input);
  void schedule_task(Scope& scope, const State& state, const Payload& input, int64_t timeout_s,
                     int64_t heartbeat_s, std::string role_arn);
  void note_started(Scope& scope, const std::string& worker, int64_t started_ms);
  void end_task(Scope& scope, bool cancel);
  void task_failed(Scope& scope, EventType type, const Failure& failure);
  EventType task_event(const Scope& scope, int which) const;
  HistoryEvent task_detail(const Scope& scope, EventType type) const;
  // The result of a task, branches or iterations: ResultSelector, ResultPath, Output, Assign.
  void complete_work(Scope& scope, const State& state, const Payload& result);

  Outcome<Value> map_items(Scope& scope, const State& state, const Value& input);
  Outcome<uint32_t> map_concurrency(Scope& scope, const State& state, const Value& input);
  void start_iterations(Scope& scope, EventId previous);
  bool start_iteration(Scope& scope, const State& state, uint32_t index, EventId previous);
  bool iteration_not_begun(Scope& scope, const StateFailure& failure);
  static Array item_list(const Value& items);
  // The Map.Item part of the context object.
  static Value map_item_of(const Scope& scope, const Value& item, uint32_t index);
  void child_succeeded(Scope& parent, const Scope& child, const Payload& output);
  void join(Scope& parent);

  // map_run.cpp, map_run_results.cpp
  void run_map_run(Scope& scope, const State& state);
  void start_map_run(Scope& scope, const State& state);
  Outcome<ReadItems> item_request(Scope& scope, const ItemReaderFields& reader, const Value& input);
  void ask_for_items(Scope& scope, ReadItems request, uint32_t count, size_t bytes);
  void take_items(Scope& scope, const State& state, Array items, bool more);
  Outcome<Value> selected_item(Scope& scope, const State& state, const Value& map_item);
  Outcome<Array> make_batches(Scope& scope, const State& state, const Array& items, uint32_t first = 0);
  Outcome<std::optional<int64_t>> tolerated_count(Scope& scope, const State& state);
  Outcome<std::optional<double>> tolerated_percentage(Scope& scope, const State& state);
  Outcome<bool> failures_tolerated(Scope& scope, const State& state);
  Scope* open_map_run(ScopeId id, const std::string& map_run_arn);
  void start_child(Scope& scope, uint32_t index, Value input);
  void end_map_run(Scope& scope, ExecutionStatus status);
  void fail_map_run(Scope& scope, const Failure& failure);
  void fail_map_run_by(Scope& scope, const StateFailure& failure);
  std::string child_arn(const Scope& map, const std::string& name) const;
  std::string child_machine_arn(const Scope& map) const;
  Payload child_record(const Scope& map, const State& state, const ChildEnded& child) const;
  struct MapRunRecords {
    Array succeeded, failed, pending;
  };
  MapRunRecords map_run_records(Scope& scope, const State& state);
  void exceed_threshold(Scope& scope, const State& state);
  static bool is_ending(const Scope& scope);
  void finish_map_run(Scope& scope, const State& state);
  void write_results(Scope& scope, const State& state);
  void complete_map_run(Scope& scope, const State& state, const Payload& result);

  // retry_catch.cpp
  void fail(Scope& scope, StateFailure failure);
  void report(Scope& scope, StateFailure& failed);
  void fail_catcher(Scope& scope, StateFailure failed);
  bool retry(Scope& scope, const State& state, const Failure& failure);
  bool catch_failure(Scope& scope, const State& state, const Failure& failure);
  void fail_scope(Scope& scope, const Failure& failure);

  // abort.cpp: ends what is under way below a scope, or everywhere
  void abort_children(Scope& scope, bool with_events);
  void abort_work(Scope& scope, bool with_events = false);
  void abort_tree(ScopeId id, bool with_events);

  void drop_children(Scope& scope);
  void erase_tree(ScopeId id);

  // redrive.cpp
  void redrive(Scope& scope, EventId previous);
  void redrive_map_run(Scope& scope, EventId previous);
  void begin_at_start(Scope& root);

  // data_flow.cpp
  Outcome<Payload> effective_input(Scope& scope, const State& state);
  Outcome<Payload> given_input(Scope& scope, const State& state);
  Outcome<Payload> state_output(Scope& scope, const State& state, const Payload& effective,
                                const Payload& result, bool merge);
  Outcome<Value> evaluate(Scope& scope, const Template& field, Data data);
  Outcome<Value> evaluate_path(Scope& scope, const json_path::Path& path, const Value& input);
  Outcome<Value> evaluate_text(Scope& scope, const TextField& field, const Value& input);
  Outcome<Value> evaluate_number(Scope& scope, const NumberField& field, const Value& input);
  Outcome<Payload> checked_size(const std::string& what, Payload payload) const;
  const VisibleVariables& variables(const Scope& scope);
  Outcome<Value> assign_variables(Scope& scope, const Template& field, Data data);

  // context_object.cpp
  const Value& context_object(const Scope& scope);

  void inspect(Inspector::Point point, const Payload& payload) {
    if (inspector_) inspector_->saw(point, payload);
  }
  const State& state_of(const Scope& scope) const { return context_.definition.state(scope.state); }
  ExecutionState& execution() { return storage_.execution(); }
  int64_t now() const { return now_ms_; }
  void ready(Scope& scope) {
    const bool starts = scope.phase == ScopePhase::WaitingForChildren;
    if (!starts || starting_.insert(scope.id).second) ready_.push_back(scope.id);
  }
  int64_t execution_seconds() const;
  int64_t execution_due_ms();
  void arm(TimerKind kind, const Scope& scope, int64_t due_ms);
  void disarm(TimerKind kind, const Scope& scope, int64_t due_ms);
  bool finished() { return execution().status != ExecutionStatus::Running; }
  Scope* current_attempt(ScopeId id, uint32_t attempt, ScopePhase phase);

  const StepContext& context_;
  ExecutionStorage& storage_;
  std::vector<Effect>& effects_;
  int64_t now_ms_ = 0;
  StepRandom random_;
  Inspector* inspector_ = nullptr;
  std::deque<ScopeId> ready_;
  std::set<ScopeId> starting_;  // Maps in ready_ that have iterations to start
  uint32_t transitions_ = 0;
  bool history_full_ = false;

  // Caches for the state at hand; forgotten when another state is entered.
  ScopeId cached_scope_ = ScopeId::None;
  std::optional<VisibleVariables> cached_variables_;
  std::optional<Value> cached_context_;
  void forget_caches() { cached_scope_ = ScopeId::None, cached_variables_.reset(), cached_context_.reset(); }
};

}  // namespace statelang::interpreter
