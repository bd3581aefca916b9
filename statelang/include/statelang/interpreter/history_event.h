// One event of an execution's history: AWS's HistoryEvent (API reference, GetExecutionHistory), with its
// details in one flat struct because each type uses few of them. The writer of the AWS JSON shape is
// to_aws_json(); the engine stores events in its own compact bytes (docs/formats/history.md). Times: ms.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <statelang/payload.h>

namespace statelang {

using EventId = int64_t;

// Numbers are stored: never change or reuse one.
enum class EventType : uint8_t {
  ExecutionStarted = 1,
  ExecutionSucceeded = 2,
  ExecutionFailed = 3,
  ExecutionAborted = 4,
  ExecutionTimedOut = 5,
  ExecutionRedriven = 6,
  PassStateEntered = 10,
  PassStateExited = 11,
  TaskStateEntered = 12,
  TaskStateExited = 13,
  TaskStateAborted = 14,
  ChoiceStateEntered = 15,
  ChoiceStateExited = 16,
  WaitStateEntered = 17,
  WaitStateExited = 18,
  WaitStateAborted = 19,
  SucceedStateEntered = 20,
  SucceedStateExited = 21,
  FailStateEntered = 22,
  EvaluationFailed = 23,
  ParallelStateEntered = 30,
  ParallelStateStarted = 31,
  ParallelStateSucceeded = 32,
  ParallelStateFailed = 33,
  ParallelStateAborted = 34,
  ParallelStateExited = 35,
  MapStateEntered = 40,
  MapStateStarted = 41,
  MapStateSucceeded = 42,
  MapStateFailed = 43,
  MapStateAborted = 44,
  MapStateExited = 45,
  MapIterationStarted = 46,
  MapIterationSucceeded = 47,
  MapIterationFailed = 48,
  MapIterationAborted = 49,
  MapRunStarted = 50,
  MapRunSucceeded = 51,
  MapRunFailed = 52,
  MapRunAborted = 53,
  MapRunRedriven = 54,
  TaskScheduled = 60,
  TaskStarted = 61,
  TaskStartFailed = 62,
  TaskSubmitted = 63,
  TaskSubmitFailed = 64,
  TaskSucceeded = 65,
  TaskFailed = 66,
  TaskTimedOut = 67,
  ActivityScheduled = 70,
  ActivityScheduleFailed = 71,
  ActivityStarted = 72,
  ActivitySucceeded = 73,
  ActivityFailed = 74,
  ActivityTimedOut = 75,
  LambdaFunctionScheduled = 80,
  LambdaFunctionScheduleFailed = 81,
  LambdaFunctionStarted = 82,
  LambdaFunctionStartFailed = 83,
  LambdaFunctionSucceeded = 84,
  LambdaFunctionFailed = 85,
  LambdaFunctionTimedOut = 86,
};
std::string_view to_string(EventType type);

// Details that only few events have; absent otherwise, so that the common events stay small.
struct EventExtras {
  std::string state_machine_alias_arn;
  std::string state_machine_version_arn;
  std::string region;
  std::string task_credentials_role_arn;
  std::vector<std::pair<std::string, std::string>> assigned_variables;  // name, JSON text
  std::string location;                                                 // EvaluationFailed
  std::string map_run_arn;
  int64_t timeout_seconds = -1;  // -1: absent
  int64_t heartbeat_seconds = -1;
  int64_t redrive_count = 0;
};

struct HistoryEvent {
  EventId id = 0;
  EventId previous_id = 0;
  int64_t timestamp_ms = 0;  // Unix epoch
  EventType type{};
  // name: state (entered, exited, iteration, evaluation failed); resource_type and resource: tasks; the
  // worker's name in ActivityStarted is `resource`; the role in ExecutionStarted is `resource`.
  std::string name;
  std::string resource_type;
  std::string resource;
  // input, output or parameters, by type.
  bool has_payload = false;
  Payload payload;
  bool has_error = false;
  bool has_cause = false;
  std::string error;
  std::string cause;
  int64_t number = 0;  // Map length, iteration index
  std::shared_ptr<const EventExtras> extras;
};

// The event as AWS's API gives it (timestamp in seconds with milliseconds). With include_execution_data false
// inputs and outputs are left out as AWS does.
Value to_aws_json(const HistoryEvent& event, bool include_execution_data = true);

}  // namespace statelang
