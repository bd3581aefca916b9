// Inputs of a step and the loop that runs every scope until it has to wait.
#include <algorithm>

#include <statelang/interpreter/step.h>

#include "stepper.h"

namespace statelang {

StepOutcome step(const StepContext& context, ExecutionStorage& storage, const StepInput& input,
                 std::vector<Effect>& effects) {
  return interpreter::Stepper(context, storage, effects).apply(input);
}

namespace interpreter {

namespace {

// The result of lambda:invoke is the service's answer with the function's return value in Payload (AWS
// "Invoke Lambda functions with Step Functions"); a token's holder gives the result itself.
Payload answer_of(const Resource& resource, const TaskSucceeded& input) {
  const bool wrapped = input.from_function && resource.kind == ResourceKind::Service &&
                       resource.service == "lambda" &&
                       resource.pattern == IntegrationPattern::RequestResponse;
  if (!wrapped) return input.output;
  return Payload::from_text("{\"ExecutedVersion\":\"$LATEST\",\"Payload\":" + input.output.text() +
                            ",\"StatusCode\":200}");
}

// The cause of a function's own error is the object it answered with. lambda:invoke writes it down again,
// without blanks; a task that names the function keeps the text of the function's runtime (both recorded).
// What the holder of a token says stays as it is.
Failure written_again(const Resource& resource, Failure failure) {
  const bool function = resource.kind == ResourceKind::Service && resource.service == "lambda" &&
                        resource.pattern == IntegrationPattern::RequestResponse;
  if (!function || !failure.cause.starts_with('{')) return failure;
  if (const auto answered = parse_json(failure.cause)) failure.cause = to_json(*answered);
  return failure;
}

}  // namespace

uint64_t StepRandom::next() {  // splitmix64
  uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

Stepper::Stepper(const StepContext& context, ExecutionStorage& storage, std::vector<Effect>& effects)
    : context_(context),
      storage_(storage),
      effects_(effects),
      random_(context.random_seed ^ (storage.execution().sequence * 0xD1B54A32D192ED03ull)) {}

StepOutcome Stepper::apply(const StepInput& input) {
  ExecutionState& state = execution();
  now_ms_ = std::max(context_.now_ms, state.now_ms);
  const bool ended = state.status != ExecutionStatus::Running;
  if (ended != std::holds_alternative<Redrive>(input)) return StepOutcome::Ignored;
  const StepOutcome outcome = std::visit([this](const auto& kind) { return on(kind); }, input);
  if (outcome == StepOutcome::Ignored) return outcome;
  run();
  state.now_ms = now_ms_;
  ++state.sequence;
  return outcome;
}

void Stepper::run() {
  while (!ready_.empty() && !finished()) {
    if (history_full_) {
      return finish_execution(
          ExecutionStatus::Failed, {},
          {std::string(errors::kRuntime), "The execution reached the maximum number of history events (" +
                                              std::to_string(context_.limits.history_events_max) + ")."},
          execution().next_event_id - 1);
    }
    if (transitions_ >= context_.limits.transitions_max) {
      effects_.push_back(RequestContinue{{ready_.begin(), ready_.end()}});
      return;
    }
    const ScopeId id = ready_.front();
    ready_.pop_front();
    Scope* scope = storage_.find_scope(id);
    if (!scope) continue;
    if (scope->phase == ScopePhase::Ready) {
      ++transitions_;
      enter(*scope);
    } else if (scope->phase == ScopePhase::WaitingForChildren) {
      starting_.erase(id);
      // A redriven Map Run may have nothing to do but to write its results.
      const bool all_done = scope->children_finished == scope->children_total;
      if (all_done && !scope->map_run_arn.empty()) {
        finish_map_run(*scope, state_of(*scope));
      } else {
        start_iterations(*scope, scope->previous_event);
      }
    }
  }
}

StepOutcome Stepper::on(const Start& input) {
  ExecutionState& state = execution();
  if (state.next_event_id != 1) return StepOutcome::Ignored;
  state.start_time_ms = now();
  HistoryEvent started = event(EventType::ExecutionStarted);
  started.has_payload = true;
  started.payload = input.input;
  started.resource = context_.info.role_arn;
  if (!context_.info.state_machine_alias_arn.empty() || !context_.info.state_machine_version_arn.empty()) {
    auto extras = std::make_shared<EventExtras>();
    extras->state_machine_alias_arn = context_.info.state_machine_alias_arn;
    extras->state_machine_version_arn = context_.info.state_machine_version_arn;
    started.extras = std::move(extras);
  }
  append(0, std::move(started));
  Scope& root = storage_.create_scope(ScopeId::Root);
  root.kind = ScopeKind::Root;
  root.input = input.input;
  state.next_scope_id = static_cast<uint32_t>(ScopeId::Root) + 1;
  state.open_scopes = 1;
  if (const int64_t due_ms = execution_due_ms(); due_ms > 0) arm(TimerKind::ExecutionTimeout, root, due_ms);
  begin_at_start(root);
  return StepOutcome::Applied;
}

void Stepper::begin_at_start(Scope& root) {
  root.state = context_.child_of
                   ? context_.definition.state(*context_.child_of).as<MapFields>().processor.start_at
                   : context_.definition.root().start_at;
  ready(root);
}

// When the time limit ends, counted from the start or the last redrive; 0: there is none.
int64_t Stepper::execution_due_ms() {
  const int64_t seconds = execution_seconds();
  const ExecutionState& state = execution();
  const int64_t begin_ms = state.redrive_count > 0 ? state.redrive_time_ms : state.start_time_ms;
  return seconds > 0 ? begin_ms + seconds * 1000 : 0;
}

// How long the execution may take; 0: no limit. The definition's TimeoutSeconds is not that of a child.
int64_t Stepper::execution_seconds() const {
  const int64_t own = context_.child_of ? 0 : context_.definition.timeout_seconds().value_or(0);
  const int64_t most = context_.limits.execution_seconds_max;
  if (most <= 0) return own;
  return own > 0 ? std::min(own, most) : most;
}

Scope* Stepper::current_attempt(ScopeId id, uint32_t attempt, ScopePhase phase) {
  Scope* scope = storage_.find_scope(id);
  return scope && scope->attempt == attempt && scope->phase == phase ? scope : nullptr;
}

StepOutcome Stepper::on(const TaskStarted& input) {
  Scope* scope = current_attempt(input.scope, input.attempt, ScopePhase::WaitingForTask);
  if (!scope || scope->task_started) return StepOutcome::Ignored;
  note_started(*scope, input.worker, input.started_ms);
  return StepOutcome::Applied;
}

StepOutcome Stepper::on(const TaskSubmitted& input) {
  Scope* scope = current_attempt(input.scope, input.attempt, ScopePhase::WaitingForTask);
  if (!scope) return StepOutcome::Ignored;
  note_started(*scope, {}, now());
  HistoryEvent submitted = task_detail(*scope, EventType::TaskSubmitted);
  submitted.has_payload = true;
  submitted.payload = input.output;
  append_in(*scope, std::move(submitted));
  return StepOutcome::Applied;
}

StepOutcome Stepper::on(const TaskSucceeded& input) {
  Scope* scope = current_attempt(input.scope, input.attempt, ScopePhase::WaitingForTask);
  if (!scope) return StepOutcome::Ignored;
  const State& state = state_of(*scope);
  note_started(*scope, input.worker, input.started_ms);
  end_task(*scope, false);
  const Resource& resource = state.as<TaskFields>().resource;
  auto output = checked_size(resource.kind == ResourceKind::LambdaFunction ? resource.text
                             : resource.service.empty()                    ? state.name
                                                                           : resource.service,
                             answer_of(resource, input));
  if (!output) {
    task_failed(*scope, task_event(*scope, 3), output.error().failure);
    return StepOutcome::Applied;
  }
  HistoryEvent succeeded = task_detail(*scope, task_event(*scope, 2));
  succeeded.has_payload = true;
  succeeded.payload = *output;
  append_in(*scope, std::move(succeeded));
  complete_work(*scope, state, *output);
  return StepOutcome::Applied;
}

StepOutcome Stepper::on(const TaskFailed& input) {
  Scope* scope = current_attempt(input.scope, input.attempt, ScopePhase::WaitingForTask);
  if (!scope) return StepOutcome::Ignored;
  note_started(*scope, input.worker, input.started_ms);
  end_task(*scope, false);
  const Resource& resource = state_of(*scope).as<TaskFields>().resource;
  const bool refused = input.submission && resource.pattern != IntegrationPattern::RequestResponse;
  const EventType type = refused ? EventType::TaskSubmitFailed : task_event(*scope, 3);
  task_failed(*scope, type, written_again(resource, input.failure));
  return StepOutcome::Applied;
}

StepOutcome Stepper::on(const TaskHeartbeat& input) {
  Scope* scope = current_attempt(input.scope, input.attempt, ScopePhase::WaitingForTask);
  if (!scope) return StepOutcome::Ignored;
  // Only the due time moves; the armed timer finds out when it fires (no re-arming for each heartbeat).
  if (scope->heartbeat_ms > 0) scope->heartbeat_due_ms = now() + scope->heartbeat_ms;
  return StepOutcome::Applied;
}

StepOutcome Stepper::on(const TimerFired& input) {
  Scope* scope = storage_.find_scope(input.scope);
  if (!scope || (scope->attempt != input.attempt && input.kind != TimerKind::ExecutionTimeout)) {
    return StepOutcome::Ignored;
  }
  switch (input.kind) {
    case TimerKind::Wait: {
      if (scope->phase != ScopePhase::WaitingForTimer) return StepOutcome::Ignored;
      const State& state = state_of(*scope);
      auto effective = effective_input(*scope, state);
      if (!effective) return fail(*scope, effective.error()), StepOutcome::Applied;
      auto output = state_output(*scope, state, *effective, *effective, false);
      if (!output) return fail(*scope, output.error()), StepOutcome::Applied;
      leave(*scope, *output, state.assign, {&effective->value()}, state.next);
      return StepOutcome::Applied;
    }
    case TimerKind::Retry:
      if (scope->phase != ScopePhase::WaitingForRetry) return StepOutcome::Ignored;
      scope->phase = ScopePhase::Ready;
      ready(*scope);
      return StepOutcome::Applied;
    case TimerKind::TaskTimeout:
    case TimerKind::Heartbeat: {
      if (scope->phase != ScopePhase::WaitingForTask) return StepOutcome::Ignored;
      if (input.kind == TimerKind::Heartbeat && scope->heartbeat_due_ms > now()) {
        scope->heartbeat_armed_ms = scope->heartbeat_due_ms;
        arm(TimerKind::Heartbeat, *scope, scope->heartbeat_armed_ms);
        return StepOutcome::Applied;
      }
      if (input.kind == TimerKind::Heartbeat) scope->heartbeat_due_ms = 0;
      if (input.kind == TimerKind::TaskTimeout) scope->timeout_due_ms = 0;
      end_task(*scope, true);
      Failure timeout{std::string(errors::kTimeout), {}, true, false};
      task_failed(*scope, task_event(*scope, 4), timeout);
      return StepOutcome::Applied;
    }
    case TimerKind::ExecutionTimeout:
      abort_tree(ScopeId::Root, false);
      finish_execution(ExecutionStatus::TimedOut, {}, {std::string(errors::kTimeout), {}, true, false}, 0);
      return StepOutcome::Applied;
  }
  return StepOutcome::Ignored;
}

StepOutcome Stepper::on(const Stop& input) {
  abort_tree(ScopeId::Root, false);
  finish_execution(ExecutionStatus::Aborted, {}, input.failure, 0);
  return StepOutcome::Applied;
}

StepOutcome Stepper::on(const Continue& input) {
  if (!input.ready.empty()) {
    // What waits by now is passed over by run().
    for (const ScopeId id : input.ready) {
      if (Scope* scope = storage_.find_scope(id)) ready(*scope);
    }
    return StepOutcome::Applied;
  }
  // What a bounded step left is what is Ready, or a Map with items to start.
  std::vector<ScopeId> pending{ScopeId::Root};
  while (!pending.empty()) {
    const ScopeId id = pending.back();
    pending.pop_back();
    Scope* scope = storage_.find_scope(id);
    if (!scope) continue;
    const bool fans_out = scope->phase == ScopePhase::WaitingForChildren;
    if (scope->phase == ScopePhase::Ready ||
        (fans_out && (scope->children_next < scope->children_total || scope->children_to_redrive > 0)))
      ready(*scope);
    if (!fans_out) continue;
    auto children = storage_.children(id);
    pending.insert(pending.end(), children.rbegin(), children.rend());
  }
  return StepOutcome::Applied;
}

void Stepper::arm(TimerKind kind, const Scope& scope, int64_t due_ms) {
  effects_.push_back(ArmTimer{kind, scope.id, scope.attempt, due_ms});
}

void Stepper::disarm(TimerKind kind, const Scope& scope, int64_t due_ms) {
  effects_.push_back(DisarmTimer{kind, scope.id, scope.attempt, due_ms});
}

}  // namespace interpreter
}  // namespace statelang
