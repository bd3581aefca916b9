// What happens when a state fails: Retry, then Catch, then the scope around it (AWS "Handling errors").
#include <algorithm>
#include <cmath>

#include "stepper.h"

namespace statelang::interpreter {
namespace {

bool is_timeout(std::string_view error) {
  return error == errors::kTimeout || error == errors::kHeartbeatTimeout;
}

// Never handled by Retry or Catch.
bool is_terminal(std::string_view error) {
  return error == errors::kRuntime;
}

bool matches(const std::vector<std::string>& names, const std::string& error, bool is_task) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    if (name == error) return true;
    // Measured: States.ALL does catch States.DataLimitExceeded, other than the documentation says.
    if (name == errors::kAll) return true;
    if (name == errors::kTimeout) return error == errors::kHeartbeatTimeout;
    return name == errors::kTaskFailed && is_task && !is_timeout(error) &&
           error != errors::kDataLimitExceeded;
  });
}

}  // namespace

// Gives a failure its full text and puts one of an expression into the history.
void Stepper::report(Scope& scope, StateFailure& failed) {
  const State& state = state_of(scope);
  forget_caches();
  const bool internal =
      failed.failure.error == errors::kRuntime || failed.failure.error == errors::kQueryEvaluationError ||
      failed.failure.error == errors::kIntrinsicFailure || failed.failure.error == errors::kNoChoiceMatched;
  // Where one state is tested alone there is no event to name.
  if (internal && !inspector_ &&
      failed.failure.cause.rfind("An error occurred while executing the state", 0) != 0) {
    failed.failure.cause = "An error occurred while executing the state '" + state.name +
                           "' (entered at the event id #" + std::to_string(scope.entered_event) + "). " +
                           failed.failure.cause;
  }
  const bool evaluation = failed.evaluation || !failed.location.empty();
  // AWS links a JSONata failure on entry to the predecessor of StateEntered, but not a value that a Wait
  // could not use.
  if (evaluation && state.type != StateType::Wait && scope.previous_event == scope.entered_event) {
    scope.previous_event = scope.entry_previous;
  }
  if (inspector_) inspector_->failed(failed.failure);
  if (evaluation) {
    HistoryEvent shown = event(EventType::EvaluationFailed);
    shown.has_error = shown.has_cause = true;
    shown.error = failed.failure.error;
    shown.cause = failed.failure.cause;
    shown.name = state.name;
    if (!failed.location.empty()) {
      auto extras = std::make_shared<EventExtras>();
      extras->location = failed.location;
      shown.extras = std::move(extras);
    }
    append_in(scope, std::move(shown));
  }
}

void Stepper::fail(Scope& scope, StateFailure failed) {
  const State& state = state_of(scope);
  report(scope, failed);
  abort_work(scope);
  scope.phase = ScopePhase::Stopped;  // also where it had nothing under way
  if (is_terminal(failed.failure.error)) {
    return finish_execution(ExecutionStatus::Failed, {}, std::move(failed.failure), scope.previous_event);
  }
  if (retry(scope, state, failed.failure)) return;
  if (state.type == StateType::Map) {
    append_in(scope, event(EventType::MapStateFailed));
  } else if (state.type == StateType::Parallel) {
    append_in(scope, event(EventType::ParallelStateFailed));
  }
  if (catch_failure(scope, state, failed.failure)) return;
  fail_scope(scope, failed.failure);
}

bool Stepper::retry(Scope& scope, const State& state, const Failure& failure) {
  const bool is_task = state.type == StateType::Task;
  for (size_t i = 0; i < state.retriers.size(); ++i) {
    const Retrier& retrier = state.retriers[i];
    if (!matches(retrier.error_equals, failure.error, is_task)) continue;
    scope.retrier_attempts.resize(state.retriers.size(), 0);
    if (scope.retrier_attempts[i] >= retrier.max_attempts) return false;
    const uint32_t n = scope.retrier_attempts[i]++;
    double seconds = static_cast<double>(retrier.interval_seconds) * std::pow(retrier.backoff_rate, n);
    seconds = std::min(seconds, static_cast<double>(retrier.max_delay_seconds.value_or(kSecondsMax)));
    if (inspector_) inspector_->retrying(i, seconds);
    auto delay_ms = static_cast<int64_t>(seconds * 1000);
    if (retrier.full_jitter && delay_ms > 0)
      delay_ms = static_cast<int64_t>(random_.next() % (static_cast<uint64_t>(delay_ms) + 1));
    ++scope.retry_count;
    ++scope.attempt;
    drop_children(scope);
    scope.phase = ScopePhase::WaitingForRetry;
    scope.timeout_due_ms = now() + delay_ms;
    arm(TimerKind::Retry, scope, scope.timeout_due_ms);
    return true;
  }
  return false;
}

// What fails while a catcher is carried out ends the scope: neither this catcher nor another takes it.
void Stepper::fail_catcher(Scope& scope, StateFailure failed) {
  report(scope, failed);
  if (is_terminal(failed.failure.error)) {
    return finish_execution(ExecutionStatus::Failed, {}, std::move(failed.failure), scope.previous_event);
  }
  fail_scope(scope, failed.failure);
}

bool Stepper::catch_failure(Scope& scope, const State& state, const Failure& failure) {
  const bool is_task = state.type == StateType::Task;
  for (size_t i = 0; i < state.catchers.size(); ++i) {
    const Catcher& catcher = state.catchers[i];
    if (!matches(catcher.error_equals, failure.error, is_task)) continue;
    if (inspector_) inspector_->caught(i);
    drop_children(scope);
    Value error_output = Value::object({});
    if (failure.has_error) error_output.set("Error", failure.error);
    if (failure.has_cause) error_output.set("Cause", failure.cause);
    Payload output = Payload::from_value(error_output);
    const Payload input = scope.input;
    if (state.is_jsonata()) {
      if (catcher.output) {
        auto value = evaluate(scope, *catcher.output, {&input.value(), nullptr, &error_output});
        if (!value) return fail_catcher(scope, value.error()), true;
        output = Payload::from_value(std::move(*value));
      }
    } else if (catcher.result_path && catcher.result_path->is_null) {
      output = input;
    } else if (catcher.result_path && !catcher.result_path->path.is_root_only()) {
      auto merged = json_path::write(catcher.result_path->path, input.value(), error_output);
      if (!merged) {
        return fail_scope(scope, {std::string(errors::kResultPathMatchFailure),
                                  "Unable to apply Reference Path " + catcher.result_path->path.text() +
                                      " to input " + input.text()}),
               true;
      }
      output = Payload::from_value(std::move(*merged));
    }
    const Data data = state.is_jsonata() ? Data{&input.value(), nullptr, &error_output} : Data{&error_output};
    if (auto failed = try_leave(scope, output, catcher.assign, data, catcher.next)) {
      fail_catcher(scope, std::move(*failed));
    }
    return true;
  }
  return false;
}

// The failure is not handled in this scope: it becomes its parent's, or the execution's end.
void Stepper::fail_scope(Scope& scope, const Failure& failure) {
  if (scope.kind == ScopeKind::Root) {
    return finish_execution(ExecutionStatus::Failed, {}, failure, scope.previous_event);
  }
  Scope* parent = storage_.find_scope(scope.parent);
  const EventId last = scope.previous_event;
  if (scope.kind == ScopeKind::Iteration) {
    HistoryEvent failed = event(EventType::MapIterationFailed);
    failed.name = state_of(*parent).name;
    failed.number = scope.index;
    append(last, std::move(failed));
  }
  // AWS closes the task of a failed branch by this event.
  if (scope.kind == ScopeKind::Branch && state_of(scope).type == StateType::Task) {
    append(last, event(EventType::TaskStateAborted));
  }
  scope.phase = ScopePhase::Stopped;
  --parent->children_running;
  abort_children(*parent, true);
  parent->previous_event = last;
  fail(*parent, StateFailure{failure});
}

}  // namespace statelang::interpreter
