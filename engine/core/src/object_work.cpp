// ReadItems and WriteResults: scheduling, and their answers.
#include <engine/core/object_tasks.h>
#include <engine/core/state_codec.h>
#include <engine/core/state_keys.h>

#include "application.h"

namespace engine::core {

void Application::schedule_object_task(Running& running, const ObjectTask& task) {
  const ExecutionFacts& facts = running.storage.facts();
  const statelang::Scope* scope = running.storage.find_scope(task.scope);
  DispatchTask dispatch;
  dispatch.id = {settings_.partition, running.number, task.scope, task.attempt};
  dispatch.queue = task.queue;
  dispatch.resource = "arn:aws:states:::s3";
  dispatch.input = task.input;
  dispatch.state_name = scope ? running.machine->definition->state(scope->state).name : "";
  dispatch.execution_arn = facts.execution_arn;
  dispatch.state_machine_arn = facts.state_machine_arn;
  dispatch.scheduled_ms = position_.now_ms;
  const OpenTask open{dispatch.queue,       dispatch.resource, dispatch.input, dispatch.state_name, 0,
                      dispatch.scheduled_ms};
  transaction_.put(Table::Tasks, task_key(running.number, task.scope, task.attempt), encode(open));
  actions_.push_back(std::move(dispatch));
}

bool Application::schedule_objects(Running& running, const statelang::Effect& effect) {
  if (const auto* read = std::get_if<statelang::ReadItems>(&effect)) {
    schedule_object_task(running,
                         {read->scope, read->attempt, std::string(kReadItemsQueue), input_of(*read)});
    return true;
  }
  if (const auto* write = std::get_if<statelang::WriteResults>(&effect)) {
    schedule_object_task(running,
                         {write->scope, write->attempt, std::string(kWriteResultsQueue), input_of(*write)});
    return true;
  }
  return false;
}

// Whether the report was one of an object task; it is answered then.
bool Application::take_object_report(Running& running, const TaskReport& body) {
  const statelang::Scope* scope = running.storage.find_scope(body.task.scope);
  if (!scope || scope->phase != statelang::ScopePhase::WaitingForMapRun) return false;
  const auto bytes =
      transaction_.get(Table::Tasks, task_key(body.task.execution, body.task.scope, body.task.attempt));
  const auto task = bytes ? decode_open_task(*bytes) : std::nullopt;
  if (!task) return false;
  std::optional<statelang::Failure> failure;
  statelang::Value items = statelang::Value::array();
  bool more = false;
  if (const auto* succeeded = std::get_if<statelang::TaskSucceeded>(&body.report)) {
    const statelang::Value& answer = succeeded->output.value();
    if (const statelang::Value* read = answer.find("Items")) items = *read;
    const statelang::Value* further = answer.find("More");
    more = further && further->is_boolean() && further->as_boolean();
  } else if (const auto* failed = std::get_if<statelang::TaskFailed>(&body.report)) {
    failure = failed->failure;
  } else {
    reply(ReplyCode::Done);  // that it has begun is written nowhere
    return true;
  }
  if (task->queue == kReadItemsQueue) {
    run(running,
        statelang::ItemsRead{body.task.scope, body.task.attempt, std::move(items), std::move(failure), more});
  } else {
    writing_failed_ = failure.has_value();
    run(running, statelang::ResultsWritten{body.task.scope, body.task.attempt, std::move(failure)});
  }
  reply(ReplyCode::Done);
  return true;
}

}  // namespace engine::core
