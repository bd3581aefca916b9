// Record: one input of a partition, and the list of all there are. Nothing else changes state. A record
// carries everything its application needs (time, ids); apply() adds no clock, no randomness and no I/O.
// Encoded form (cluster log, simulator's log): docs/formats/record.md, engine/core/record_codec.h. Values.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <statelang/definition/definition.h>
#include <statelang/interpreter/step.h>
#include <statelang/payload.h>

namespace engine::core {

// An execution within its partition: handed out in order, never used twice.
enum class ExecutionNumber : uint64_t {};

// A task attempt. The task token that workers see is an authenticated text form of it
// (engine/wire/task_token.h).
struct TaskId {
  uint16_t partition = 0;
  ExecutionNumber execution{};
  statelang::ScopeId scope{};
  uint32_t attempt = 0;
  bool operator==(const TaskId&) const = default;
};

enum class MachineType : uint8_t { Standard = 1, Express = 2 };

// What of a state machine's executions is logged (AWS: loggingConfiguration).
enum class LogLevel : uint8_t { Off = 0, Fatal = 1, Error = 2, All = 3 };
struct LogSettings {
  LogLevel level = LogLevel::Off;
  bool include_data = false;  // inputs and outputs, too
  std::string group;          // name of the log group; empty: the state machine's own
  bool operator==(const LogSettings&) const = default;
};

// A place in a partition's feed: the record that made the event, and which of its events.
struct FeedPosition {
  uint64_t record = 0;
  uint32_t index = 0;
  auto operator<=>(const FeedPosition&) const = default;
};

// Makes a revision of a state machine known to this partition, before the first start that uses it.
// Executions keep their revision for life.
struct RegisterDefinition {
  std::string revision_id;  // unique over all state machines
  std::string state_machine_arn;
  std::string state_machine_name;
  MachineType type = MachineType::Standard;
  std::string role_arn;
  std::string definition;  // text
  LogSettings log;
};

struct StartExecution {
  std::string execution_arn;
  std::string name;
  std::string revision_id;  // must be registered: otherwise the reply says UnknownRevision
  std::string state_machine_alias_arn;
  std::string state_machine_version_arn;
  statelang::Payload input;
  std::string trace_header;
  int64_t retention_ms = 0;          // how long the finished execution is kept; 0: the engine's setting
  bool synchronous = false;          // Express, StartSyncExecution: reply when it has ended, store nothing
  std::string parent_execution_arn;  // nested executions: whose task started it; empty: nobody's
  std::string parent_task;           // the attempt of it, as the starter names it
  std::string test_case;             // of the mock configuration; empty: tasks are done by their workers
};

struct StopExecution {
  std::string execution_arn;
  statelang::Failure failure;
};

// Goes on with an execution that failed, timed out or was stopped (docs/adr/0013_redrive.md). The same client
// token again within 15 minutes is answered as the first time.
struct RedriveExecution {
  std::string execution_arn;
  std::string client_token;  // empty: none
};

struct TaskReport {
  TaskId task;
  std::variant<statelang::TaskStarted, statelang::TaskSubmitted, statelang::TaskSucceeded,
               statelang::TaskFailed, statelang::TaskHeartbeat>
      report;  // scope and attempt inside are taken from `task`
  // From an integration of the engine's own or a mock: the output is the service's whole answer, and a
  // failure States.Timeout is the task's timeout. Otherwise a worker's.
  bool whole_answer = false;
};

struct TimerDue {
  int64_t due_ms = 0;
  ExecutionNumber execution{};
  uint8_t kind = 0;  // statelang::TimerKind, or kRetention
  statelang::ScopeId scope{};
  uint32_t attempt = 0;
  static constexpr uint8_t kRetention = 100;  // erases a finished execution
};

struct ContinueExecution {
  ExecutionNumber execution{};
};

// Applied to a Map Run that is under way; what is not given stays.
struct UpdateMapRun {
  std::string map_run_arn;
  std::optional<uint32_t> concurrency_max;  // 0: the most there is
  std::optional<int64_t> tolerated_failure_count;
  std::optional<double> tolerated_failure_percentage;
};

// The catalog: state machines, versions, aliases, activities, triggers. Applied by partition 0 only.
// `key` starts with the kind ("state_machine/", "trigger/", ...); values are JSON documents
// (docs/formats/catalog.md).
struct PutCatalogEntry {
  std::string key;
  std::string value;  // empty: the entry is erased, if the condition holds
  enum class Condition : uint8_t { None = 0, Absent = 1, Equals = 2 } condition = Condition::None;
  std::string expected;  // Equals: the value that must be there now
};
struct EraseCatalogEntry {
  std::string key;
};

// A reader of the partition's feed of events (docs/adr/0010_event_feed.md): makes it, moves it on, removes
// it. Entries that every reader has passed are erased. Events are entered from the first reader on.
struct UpdateFeedReader {
  std::string reader;
  enum Wants : uint8_t { kNothing = 0, kStatus = 1, kHistory = 2, kLog = 4 };
  uint8_t wants = kNothing;  // bits of Wants; kNothing: the reader goes
  FeedPosition next;         // it has done with everything before; never moves back; a new reader begins now
};

using RecordBody =
    std::variant<RegisterDefinition, StartExecution, StopExecution, TaskReport, TimerDue, ContinueExecution,
                 PutCatalogEntry, EraseCatalogEntry, UpdateMapRun, UpdateFeedReader, RedriveExecution>;

struct Record {
  int64_t timestamp_ms = 0;  // when it was appended, Unix epoch
  uint64_t request = 0;      // who waits for the reply on the appending node; 0: nobody
  uint32_t node = 0;         // the appending node
  RecordBody body;
};

}  // namespace engine::core
