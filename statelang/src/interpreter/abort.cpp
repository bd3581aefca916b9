// Ending what is under way: siblings of a failed branch, or a whole execution.
#include "stepper.h"

namespace statelang::interpreter {

// The scope's own task, timer or Map Run.
void Stepper::abort_work(Scope& scope) {
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
      abort_children(scope, false);
      storage_.erase_items_and_results(scope.id);
      break;
    case ScopePhase::WaitingForMapRun:
      effects_.push_back(CancelTask{scope.id, scope.attempt});
      storage_.erase_items_and_results(scope.id);
      break;
    case ScopePhase::Ready:
      break;
  }
  scope.phase = ScopePhase::Ready;
  if (!scope.map_run_arn.empty()) end_map_run(scope, ExecutionStatus::Aborted);
}

void Stepper::abort_children(Scope& scope, bool with_events) {
  const bool apart = context_.children_apart && !scope.map_run_arn.empty();
  if (apart && scope.children_running > 0) effects_.push_back(StopChildren{scope.map_run_arn});
  for (const ScopeId child : storage_.children(scope.id)) abort_tree(child, with_events);
  scope.children_running = 0;
  scope.children_next = scope.children_total;
}

// Ends a scope and everything below it. With events: what a user sees of siblings that were under way.
void Stepper::abort_tree(ScopeId id, bool with_events) {
  Scope* scope = storage_.find_scope(id);
  if (!scope) return;
  const bool waits =
      scope->phase == ScopePhase::WaitingForTask || scope->phase == ScopePhase::WaitingForTimer ||
      scope->phase == ScopePhase::WaitingForRetry || scope->phase == ScopePhase::WaitingForChildren;
  if (scope->phase == ScopePhase::WaitingForChildren) abort_children(*scope, with_events);
  abort_work(*scope);
  if (id == ScopeId::Root) return;  // finish_execution() erases it
  if (with_events && waits) {
    const State& state = state_of(*scope);
    EventType type = EventType::TaskStateAborted;
    if (state.type == StateType::Wait) type = EventType::WaitStateAborted;
    if (state.type == StateType::Parallel) type = EventType::ParallelStateAborted;
    if (state.type == StateType::Map) type = EventType::MapStateAborted;
    append_in(*scope, event(type));
    if (scope->kind == ScopeKind::Iteration && !scope->child_execution) {
      HistoryEvent aborted = event(EventType::MapIterationAborted);
      aborted.name = state_of(*storage_.find_scope(scope->parent)).name;
      aborted.number = scope->index;
      append(*scope, scope->previous_event, std::move(aborted));
    }
  }
  storage_.erase_scope(id);
  --execution().open_scopes;
}

}  // namespace statelang::interpreter
