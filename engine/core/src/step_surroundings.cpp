// What step() needs around it and what becomes of its effects, for stored and Express executions alike.
#include <engine/core/task_queue_name.h>
#include <engine/wire/task_token.h>

#include "application.h"

namespace engine::core {

namespace {

using statelang::Resource;
using statelang::ResourceKind;

// arn:aws:lambda:R:A:function:NAME[:QUALIFIER], R:function:NAME or NAME: the name.
std::string function_name(std::string_view text) {
  if (const size_t at = text.find("function:"); at != std::string_view::npos) text.remove_prefix(at + 9);
  return std::string(text.substr(0, text.find(':')));
}

std::string integration_queue(const Resource& resource) {
  return resource.service + ":" + resource.api.substr(0, resource.api.find('.'));
}

}  // namespace

std::string task_queue_name(const Resource& resource, const statelang::Payload& input) {
  switch (resource.kind) {
    case ResourceKind::LambdaFunction:
    case ResourceKind::Queue:
      return resource.name;
    case ResourceKind::Activity:
      return resource.text;
    case ResourceKind::AwsSdk:
      return integration_queue(resource);
    case ResourceKind::Service:
      break;
  }
  if (resource.service == "lambda") {
    const statelang::Value* name = input.value().find("FunctionName");
    if (name && name->is_string()) return function_name(name->as_string());
  }
  return integration_queue(resource);
}

std::string TaskTokenMaker::token(statelang::ScopeId scope, uint32_t attempt) const {
  return wire::make_task_token(settings_.token_key, {settings_.partition, static_cast<uint64_t>(execution_),
                                                     static_cast<uint32_t>(scope), attempt});
}

ExecutionFacts facts_of(const StartExecution& start, const Machine& machine) {
  return {start.execution_arn,
          start.name,
          start.revision_id,
          machine.registered.state_machine_arn,
          start.state_machine_alias_arn,
          start.state_machine_version_arn,
          start.trace_header,
          start.retention_ms,
          start.parent_execution_arn,
          start.parent_task,
          start.test_case};
}

statelang::ExecutionInfo info_of(const PartitionSettings& settings, const ExecutionFacts& facts,
                                 const Machine& machine) {
  return {facts.execution_arn,
          facts.name,
          machine.registered.state_machine_arn,
          machine.registered.state_machine_name,
          machine.registered.role_arn,
          settings.region,
          settings.account,
          facts.state_machine_alias_arn,
          facts.state_machine_version_arn};
}

uint64_t random_seed_of(std::string_view execution_arn) {  // FNV-1a
  uint64_t hash = 0xCBF29CE484222325ull;
  for (const char c : execution_arn) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3ull;
  return hash;
}

// lambda:invoke hands the function its Payload, not the whole request.
statelang::Payload function_input(const Resource& resource, const statelang::Payload& input) {
  if (resource.kind != ResourceKind::Service || resource.service != "lambda") return input;
  const statelang::Value* payload = input.value().find("Payload");
  return payload ? statelang::Payload::from_value(*payload) : statelang::Payload();
}

DispatchTask dispatch_of(const PartitionSettings& settings, ExecutionNumber number,
                         const ExecutionFacts& facts, const Machine& machine,
                         const statelang::ScheduleTask& effect, uint32_t retry_count, int64_t now_ms) {
  const statelang::State& state = machine.definition->state(effect.state);
  const Resource& resource = state.as<statelang::TaskFields>().resource;
  DispatchTask dispatch;
  dispatch.id = {settings.partition, number, effect.scope, effect.attempt};
  dispatch.queue = task_queue_name(resource, effect.input);
  dispatch.resource = resource.text;
  dispatch.input = function_input(resource, effect.input);
  dispatch.state_name = state.name;
  dispatch.execution_arn = facts.execution_arn;
  dispatch.state_machine_arn = facts.state_machine_arn;
  dispatch.retry_count = retry_count;
  dispatch.scheduled_ms = now_ms;
  dispatch.timeout_ms = effect.timeout_ms;
  dispatch.heartbeat_ms = effect.heartbeat_ms;
  dispatch.test_case = facts.test_case;
  return dispatch;
}

TimerDue timer_of(ExecutionNumber number, const statelang::ArmTimer& effect) {
  return {effect.due_ms, number, static_cast<uint8_t>(effect.kind), effect.scope, effect.attempt};
}
TimerDue timer_of(ExecutionNumber number, const statelang::DisarmTimer& effect) {
  return {effect.due_ms, number, static_cast<uint8_t>(effect.kind), effect.scope, effect.attempt};
}

}  // namespace engine::core
