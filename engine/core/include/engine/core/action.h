// Action: everything a partition may do to the world, performed after the commit that produced it and
// idempotent by its ids (docs/adr/0003). Times are Unix milliseconds, durations milliseconds. Values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <engine/core/record.h>
#include <engine/core/state_codec.h>
#include <statelang/interpreter/execution_state.h>
#include <statelang/interpreter/history_event.h>

namespace engine::core {

enum class ReplyCode : uint8_t {
  Done,
  UnknownRevision,         // register the definition and start again
  ExecutionAlreadyExists,  // same name, other input or closed
  ExecutionDoesNotExist,
  TaskDoesNotExist,  // never given out, or its execution is gone
  TaskTimedOut,      // the attempt is over: the result came too late, or a second time
  ConditionFailed,   // PutCatalogEntry; `text` is the value that is there
  StateMachineTypeNotSupported,
  ExecutionNotRedrivable,  // `text` says why
  MapRunDoesNotExist,
  MapRunEnded,        // UpdateMapRun: only one that runs can be changed
  TooManyExecutions,  // Express: PartitionSettings::express_executions_max are under way
};

struct Reply {
  uint64_t request = 0;
  uint32_t node = 0;
  ReplyCode code = ReplyCode::Done;
  std::string text;     // for people, or what ReplyCode says
  int64_t time_ms = 0;  // StartExecution: start time; StopExecution: stop time; RedriveExecution: when
  ExecutionNumber execution{};
  // Synchronous Express executions: how it ended.
  statelang::ExecutionStatus status{};
  statelang::Payload output;
  statelang::Failure failure;
};

// Hand a task to its queue. Done again for every open task after a restart.
struct DispatchTask {
  TaskId id;
  std::string queue;     // function name, activity ARN, queue name or integration (statelang TaskFields)
  std::string resource;  // as the definition says
  statelang::Payload input;
  std::string state_name;
  std::string execution_arn;
  std::string state_machine_arn;
  uint32_t retry_count = 0;
  int64_t scheduled_ms = 0;
  int64_t timeout_ms = 0;    // 0: none
  int64_t heartbeat_ms = 0;  // 0: none
  bool express = false;
  std::string test_case;   // of the mock configuration; empty: none
  uint32_t mock_call = 0;  // with a test case: how many tasks of this state the execution had before
  bool submitted = false;  // TaskSubmitted is in the history
  bool cancelled = false;  // the attempt is over and what it began outside is to be ended (see OpenTask)
};
// The attempt is over: take it from its queue if it is still there, tell the worker at its next heartbeat.
struct WithdrawTask {
  TaskId id;
  bool cancelled = false;  // what the task began outside is to be ended; it stays open until a report comes
};
struct ArmTimer {
  TimerDue timer;
};
struct DisarmTimer {
  TimerDue timer;
};
// Append a record to this partition (bounded steps that want to go on).
struct AppendRecord {
  RecordBody body;
};
// What is stored of an execution that has ended, so that nobody has to read it back. Shared, never changed.
struct EndedExecution {
  std::shared_ptr<const ExecutionFacts> facts;
  statelang::ExecutionState state;
  ExecutionOutcome outcome;
  std::optional<statelang::Payload> input;  // absent: was not at hand
};
struct ExecutionChanged {  // followers of history and waiters for the end
  ExecutionNumber execution{};
  std::string execution_arn;
  statelang::ExecutionStatus status{};
  bool finished = false;
  // The step's events begin with this one; 0: it made none that are stored.
  statelang::EventId first_event = 0;
  // Finished, and in the process that applied the record: as it is stored. Null: read it.
  std::shared_ptr<const EndedExecution> end;
};
struct CatalogChanged {
  std::string key;
};
struct FeedGrown {};  // there are new entries in the partition's feed
// What a step of an Express execution did, for its state machine's log: stored nowhere else.
struct ExpressLogged {
  std::string execution_arn;
  std::string state_machine_name;
  LogSettings log;
  std::vector<statelang::HistoryEvent> events;
};

using Action = std::variant<Reply, DispatchTask, WithdrawTask, ArmTimer, DisarmTimer, AppendRecord,
                            ExecutionChanged, CatalogChanged, FeedGrown, ExpressLogged>;

}  // namespace engine::core
