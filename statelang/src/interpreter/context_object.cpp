// The Context Object: $$ and $states.context (AWS "Accessing execution data from the Context object").
#include <statelang/timestamps/timestamp.h>

#include "stepper.h"

namespace statelang::interpreter {

const Value& Stepper::context_object(const Scope& scope) {
  if (cached_scope_ != scope.id) forget_caches(), cached_scope_ = scope.id;
  if (cached_context_) return *cached_context_;
  if (const Value* given = inspector_ ? inspector_->context_object() : nullptr) {
    return cached_context_.emplace(*given);
  }
  const State& state = state_of(scope);
  const ExecutionInfo& info = context_.info;
  const ExecutionState& run = execution();
  Value execution_part = Value::object({{"Id", info.execution_arn},
                                        {"Input", storage_.execution_input().value()},
                                        {"StartTime", timestamps::format_epoch_ms(run.start_time_ms)},
                                        {"Name", info.execution_name}});
  execution_part.set("RoleArn", info.role_arn);
  execution_part.set("RedriveCount", static_cast<int64_t>(run.redrive_count));
  if (run.redrive_count > 0)
    execution_part.set("RedriveTime", timestamps::format_epoch_ms(run.redrive_time_ms));
  Value context = Value::object(
      {{"Execution", std::move(execution_part)},
       {"StateMachine", Value::object({{"Id", info.state_machine_arn}, {"Name", info.state_machine_name}})},
       {"State", Value::object({{"Name", state.name},
                                {"EnteredTime", timestamps::format_epoch_ms(scope.entered_ms)}})}});
  const bool may_retry =
      state.type == StateType::Task || state.type == StateType::Parallel || state.type == StateType::Map;
  if (may_retry) {
    context.mutable_object().find("State")->set("RetryCount", static_cast<int64_t>(scope.retry_count));
  }
  // The innermost iteration around the state.
  const Scope* level = &scope;
  while (level && level->kind != ScopeKind::Iteration) {
    level = level->parent == ScopeId::None ? nullptr : storage_.find_scope(level->parent);
  }
  if (level) context.set("Map", Value::object({{"Item", level->map_item}}));
  if (const auto* task = std::get_if<TaskFields>(&state.fields)) {
    if (task->resource.pattern != IntegrationPattern::RequestResponse ||
        task->resource.kind == ResourceKind::Activity) {
      context.set("Task", Value::object({{"Token", context_.tokens.token(scope.id, scope.attempt)}}));
    }
  }
  return cached_context_.emplace(std::move(context));
}

}  // namespace statelang::interpreter
