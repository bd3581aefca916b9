#include "looked_up.h"

#include <engine/core/state_keys.h>

#include "express.h"

namespace engine::core {

void LookedUp::add(const StartExecution& body) {
  if (!body.synchronous) rows_.push_back({Table::Names, body.execution_arn});
}

void LookedUp::add(const TaskReport& body) {
  if (is_express(body.task.execution)) return;
  add_execution(body.task.execution);
  add_scope(body.task.execution, body.task.scope);
}

void LookedUp::add(const TimerDue& body) {
  if (is_express(body.execution)) return;
  rows_.push_back({Table::Timers, timer_key(body)});
  add_execution(body.execution);
  if (body.kind != TimerDue::kRetention) add_scope(body.execution, body.scope);
}

void LookedUp::add(const ContinueExecution& body) {
  add_execution(body.execution);
}

void LookedUp::add_execution(ExecutionNumber number) {
  if (!seen_executions_.insert(number).second) return;
  if (!executions_.has_facts(number))
    rows_.push_back({Table::Executions, execution_part_key(number, ExecutionPart::Info)});
  if (!executions_.has_state(number))
    rows_.push_back({Table::Executions, execution_part_key(number, ExecutionPart::State)});
}

// The root stands with the execution's state.
void LookedUp::add_scope(ExecutionNumber number, statelang::ScopeId scope) {
  if (scope == statelang::ScopeId::Root || !seen_scopes_.emplace(number, scope).second) return;
  rows_.push_back({Table::Scopes, scope_part_key(number, scope, ScopePart::Fields)});
}

}  // namespace engine::core
