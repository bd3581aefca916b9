// StopExecution and ContinueExecution.
#include <engine/core/state_keys.h>

#include "application.h"

namespace engine::core {

void Application::refuse_unknown(const std::string& execution_arn) {
  reply(ReplyCode::ExecutionDoesNotExist, "Execution Does Not Exist: '" + execution_arn + "'");
}

void Application::apply(const StopExecution& body) {
  if (body.execution_arn.find(":express:") != std::string::npos) {
    return reply(ReplyCode::StateMachineTypeNotSupported);
  }
  const auto known = transaction_.get(Table::Names, body.execution_arn);
  if (!known) return refuse_unknown(body.execution_arn);
  const ExecutionNumber number = parse_execution_key(*known);
  auto running = load(number);
  if (!running) return refuse_unknown(body.execution_arn);
  run(*running, statelang::Stop{body.failure});
  // Of one that had ended before: when that was.
  Reply answer = reply_to_caller(ReplyCode::Done);
  answer.time_ms = running->storage.execution().now_ms;
  answer.execution = number;
  answer.status = running->storage.execution().status;
  reply(std::move(answer));
}

void Application::apply(const ContinueExecution& body) {
  if (is_express(body.execution)) {
    const auto found = express_.find(static_cast<uint64_t>(body.execution));
    if (found == express_.end()) return start_over_express(body.execution);
    run_express(body.execution, *found->second, statelang::Continue{std::exchange(found->second->ready, {})});
    return;
  }
  // Without the mark this record is a second one for the same rest.
  const auto left = transaction_.get(Table::Meta, continue_key(body.execution));
  if (!left) return;
  transaction_.erase(Table::Meta, continue_key(body.execution));
  auto running = load(body.execution);
  if (!running) return;
  running->storage.set_continues(false);
  run(*running, statelang::Continue{decode_ready(*left)});
}

}  // namespace engine::core
