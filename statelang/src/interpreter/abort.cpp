// Ending what is under way: siblings of a failed branch, or a whole execution. What is ended is kept,
// Stopped, for a redrive; it goes when the failure is handled (drop_children) or with the execution.
#include "stepper.h"

namespace statelang::interpreter {

// The scope's own task, timer or Map Run. Ready stays what never entered its state.
void Stepper::abort_work(Scope& scope, bool with_events) {
  switch (scope.phase) {
    case ScopePhase::WaitingForTask:
      end_task(scope, true);
      break;
    case ScopePhase::WaitingForTimer:
      disarm(TimerKind::Wait, scope, scope.timeout_due_ms);
      break;
    case ScopePhase::WaitingForRetry:
      disarm(TimerKind::Retry, scope, scope.timeout_due_ms);
      break;
    case ScopePhase::WaitingForChildren:
      abort_children(scope, with_events);
      break;
    case ScopePhase::WaitingForMapRun:
      effects_.push_back(CancelTask{scope.id, scope.attempt});
      // Items that were not read to their end are read again. With a key the results were being written.
      if (!scope.result_key.empty()) break;
      storage_.erase_items_and_results(scope.id);
      scope.children_total = scope.children_next = 0;
      break;
    case ScopePhase::Ready:
      if (scope.retry_count == 0 && !scope.redriven && scope.map_run_arn.empty()) return;
      break;
    case ScopePhase::Stopped:
      return;
  }
  scope.phase = ScopePhase::Stopped;
  if (!scope.map_run_arn.empty()) end_map_run(scope, ExecutionStatus::Aborted);
}

void Stepper::abort_children(Scope& scope, bool with_events) {
  const bool open = scope.children_running > 0 || scope.children_to_redrive > 0;
  if (!scope.map_run_arn.empty() && open) effects_.push_back(StopChildren{scope.map_run_arn});
  for (const ScopeId child : storage_.children(scope.id)) abort_tree(child, with_events);
  scope.children_running = scope.children_to_redrive = 0;
}

// Ends a scope and everything below it. With events: what a user sees of siblings that were under way.
void Stepper::abort_tree(ScopeId id, bool with_events) {
  Scope* scope = storage_.find_scope(id);
  if (!scope || scope->phase == ScopePhase::Stopped) return;
  const bool waits =
      scope->phase == ScopePhase::WaitingForTask || scope->phase == ScopePhase::WaitingForTimer ||
      scope->phase == ScopePhase::WaitingForRetry || scope->phase == ScopePhase::WaitingForChildren;
  const bool runs_map = !scope->map_run_arn.empty() && (scope->phase == ScopePhase::WaitingForChildren ||
                                                        scope->phase == ScopePhase::WaitingForMapRun);
  abort_work(*scope, with_events);
  if (runs_map) append_in(*scope, event(EventType::MapRunAborted));
  if (id == ScopeId::Root || !with_events || !waits) return;
  const State& state = state_of(*scope);
  EventType type = EventType::TaskStateAborted;
  if (state.type == StateType::Wait) type = EventType::WaitStateAborted;
  if (state.type == StateType::Parallel) type = EventType::ParallelStateAborted;
  if (state.type == StateType::Map) type = EventType::MapStateAborted;
  append_in(*scope, event(type));
  if (scope->kind == ScopeKind::Iteration) {
    HistoryEvent aborted = event(EventType::MapIterationAborted);
    aborted.name = state_of(*storage_.find_scope(scope->parent)).name;
    aborted.number = scope->index;
    append(scope->previous_event, std::move(aborted));
  }
}

// The failure of a Parallel or Map is handled, or its work begins anew: what was kept of it goes.
void Stepper::drop_children(Scope& scope) {
  const StateType type = state_of(scope).type;
  if (type != StateType::Parallel && type != StateType::Map) return;
  for (const ScopeId child : storage_.children(scope.id)) erase_tree(child);
  storage_.erase_items_and_results(scope.id);
  scope.children_total = scope.children_next = scope.children_running = scope.children_finished = 0;
  scope.children_failed = scope.children_to_redrive = scope.map_run_redrives = 0;
  scope.map_run_arn.clear();
  scope.result_bucket.clear();
  scope.result_key.clear();
}

void Stepper::erase_tree(ScopeId id) {
  for (const ScopeId child : storage_.children(id)) erase_tree(child);
  storage_.erase_scope(id);
  --execution().open_scopes;
}

}  // namespace statelang::interpreter
