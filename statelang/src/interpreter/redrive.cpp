// Redriving an execution: what failed or was aborted goes on, what succeeded is kept (AWS "Restarting state
// machine executions with redrive", docs/adr/0013_redrive.md).
#include "stepper.h"

namespace statelang::interpreter {

namespace {

constexpr uint32_t kMapRunRedrivesMax = 1000;  // AWS: of one Map Run

bool redrivable(ExecutionStatus status) {
  return status == ExecutionStatus::Failed || status == ExecutionStatus::TimedOut ||
         status == ExecutionStatus::Aborted || status == ExecutionStatus::PendingRedrive;
}

}  // namespace

StepOutcome Stepper::on(const Redrive& input) {
  ExecutionState& state = execution();
  Scope* root = storage_.find_scope(ScopeId::Root);
  if (!redrivable(state.status) || !root) return StepOutcome::Ignored;
  state.status = ExecutionStatus::Running;
  ++state.redrive_count;
  state.redrive_time_ms = now();
  HistoryEvent redriven = event(EventType::ExecutionRedriven);
  auto extras = std::make_shared<EventExtras>();
  extras->redrive_count = state.redrive_count;
  redriven.extras = std::move(extras);
  const EventId previous = append(state.next_event_id - 1, std::move(redriven));
  if (const int64_t due_ms = execution_due_ms(); due_ms > 0) {
    effects_.push_back(ArmTimer{TimerKind::ExecutionTimeout, ScopeId::Root, 0, due_ms});
  }
  if (!input.from_start) return redrive(*root, previous), StepOutcome::Applied;
  const uint32_t attempt = root->attempt;
  for (const ScopeId child : storage_.children(ScopeId::Root)) erase_tree(child);
  storage_.erase_scope(ScopeId::Root);
  Scope& anew = storage_.create_scope(ScopeId::Root);
  anew.kind = ScopeKind::Root;
  anew.input = storage_.execution_input();
  anew.previous_event = previous;
  anew.attempt = attempt + 1;  // what belonged to the run before never matches
  begin_at_start(anew);
  return StepOutcome::Applied;
}

// A stopped scope and what is below it. Retriers count anew; a state is not entered a second time.
void Stepper::redrive(Scope& scope, EventId previous) {
  scope.previous_event = previous;
  if (scope.phase != ScopePhase::Stopped) return ready(scope);  // its state is still to be entered
  const State& state = state_of(scope);
  ++scope.attempt;
  scope.retry_count = 0;
  scope.retrier_attempts.assign(state.retriers.size(), 0);
  scope.timeout_due_ms = scope.heartbeat_due_ms = scope.heartbeat_armed_ms = scope.heartbeat_ms = 0;
  if (!scope.map_run_arn.empty()) return redrive_map_run(scope, previous);
  if (scope.children_total == 0) {
    drop_children(scope);
    scope.phase = ScopePhase::Ready;
    scope.redriven = true;
    return ready(scope);
  }
  scope.phase = ScopePhase::WaitingForChildren;
  const std::vector<ScopeId> children = storage_.children(scope.id);
  scope.children_running = static_cast<uint32_t>(children.size());
  for (const ScopeId child : children) {
    redrive(*storage_.find_scope(child), previous);
    if (execution().status != ExecutionStatus::Running) return;  // its Map Run may not be redriven again
  }
  if (state.type == StateType::Map && scope.children_next < scope.children_total) ready(scope);
}

// The same Map Run goes on: children that did not succeed first, then those that never began. One whose items
// were not read to their end reads them again.
void Stepper::redrive_map_run(Scope& scope, EventId previous) {
  if (scope.map_run_redrives >= kMapRunRedrivesMax) {
    return fail(scope, StateFailure{{std::string(errors::kRuntime),
                                     "The Map Run " + scope.map_run_arn + " has been redriven " +
                                         std::to_string(kMapRunRedrivesMax) + " times, which is the most."}});
  }
  HistoryEvent redriven = event(EventType::MapRunRedriven);
  auto extras = std::make_shared<EventExtras>();
  extras->map_run_arn = scope.map_run_arn;
  extras->redrive_count = ++scope.map_run_redrives;
  redriven.extras = std::move(extras);
  scope.previous_event = append(previous, std::move(redriven));
  effects_.push_back(RedriveMapRun{scope.map_run_arn});
  if (is_ending(scope)) scope.tolerated_count.reset();
  scope.result_bucket.clear();
  scope.result_key.clear();
  if (scope.children_total == 0) {
    scope.phase = ScopePhase::Ready;
    scope.redriven = true;
    return ready(scope);
  }
  scope.phase = ScopePhase::WaitingForChildren;
  scope.children_finished -= scope.children_failed;  // those that succeeded
  scope.children_failed = scope.children_running = 0;
  scope.children_to_redrive = scope.children_next - scope.children_finished;
  ready(scope);
}

}  // namespace statelang::interpreter
