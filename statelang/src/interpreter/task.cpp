// Task: scheduling, start, results, timeouts.
#include <algorithm>

#include "service_parameters.h"
#include "stepper.h"

namespace statelang::interpreter {
namespace {

// The kind of a task's events by its resource, in the order scheduled, started, succeeded, failed, timed out.
constexpr EventType kLambda[] = {EventType::LambdaFunctionScheduled, EventType::LambdaFunctionStarted,
                                 EventType::LambdaFunctionSucceeded, EventType::LambdaFunctionFailed,
                                 EventType::LambdaFunctionTimedOut};
constexpr EventType kActivity[] = {EventType::ActivityScheduled, EventType::ActivityStarted,
                                   EventType::ActivitySucceeded, EventType::ActivityFailed,
                                   EventType::ActivityTimedOut};
constexpr EventType kTask[] = {EventType::TaskScheduled, EventType::TaskStarted, EventType::TaskSucceeded,
                               EventType::TaskFailed, EventType::TaskTimedOut};

}  // namespace

EventType Stepper::task_event(const Scope& scope, int which) const {
  switch (state_of(scope).as<TaskFields>().resource.kind) {
    case ResourceKind::LambdaFunction:
      return kLambda[which];
    case ResourceKind::Activity:
      return kActivity[which];
    default:
      return kTask[which];
  }
}

// An event of the current task with the resource that AWS repeats in service tasks' events.
HistoryEvent Stepper::task_detail(const Scope& scope, EventType type) const {
  HistoryEvent out = event(type);
  const Resource& resource = state_of(scope).as<TaskFields>().resource;
  if (resource.kind == ResourceKind::LambdaFunction || resource.kind == ResourceKind::Activity) return out;
  const bool queue = resource.kind == ResourceKind::Queue;
  out.resource_type = queue ? "queue" : resource.service;
  out.resource = queue ? resource.name : resource.api;
  return out;
}

Outcome<std::optional<int64_t>> Stepper::task_seconds(Scope& scope, const State&,
                                                      const std::optional<NumberField>& field,
                                                      const Payload& input) {
  if (!field) return std::optional<int64_t>{};
  auto value = evaluate_number(scope, *field, input.value());
  if (!value) return Unexpected{value.error()};
  if (std::holds_alternative<templates::JsonataTemplate>(field->value)) {
    const auto seconds = integer_of(*field, *value);
    if (!seconds) return Unexpected{not_a_valid(*field, *value, "integer")};
    if (*seconds < 1 || *seconds > kSecondsMax) {
      return Unexpected{refused_value(*field, field->name + " must be between 1 and " +
                                                  std::to_string(kSecondsMax) +
                                                  " but was: " + to_json(*value))};
    }
    return seconds;
  }
  if (!value->is_number() || value->as_double() < 1) {
    return Unexpected{not_a_valid(*field, *value, "positive integer")};
  }
  const double seconds = std::min(value->as_double(), static_cast<double>(kSecondsMax));
  return std::optional<int64_t>{static_cast<int64_t>(seconds)};
}

void Stepper::run_task(Scope& scope, const State& state) {
  const auto& fields = state.as<TaskFields>();
  auto given = given_input(scope, state);
  if (!given) return fail(scope, given.error());
  const auto input = checked_size(state.name, std::move(*given));
  if (!input) return fail(scope, input.error());
  if (fields.resource.service == "apigateway") {
    if (auto refused = refused_parameters(fields.resource, input->value())) {
      return fail(scope, runtime_failure(std::move(*refused)));
    }
  }
  // Times come from the raw input in both languages.
  auto timeout = task_seconds(scope, state, fields.timeout, scope.input);
  if (!timeout) return fail(scope, timeout.error());
  auto heartbeat = task_seconds(scope, state, fields.heartbeat, scope.input);
  if (!heartbeat) return fail(scope, heartbeat.error());
  std::string role;
  if (fields.credentials) {
    auto credentials = evaluate(scope, *fields.credentials, {&scope.input.value()});
    if (!credentials) return fail(scope, credentials.error());
    const Value* arn = credentials->find("RoleArn");
    if (!arn || !arn->is_string()) {
      const std::string role_given = arn ? to_json(*arn) : "nothing";
      const std::string cause = "The field 'RoleArn' of Credentials must be a string but was: " + role_given;
      if (!state.is_jsonata()) return fail(scope, runtime_failure(cause));
      return fail(scope, {{std::string(errors::kQueryEvaluationError), cause}, "Credentials/RoleArn"});
    }
    role = arn->as_string();
  }
  schedule_task(scope, state, *input, timeout->value_or(0), heartbeat->value_or(0), std::move(role));
}

void Stepper::schedule_task(Scope& scope, const State& state, const Payload& input, int64_t timeout_s,
                            int64_t heartbeat_s, std::string role_arn) {
  const Resource& resource = state.as<TaskFields>().resource;
  HistoryEvent scheduled = task_detail(scope, task_event(scope, 0));
  scheduled.has_payload = true;
  scheduled.payload = input;
  auto extras = std::make_shared<EventExtras>();
  const bool service =
      resource.kind != ResourceKind::LambdaFunction && resource.kind != ResourceKind::Activity;
  if (service) {
    extras->region = context_.info.region;
  } else {
    scheduled.resource = resource.text;
  }
  if (timeout_s > 0) extras->timeout_seconds = timeout_s;
  if (heartbeat_s > 0) extras->heartbeat_seconds = heartbeat_s;
  extras->task_credentials_role_arn = std::move(role_arn);
  scheduled.extras = std::move(extras);
  append_in(scope, std::move(scheduled));

  scope.phase = ScopePhase::WaitingForTask;
  scope.task_started = false;
  scope.heartbeat_ms = heartbeat_s * 1000;
  scope.timeout_due_ms = timeout_s > 0 ? now() + timeout_s * 1000 : 0;
  scope.heartbeat_due_ms = 0;
  scope.heartbeat_armed_ms = 0;
  if (scope.timeout_due_ms != 0) arm(TimerKind::TaskTimeout, scope, scope.timeout_due_ms);
  // An activity's heartbeats begin when a worker has it.
  if (heartbeat_s > 0 && resource.kind != ResourceKind::Activity) {
    scope.heartbeat_due_ms = scope.heartbeat_armed_ms = now() + scope.heartbeat_ms;
    arm(TimerKind::Heartbeat, scope, scope.heartbeat_armed_ms);
  }
  effects_.push_back(
      ScheduleTask{scope.id, scope.attempt, state.index, input, timeout_s * 1000, scope.heartbeat_ms});
}

void Stepper::note_started(Scope& scope, const std::string& worker, int64_t started_ms) {
  if (scope.task_started) return;
  scope.task_started = true;
  HistoryEvent started = task_detail(scope, task_event(scope, 1));
  // Between the last transition and this one: times in a history never go back.
  if (started_ms > 0)
    started.timestamp_ms = std::clamp(started_ms, std::min(execution().now_ms, now()), now());
  if (started.type == EventType::ActivityStarted) started.resource = worker;
  append_in(scope, std::move(started));
  const bool activity = started.type == EventType::ActivityStarted;
  if (activity && scope.heartbeat_ms > 0) {
    scope.heartbeat_due_ms = scope.heartbeat_armed_ms = now() + scope.heartbeat_ms;
    arm(TimerKind::Heartbeat, scope, scope.heartbeat_armed_ms);
  }
}

// The attempt is over: its timers go; `cancel` also takes the task away from its worker.
void Stepper::end_task(Scope& scope, bool cancel) {
  if (scope.timeout_due_ms != 0) disarm(TimerKind::TaskTimeout, scope, scope.timeout_due_ms);
  if (scope.heartbeat_armed_ms != 0) disarm(TimerKind::Heartbeat, scope, scope.heartbeat_armed_ms);
  scope.timeout_due_ms = scope.heartbeat_due_ms = scope.heartbeat_armed_ms = 0;
  effects_.push_back(CancelTask{scope.id, scope.attempt, !cancel});
}

void Stepper::task_failed(Scope& scope, EventType type, const Failure& failure) {
  if (type == EventType::TaskTimedOut || type == EventType::ActivityTimedOut ||
      type == EventType::LambdaFunctionTimedOut) {
    note_started(scope, {}, now());
  }
  HistoryEvent failed = task_detail(scope, type);
  failed.has_error = failure.has_error;
  failed.has_cause = failure.has_cause;
  failed.error = failure.error;
  failed.cause = failure.cause;
  append_in(scope, std::move(failed));
  fail(scope, StateFailure{failure});
}

void Stepper::complete_work(Scope& scope, const State& state, const Payload& raw_result) {
  forget_caches();
  Payload result = raw_result;
  inspect(Inspector::Point::Result, result);
  if (!state.is_jsonata() && state.result_selector) {
    auto selected = evaluate(scope, *state.result_selector, {&raw_result.value()});
    if (!selected) return fail(scope, selected.error());
    result = Payload::from_value(std::move(*selected));
  }
  if (!state.is_jsonata()) inspect(Inspector::Point::AfterResultSelector, result);
  auto output = state_output(scope, state, scope.input, result, true);
  if (!output) return fail(scope, output.error());
  // Without Assign nothing looks at the result's value: it stays text.
  if (!state.assign) return leave(scope, *output, std::nullopt, {}, state.next);
  const Payload input = scope.input;  // leave() replaces it
  const Data data = state.is_jsonata() ? Data{&input.value(), &result.value()} : Data{&result.value()};
  leave(scope, *output, state.assign, data, state.next);
}

}  // namespace statelang::interpreter
