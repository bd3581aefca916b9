// step(): the one function that moves an execution. Pure and synchronous: time, ids, randomness and task
// tokens are handed in, storage is seen through ExecutionStorage, and what is to happen in the world comes
// back as effects that the caller performs after it has made the step durable (architecture: commit first,
// act second). Same inputs, same result, byte for byte.
//
// A step runs every scope until it has to wait (for a task, a timer, children) or until
// StepLimits::transitions_max is used up; then it asks for a Continue input by an effect of that name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <statelang/definition/definition.h>
#include <statelang/failure.h>
#include <statelang/interpreter/execution_state.h>
#include <statelang/payload.h>

namespace statelang {

// ------------------------------------------------------------------------------------------ inputs

struct Start {
  Payload input;
};
// A worker has begun the task. Engines may leave it out for tasks that end quickly: the result then brings
// started_ms and worker, and the Started event is written just before the result's (same order as AWS's).
struct TaskStarted {
  ScopeId scope{};
  uint32_t attempt = 0;
  std::string worker;
  int64_t started_ms = 0;
};
// .sync and .waitForTaskToken: the request has been accepted by the service.
struct TaskSubmitted {
  ScopeId scope{};
  uint32_t attempt = 0;
  Payload output;
};
struct TaskSucceeded {
  ScopeId scope{};
  uint32_t attempt = 0;
  Payload output;
  std::string worker;
  int64_t started_ms = 0;  // 0: not known
  // `output` is what a function returned, not what the Lambda service would answer: lambda:invoke wraps it.
  bool from_function = false;
};
struct TaskFailed {
  ScopeId scope{};
  uint32_t attempt = 0;
  Failure failure;
  std::string worker;
  int64_t started_ms = 0;
  bool submission = false;  // .sync, .waitForTaskToken: the service did not accept the request at all
};
struct TaskHeartbeat {
  ScopeId scope{};
  uint32_t attempt = 0;
};
// Numbers are stored.
enum class TimerKind : uint8_t { Wait = 1, Retry = 2, TaskTimeout = 3, Heartbeat = 4, ExecutionTimeout = 5 };
struct TimerFired {
  TimerKind kind{};
  ScopeId scope{};
  uint32_t attempt = 0;
};
struct Stop {
  Failure failure;  // has_error, has_cause as the caller gave them
};
// Goes on with what a bounded step left: `ready` as its RequestContinue gave it (of several: one after the
// other). Empty: the step looks for it in all open scopes.
struct Continue {
  std::vector<ScopeId> ready;
};
// Goes on with an execution that failed, timed out or was stopped, from the states that did not succeed
// (docs/adr/0013_redrive.md). Whether it may be redriven is the caller's to know.
struct Redrive {
  bool from_start = false;  // children of ExecutionType EXPRESS: as if nothing had been done
};
// Answers ReadItems: the items from ReadItems::skip on (map_run::ItemChunks reads them), or why there are
// none (States.ItemReaderFailed).
struct ItemsRead {
  ScopeId scope{};
  uint32_t attempt = 0;
  Value items;  // array
  std::optional<Failure> failure;
  bool more = false;  // these are not the last: the step asks again
};
// Answers WriteResults: all files are written, or why not (States.ResultWriterFailed).
struct ResultsWritten {
  ScopeId scope{};
  uint32_t attempt = 0;
  std::optional<Failure> failure;
};

// Answers StartChild: the child execution has ended. Or RedriveMapRun: it stays as it ended.
struct ChildEnded {
  ScopeId scope{};  // of the Map
  std::string map_run_arn;
  uint32_t index = 0;
  std::string name;
  Payload input;
  int64_t start_time_ms = 0;
  ExecutionStatus status{};
  Payload output;   // Succeeded
  Failure failure;  // the others
  uint32_t redrive_count = 0;
  int64_t stop_time_ms = 0;  // 0: now
  bool not_redriven = false;
};
// UpdateMapRun: what is given holds from now on, for children that run as well.
struct MapRunUpdated {
  ScopeId scope{};
  std::string map_run_arn;
  std::optional<uint32_t> concurrency_max;  // 0: the most there is
  std::optional<int64_t> tolerated_failure_count;
  std::optional<double> tolerated_failure_percentage;
};

using StepInput =
    std::variant<Start, TaskStarted, TaskSubmitted, TaskSucceeded, TaskFailed, TaskHeartbeat, TimerFired,
                 Stop, Continue, ItemsRead, ResultsWritten, ChildEnded, MapRunUpdated, Redrive>;

// ------------------------------------------------------------------------------------------ effects

struct ScheduleTask {
  ScopeId scope{};
  uint32_t attempt = 0;
  StateIndex state{};      // its TaskFields say which resource
  Payload input;           // what the worker gets: parameters, or the payload for lambda:invoke
  int64_t timeout_ms = 0;  // 0: none
  int64_t heartbeat_ms = 0;
};
// The attempt is over. `ended`: because its result came; otherwise its worker should stop.
struct CancelTask {
  ScopeId scope{};
  uint32_t attempt = 0;
  bool ended = false;
};
struct ArmTimer {
  TimerKind kind{};
  ScopeId scope{};
  uint32_t attempt = 0;
  int64_t due_ms = 0;  // Unix epoch
};
struct DisarmTimer {
  TimerKind kind{};
  ScopeId scope{};
  uint32_t attempt = 0;
  int64_t due_ms = 0;  // as armed: the store's key
};
struct FinishExecution {
  ExecutionStatus status{};
  Payload output;   // Succeeded
  Failure failure;  // the others
};
struct RequestContinue {
  std::vector<ScopeId> ready;  // whose turn comes next, in order
};
// A Distributed Map with an ItemReader: get its items, a chunk at a time. Each chunk has an attempt of its
// own; CancelTask of that attempt says that its answer has come or is not wanted any more.
struct ReadItems {
  ScopeId scope{};
  uint32_t attempt = 0;
  std::string resource;   // arn:aws:states:::s3:getObject, ...:listObjectsV2
  Value arguments;        // Bucket, Key or Prefix ...
  Value config;           // ReaderConfig as written
  int64_t items_max = 0;  // of all chunks together; 0: all
  uint64_t skip = 0;      // items that came before
  uint32_t count = 0;     // no more than so many now
  size_t bytes = 0;       // end the chunk when it has so many; 0: no bound
};
// A Distributed Map with a ResultWriter: write its files, in order. CancelTask as for ReadItems.
struct WriteResults {
  struct File {
    std::string key;
    std::string bytes;
  };
  ScopeId scope{};
  uint32_t attempt = 0;
  std::string bucket;
  std::vector<File> files;
};

// The life of a Map Run, for its record: it begins, its children are counted, it ends. An end is told once
// more, as Aborted, when the Map is left for another reason: the first one counts.
struct StartMapRun {
  ScopeId scope{};
  std::string map_run_arn;
  uint32_t concurrency_max = 0;
  int64_t tolerated_failure_count = 0;
  double tolerated_failure_percentage = 0;
};
struct CountMapRun {
  std::string map_run_arn;
  uint32_t children = 0;
  uint32_t items = 0;
};
struct EndMapRun {
  std::string map_run_arn;
  ExecutionStatus status{};
};
// The Map Run is open again: its children that did not succeed are PENDING_REDRIVE until RedriveChildren. Of
// those that cannot be redriven ChildEnded tells once more.
struct RedriveMapRun {
  std::string map_run_arn;
};
// Redrive so many of those, in the order of their starts.
struct RedriveChildren {
  std::string map_run_arn;
  uint32_t count = 0;
};
// End what is open of its children, as Stop does. Each end is told as always;
// it is awaited only where their results are to be written.
struct StopChildren {
  std::string map_run_arn;
};
// A child of a Distributed Map begins: an execution that the caller runs. Its own steps have the Map as
// StepContext::child_of; its end is told by ChildEnded.
struct StartChild {
  ScopeId scope{};     // of the Map, for ChildEnded
  StateIndex state{};  // the Map
  std::string map_run_arn;
  uint32_t index = 0;
  std::string execution_arn;
  std::string name;
  std::string state_machine_arn;  // MACHINE/LABEL
  Payload input;
  uint32_t items = 1;  // in it: more than one with an ItemBatcher
};

using Effect = std::variant<ScheduleTask, CancelTask, ArmTimer, DisarmTimer, FinishExecution, RequestContinue,
                            ReadItems, WriteResults, StartMapRun, CountMapRun, EndMapRun, StartChild,
                            StopChildren, RedriveMapRun, RedriveChildren>;

// ------------------------------------------------------------------------------------------ surroundings

// Makes the token of a task attempt; the same arguments always give the same text.
class TaskTokens {
 public:
  virtual ~TaskTokens() = default;
  virtual std::string token(ScopeId scope, uint32_t attempt) const = 0;
};

struct StepLimits {
  uint32_t transitions_max = 1000;     // of one step; then Continue
  size_t payload_bytes_max = 262144;   // AWS: States.DataLimitExceeded above
  int64_t history_events_max = 25000;  // AWS: States.Runtime at this many
  size_t variable_bytes_max = 262144;
  size_t variables_bytes_max = 10485760;
  int64_t execution_seconds_max = 0;  // TimeoutSeconds of a definition without; 0: none. Also its upper bound
};

// What does not change from step to step. Everything is borrowed for the call.
struct ExecutionInfo {
  std::string execution_arn;
  std::string execution_name;
  std::string state_machine_arn;
  std::string state_machine_name;
  std::string role_arn;
  std::string region;
  std::string account;
  std::string state_machine_alias_arn;  // empty: started without
  std::string state_machine_version_arn;
};

struct StepContext {
  const Definition& definition;
  const ExecutionInfo& info;
  const TaskTokens& tokens;
  int64_t now_ms;            // step() takes max(now_ms, time of the last transition)
  uint64_t random_seed;      // of the execution; mixed with ExecutionState::sequence
  bool with_history = true;  // false: Express without logging; no event is made
  StepLimits limits;
  std::optional<StateIndex> child_of;  // this execution is a child of that Map
};

enum class StepOutcome : uint8_t {
  Applied,  // state changed; perform the effects
  Ignored,  // the input belongs to an attempt, scope or execution that is over: nothing changed
};

// Applies one input. `effects` is appended to. A malformed execution (unknown state index) is a bug: aborts.
StepOutcome step(const StepContext& context, ExecutionStorage& storage, const StepInput& input,
                 std::vector<Effect>& effects);

}  // namespace statelang
