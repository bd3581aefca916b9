// HistoryEvent as AWS's API shows it, and the names of its enumerations.
#include <statelang/interpreter/execution_state.h>
#include <statelang/interpreter/history_event.h>

namespace statelang {
namespace {

struct TypeName {
  EventType type;
  std::string_view name;
  std::string_view details;  // the member that holds the details; empty: none
};

constexpr TypeName kTypes[] = {
    {EventType::ExecutionStarted, "ExecutionStarted", "executionStartedEventDetails"},
    {EventType::ExecutionSucceeded, "ExecutionSucceeded", "executionSucceededEventDetails"},
    {EventType::ExecutionFailed, "ExecutionFailed", "executionFailedEventDetails"},
    {EventType::ExecutionAborted, "ExecutionAborted", "executionAbortedEventDetails"},
    {EventType::ExecutionTimedOut, "ExecutionTimedOut", "executionTimedOutEventDetails"},
    {EventType::ExecutionRedriven, "ExecutionRedriven", "executionRedrivenEventDetails"},
    {EventType::PassStateEntered, "PassStateEntered", "stateEnteredEventDetails"},
    {EventType::PassStateExited, "PassStateExited", "stateExitedEventDetails"},
    {EventType::TaskStateEntered, "TaskStateEntered", "stateEnteredEventDetails"},
    {EventType::TaskStateExited, "TaskStateExited", "stateExitedEventDetails"},
    {EventType::TaskStateAborted, "TaskStateAborted", ""},
    {EventType::ChoiceStateEntered, "ChoiceStateEntered", "stateEnteredEventDetails"},
    {EventType::ChoiceStateExited, "ChoiceStateExited", "stateExitedEventDetails"},
    {EventType::WaitStateEntered, "WaitStateEntered", "stateEnteredEventDetails"},
    {EventType::WaitStateExited, "WaitStateExited", "stateExitedEventDetails"},
    {EventType::WaitStateAborted, "WaitStateAborted", ""},
    {EventType::SucceedStateEntered, "SucceedStateEntered", "stateEnteredEventDetails"},
    {EventType::SucceedStateExited, "SucceedStateExited", "stateExitedEventDetails"},
    {EventType::FailStateEntered, "FailStateEntered", "stateEnteredEventDetails"},
    {EventType::EvaluationFailed, "EvaluationFailed", "evaluationFailedEventDetails"},
    {EventType::ParallelStateEntered, "ParallelStateEntered", "stateEnteredEventDetails"},
    {EventType::ParallelStateStarted, "ParallelStateStarted", ""},
    {EventType::ParallelStateSucceeded, "ParallelStateSucceeded", ""},
    {EventType::ParallelStateFailed, "ParallelStateFailed", ""},
    {EventType::ParallelStateAborted, "ParallelStateAborted", ""},
    {EventType::ParallelStateExited, "ParallelStateExited", "stateExitedEventDetails"},
    {EventType::MapStateEntered, "MapStateEntered", "stateEnteredEventDetails"},
    {EventType::MapStateStarted, "MapStateStarted", "mapStateStartedEventDetails"},
    {EventType::MapStateSucceeded, "MapStateSucceeded", ""},
    {EventType::MapStateFailed, "MapStateFailed", ""},
    {EventType::MapStateAborted, "MapStateAborted", ""},
    {EventType::MapStateExited, "MapStateExited", "stateExitedEventDetails"},
    {EventType::MapIterationStarted, "MapIterationStarted", "mapIterationStartedEventDetails"},
    {EventType::MapIterationSucceeded, "MapIterationSucceeded", "mapIterationSucceededEventDetails"},
    {EventType::MapIterationFailed, "MapIterationFailed", "mapIterationFailedEventDetails"},
    {EventType::MapIterationAborted, "MapIterationAborted", "mapIterationAbortedEventDetails"},
    {EventType::MapRunStarted, "MapRunStarted", "mapRunStartedEventDetails"},
    {EventType::MapRunSucceeded, "MapRunSucceeded", ""},
    {EventType::MapRunFailed, "MapRunFailed", "mapRunFailedEventDetails"},
    {EventType::MapRunAborted, "MapRunAborted", ""},
    {EventType::MapRunRedriven, "MapRunRedriven", "mapRunRedrivenEventDetails"},
    {EventType::TaskScheduled, "TaskScheduled", "taskScheduledEventDetails"},
    {EventType::TaskStarted, "TaskStarted", "taskStartedEventDetails"},
    {EventType::TaskStartFailed, "TaskStartFailed", "taskStartFailedEventDetails"},
    {EventType::TaskSubmitted, "TaskSubmitted", "taskSubmittedEventDetails"},
    {EventType::TaskSubmitFailed, "TaskSubmitFailed", "taskSubmitFailedEventDetails"},
    {EventType::TaskSucceeded, "TaskSucceeded", "taskSucceededEventDetails"},
    {EventType::TaskFailed, "TaskFailed", "taskFailedEventDetails"},
    {EventType::TaskTimedOut, "TaskTimedOut", "taskTimedOutEventDetails"},
    {EventType::ActivityScheduled, "ActivityScheduled", "activityScheduledEventDetails"},
    {EventType::ActivityScheduleFailed, "ActivityScheduleFailed", "activityScheduleFailedEventDetails"},
    {EventType::ActivityStarted, "ActivityStarted", "activityStartedEventDetails"},
    {EventType::ActivitySucceeded, "ActivitySucceeded", "activitySucceededEventDetails"},
    {EventType::ActivityFailed, "ActivityFailed", "activityFailedEventDetails"},
    {EventType::ActivityTimedOut, "ActivityTimedOut", "activityTimedOutEventDetails"},
    {EventType::LambdaFunctionScheduled, "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails"},
    {EventType::LambdaFunctionScheduleFailed, "LambdaFunctionScheduleFailed",
     "lambdaFunctionScheduleFailedEventDetails"},
    {EventType::LambdaFunctionStarted, "LambdaFunctionStarted", ""},
    {EventType::LambdaFunctionStartFailed, "LambdaFunctionStartFailed",
     "lambdaFunctionStartFailedEventDetails"},
    {EventType::LambdaFunctionSucceeded, "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails"},
    {EventType::LambdaFunctionFailed, "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails"},
    {EventType::LambdaFunctionTimedOut, "LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails"},
};

const TypeName& type_name(EventType type) {
  static const auto index = [] {
    std::vector<const TypeName*> by_number(256, &kTypes[0]);
    for (const TypeName& entry : kTypes) by_number[static_cast<size_t>(entry.type)] = &entry;
    return by_number;
  }();
  return *index[static_cast<size_t>(type)];
}

// Under which name the payload stands.
std::string_view payload_member(EventType type) {
  switch (type) {
    case EventType::TaskScheduled:
      return "parameters";
    case EventType::ExecutionStarted:
    case EventType::ActivityScheduled:
    case EventType::LambdaFunctionScheduled:
      return "input";
    default:
      break;
  }
  const std::string_view name = type_name(type).name;
  return name.ends_with("StateEntered") ? "input" : "output";
}

void add_payload(Value& details, const HistoryEvent& event, bool include_execution_data) {
  const std::string member(payload_member(event.type));
  if (include_execution_data) details.set(member, event.payload.text());
  if (member != "parameters") details.set(member + "Details", Value::object({{"truncated", false}}));
}

void add_extras(Value& details, const HistoryEvent& event, bool include_execution_data) {
  const EventExtras& extras = *event.extras;
  const auto text = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) details.set(name, value);
  };
  text("stateMachineAliasArn", extras.state_machine_alias_arn);
  text("stateMachineVersionArn", extras.state_machine_version_arn);
  text("region", extras.region);
  text("location", extras.location);
  text("mapRunArn", extras.map_run_arn);
  if (!extras.task_credentials_role_arn.empty()) {
    details.set("taskCredentials", Value::object({{"roleArn", extras.task_credentials_role_arn}}));
  }
  if (extras.timeout_seconds >= 0) details.set("timeoutInSeconds", extras.timeout_seconds);
  if (extras.heartbeat_seconds >= 0) details.set("heartbeatInSeconds", extras.heartbeat_seconds);
  if (extras.redrive_count > 0) details.set("redriveCount", extras.redrive_count);
  if (!extras.assigned_variables.empty()) {
    Value variables = Value::object();
    for (const auto& [name, json] : extras.assigned_variables) variables.set(name, json);
    if (include_execution_data) details.set("assignedVariables", std::move(variables));
    details.set("assignedVariablesDetails", Value::object({{"truncated", false}}));
  }
}

void add_names(Value& details, const HistoryEvent& event) {
  if (event.type == EventType::EvaluationFailed) {
    details.set("state", event.name);
  } else if (!event.name.empty()) {
    details.set("name", event.name);
  }
  if (!event.resource_type.empty()) details.set("resourceType", event.resource_type);
  if (!event.resource.empty()) {
    const bool role = event.type == EventType::ExecutionStarted;
    const bool worker = event.type == EventType::ActivityStarted;
    details.set(role ? "roleArn" : worker ? "workerName" : "resource", event.resource);
  }
}

Value details_of(const HistoryEvent& event, bool include_execution_data) {
  Value details = Value::object();
  add_names(details, event);
  if (event.has_payload) add_payload(details, event, include_execution_data);
  if (event.type == EventType::MapStateStarted) details.set("length", event.number);
  if (event.type >= EventType::MapIterationStarted && event.type <= EventType::MapIterationAborted) {
    details.set("index", event.number);
  }
  if (event.has_error) details.set("error", event.error);
  if (event.has_cause) details.set("cause", event.cause);
  if (event.extras) add_extras(details, event, include_execution_data);
  return details;
}

}  // namespace

std::string_view to_string(EventType type) {
  return type_name(type).name;
}

std::string_view to_string(ExecutionStatus status) {
  switch (status) {
    case ExecutionStatus::Running:
      return "RUNNING";
    case ExecutionStatus::Succeeded:
      return "SUCCEEDED";
    case ExecutionStatus::Failed:
      return "FAILED";
    case ExecutionStatus::TimedOut:
      return "TIMED_OUT";
    case ExecutionStatus::Aborted:
      return "ABORTED";
    case ExecutionStatus::PendingRedrive:
      return "PENDING_REDRIVE";
  }
  return "RUNNING";
}

Value to_aws_json(const HistoryEvent& event, bool include_execution_data) {
  const TypeName& type = type_name(event.type);
  Value out = Value::object({{"timestamp", static_cast<double>(event.timestamp_ms) / 1000.0},
                             {"type", type.name},
                             {"id", event.id},
                             {"previousEventId", event.previous_id}});
  if (!type.details.empty()) out.set(type.details, details_of(event, include_execution_data));
  return out;
}

}  // namespace statelang
