// Entering and leaving states, ending scopes and executions, and writing events.
#include <algorithm>
#include <utility>

#include "stepper.h"

namespace statelang::interpreter {

HistoryEvent Stepper::event(EventType type) const {
  HistoryEvent out;
  out.type = type;
  out.timestamp_ms = now_ms_;
  return out;
}

EventId Stepper::append(EventId previous, HistoryEvent out) {
  ExecutionState& state = execution();
  const bool last = out.type <= EventType::ExecutionTimedOut && out.type != EventType::ExecutionStarted;
  if (state.next_event_id >= context_.limits.history_events_max && !last) {
    history_full_ = true;
    return previous;
  }
  out.id = state.next_event_id++;
  out.previous_id = previous;
  const EventId id = out.id;
  if (context_.with_history) storage_.append_event(std::move(out));
  return id;
}

EventType Stepper::entered_type(StateType type) const {
  switch (type) {
    case StateType::Task:
      return EventType::TaskStateEntered;
    case StateType::Parallel:
      return EventType::ParallelStateEntered;
    case StateType::Map:
      return EventType::MapStateEntered;
    case StateType::Pass:
      return EventType::PassStateEntered;
    case StateType::Wait:
      return EventType::WaitStateEntered;
    case StateType::Choice:
      return EventType::ChoiceStateEntered;
    case StateType::Succeed:
      return EventType::SucceedStateEntered;
    case StateType::Fail:
      return EventType::FailStateEntered;
  }
  return EventType::PassStateEntered;
}

EventType Stepper::exited_type(StateType type) const {
  switch (type) {
    case StateType::Task:
      return EventType::TaskStateExited;
    case StateType::Parallel:
      return EventType::ParallelStateExited;
    case StateType::Map:
      return EventType::MapStateExited;
    case StateType::Wait:
      return EventType::WaitStateExited;
    case StateType::Choice:
      return EventType::ChoiceStateExited;
    case StateType::Succeed:
      return EventType::SucceedStateExited;
    default:
      return EventType::PassStateExited;
  }
}

void Stepper::enter(Scope& scope) {
  const State& state = state_of(scope);
  forget_caches();
  // A retry or a redrive works on from where the state was entered; everything else enters, Fail once more.
  const bool entered_before = std::exchange(scope.redriven, false) && state.type != StateType::Fail;
  if (scope.retry_count == 0 && !entered_before) {
    ++scope.attempt;
    scope.entered_ms = now();
    scope.retrier_attempts.assign(state.retriers.size(), 0);
    scope.entry_previous = scope.previous_event;
    HistoryEvent entered = event(entered_type(state.type));
    entered.name = state.name;
    entered.has_payload = true;
    entered.payload = scope.input;
    append_in(scope, std::move(entered));
    scope.entered_event = scope.previous_event;
  }
  switch (state.type) {
    case StateType::Task:
      return run_task(scope, state);
    case StateType::Parallel:
      return run_parallel(scope, state);
    case StateType::Map:
      return run_map(scope, state);
    case StateType::Pass:
      return run_pass(scope, state);
    case StateType::Wait:
      return run_wait(scope, state);
    case StateType::Choice:
      return run_choice(scope, state);
    case StateType::Succeed:
      return run_succeed(scope, state);
    case StateType::Fail:
      return run_fail(scope, state);
  }
}

void Stepper::leave(Scope& scope, const Payload& output, const std::optional<Template>& assign, Data data,
                    std::optional<StateIndex> next) {
  if (auto failed = try_leave(scope, output, assign, data, next)) fail(scope, std::move(*failed));
}

std::optional<StateFailure> Stepper::try_leave(Scope& scope, const Payload& output,
                                               const std::optional<Template>& assign, Data data,
                                               std::optional<StateIndex> next) {
  const State& state = state_of(scope);
  HistoryEvent exited = event(exited_type(state.type));
  exited.name = state.name;
  exited.has_payload = true;
  auto sized = checked_size(state.name, output);
  if (!sized) return sized.error();
  exited.payload = output;
  if (assign) {
    auto assigned = assign_variables(scope, *assign, data);
    if (!assigned) return assigned.error();
    if (context_.with_history && assigned->size() > 0) {
      auto extras = std::make_shared<EventExtras>();
      for (const auto& [name, value] : assigned->as_object()) {
        extras->assigned_variables.emplace_back(std::string(name.as_string()), to_json(value));
      }
      exited.extras = std::move(extras);
    }
  }
  append_in(scope, std::move(exited));
  ++scope.attempt;  // nothing that belonged to this visit matches any more
  scope.retry_count = 0;
  scope.retrier_attempts.clear();
  if (!next) {
    finish_scope(scope, output);
    return std::nullopt;
  }
  scope.state = *next;
  scope.input = output;
  scope.phase = ScopePhase::Ready;
  ready(scope);
  return std::nullopt;
}

void Stepper::finish_scope(Scope& scope, const Payload& output) {
  forget_caches();
  if (scope.kind == ScopeKind::Root) {
    return finish_execution(ExecutionStatus::Succeeded, output, {}, scope.previous_event);
  }
  Scope* parent = storage_.find_scope(scope.parent);
  child_succeeded(*parent, scope, output);
}

void Stepper::finish_execution(ExecutionStatus status, Payload output, Failure failure, EventId previous) {
  static constexpr EventType kTypes[] = {EventType::ExecutionSucceeded, EventType::ExecutionFailed,
                                         EventType::ExecutionTimedOut, EventType::ExecutionAborted};
  ExecutionState& state = execution();
  if (status != ExecutionStatus::Succeeded) abort_tree(ScopeId::Root, false);
  HistoryEvent ended =
      event(kTypes[static_cast<size_t>(status) - static_cast<size_t>(ExecutionStatus::Succeeded)]);
  if (status == ExecutionStatus::Succeeded) {
    ended.has_payload = true;
    ended.payload = output;
  } else {
    ended.has_error = failure.has_error;
    ended.has_cause = failure.has_cause;
    ended.error = failure.error;
    ended.cause = failure.cause;
  }
  append(previous, std::move(ended));
  if (const int64_t due_ms = execution_due_ms(); due_ms > 0) {
    // Armed with the root's attempt at the start: 0.
    effects_.push_back(DisarmTimer{TimerKind::ExecutionTimeout, ScopeId::Root, 0, due_ms});
  }
  // Otherwise what was under way stays, for a redrive.
  if (status == ExecutionStatus::Succeeded) {
    storage_.erase_scope(ScopeId::Root);
    state.open_scopes = 0;
  }
  state.status = status;
  effects_.push_back(FinishExecution{status, std::move(output), std::move(failure)});
  ready_.clear();
}

}  // namespace statelang::interpreter
