// The state of one execution, split so that a transition costs what it touches (architecture: cost rules):
// one small ExecutionState, one Scope for each machine, branch or iteration that is under way or was when the
// execution failed, and, apart from these, a scope's variables, a Map's items and its results, each by key.
// step() reads and writes them through ExecutionStorage only. Pure data: the engine encodes it
// (docs/formats/state.md), the test runner keeps it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <statelang/definition/definition.h>
#include <statelang/interpreter/history_event.h>
#include <statelang/payload.h>

namespace statelang {

// A machine, branch or iteration under way; unique within its execution and never used twice.
enum class ScopeId : uint32_t { None = 0, Root = 1 };

// Numbers are stored: never change or reuse one.
enum class ExecutionStatus : uint8_t {
  Running = 1,
  Succeeded = 2,
  Failed = 3,
  TimedOut = 4,
  Aborted = 5,
  PendingRedrive = 6,
};
std::string_view to_string(ExecutionStatus status);  // RUNNING, SUCCEEDED, ...

struct ExecutionState {
  ExecutionStatus status = ExecutionStatus::Running;
  EventId next_event_id = 1;
  uint32_t next_scope_id = 1;
  uint32_t open_scopes = 0;
  int64_t start_time_ms = 0;  // Unix epoch; set by Start
  int64_t now_ms = 0;         // time of the last transition; never goes back
  uint32_t redrive_count = 0;
  int64_t redrive_time_ms = 0;
  uint64_t sequence = 0;  // counts steps; with the execution's id it seeds randomness
};

enum class ScopeKind : uint8_t { Root = 1, Branch = 2, Iteration = 3 };

// What a scope waits for. Numbers are stored.
enum class ScopePhase : uint8_t {
  Ready = 1,               // `state` is to be entered (also: waiting for its turn in a bounded step)
  WaitingForTask = 2,      // a task of attempt `attempt` is scheduled
  WaitingForTimer = 3,     // Wait state
  WaitingForRetry = 4,     // a retrier's delay is running
  WaitingForChildren = 5,  // Parallel, inline Map
  WaitingForMapRun = 6,    // Distributed Map
  Stopped = 7,             // failed or aborted in its state; kept until the execution is redriven or erased
};

struct Scope {
  ScopeId id = ScopeId::None;
  ScopeId parent = ScopeId::None;
  ScopeKind kind = ScopeKind::Root;
  ScopePhase phase = ScopePhase::Ready;
  uint32_t index = 0;  // of the branch or item
  StateIndex state{};  // current state
  Payload input;       // raw state input of `state`
  int64_t entered_ms = 0;
  EventId entered_event = 0;
  EventId entry_previous = 0;  // the predecessor of the StateEntered event: AWS links failures at entry to it
  EventId previous_event = 0;  // the causal predecessor of the scope's next event
  // Attempts and timers of this scope are numbered by `attempt`, which only grows: what belongs to an earlier
  // attempt or an earlier state never matches.
  uint32_t attempt = 0;
  uint32_t retry_count = 0;                // of the current state: $$.State.RetryCount
  std::vector<uint32_t> retrier_attempts;  // by retrier of the current state
  bool task_started = false;               // TaskStarted (or its kin) is in the history
  bool redriven = false;                   // Ready: the state was entered before the redrive
  int64_t timeout_due_ms = 0;  // armed timers of the current attempt; 0 = none (also: Wait, Retry)
  int64_t heartbeat_due_ms = 0;
  int64_t heartbeat_armed_ms = 0;  // when the armed heartbeat timer fires; the due time may be later by then
  int64_t heartbeat_ms = 0;        // the interval
  // Parallel and Map
  uint32_t children_total = 0;
  uint32_t children_next = 0;  // the next to start
  uint32_t children_running = 0;
  uint32_t children_finished = 0;
  uint32_t concurrency_max = 0;    // 0 = no limit
  bool items_are_members = false;  // of an object: {Key, Value} each
  // Distributed Map
  uint32_t children_failed = 0;
  uint32_t children_to_redrive = 0;  // of a redriven Map Run: they come before those that never began
  uint32_t map_run_redrives = 0;
  std::string map_run_arn;
  std::optional<int64_t>
      tolerated_count;  // by UpdateMapRun: instead of the definition's; -1: the run is ending
  std::optional<double> tolerated_percentage;
  std::string result_bucket;  // of the manifest that ResultWriter writes
  std::string result_key;
  // Iteration: the Map.Item part of the context object, as a JSON object; null otherwise.
  Value map_item;
};

// One execution's stored parts as step() sees them. Implemented by the engine over its transaction and by the
// in-memory runner. Single thread; what is returned by reference stays valid until the end of the step or
// until it is erased.
class ExecutionStorage {
 public:
  virtual ~ExecutionStorage() = default;

  virtual ExecutionState& execution() = 0;       // changes are kept
  virtual const Payload& execution_input() = 0;  // $$.Execution.Input

  virtual Scope* find_scope(ScopeId id) = 0;  // for reading or changing; nullptr: closed or never opened
  virtual Scope& create_scope(ScopeId id) = 0;
  virtual void erase_scope(ScopeId id) = 0;  // with its variables, items and results
  // Ids of the open children of `parent`, ascending.
  virtual std::vector<ScopeId> children(ScopeId parent) = 0;

  // Variables assigned in this scope itself, one JSON object; {} when there are none.
  virtual Value variables(ScopeId id) = 0;
  virtual void set_variables(ScopeId id, Value variables) = 0;

  // Items of a Map, stored once when the Map is entered, read one by one (chunks inside).
  virtual void put_items(ScopeId id, const Array& items) = 0;
  // Further items; `count` are there already.
  virtual void append_items(ScopeId id, uint32_t count, const Array& items) = 0;
  virtual Value item(ScopeId id, uint32_t index) = 0;

  // Results of branches and iterations, each written once, read together at the join.
  virtual void put_result(ScopeId id, uint32_t index, const Payload& result) = 0;
  virtual std::vector<Payload> results(ScopeId id, uint32_t count) = 0;
  // The state's own data that must outlive the fan-out is in Scope::input; both calls below forget the rest.
  virtual void erase_items_and_results(ScopeId id) = 0;

  virtual void append_event(HistoryEvent event) = 0;
};

}  // namespace statelang
