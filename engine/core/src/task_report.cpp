// TaskReport: what workers say about an attempt.
#include <engine/core/mutation.h>

#include "application.h"

namespace engine::core {

namespace {

// The report with the scope and attempt of the token: those inside are not believed.
statelang::StepInput input_of(const TaskReport& body) {
  if (const auto* failed = std::get_if<statelang::TaskFailed>(&body.report);
      failed && body.whole_answer && failed->failure.error == statelang::errors::kTimeout) {
    return statelang::TimerFired{statelang::TimerKind::TaskTimeout, body.task.scope, body.task.attempt};
  }
  return std::visit(
      [&](auto report) -> statelang::StepInput {
        report.scope = body.task.scope;
        report.attempt = body.task.attempt;
        if constexpr (std::is_same_v<decltype(report), statelang::TaskSucceeded>)
          report.from_function = !body.whole_answer;
        return report;
      },
      body.report);
}

// The simulator's mutant: takes any attempt for the current one.
statelang::StepInput input_without_attempt(statelang::ExecutionStorage& storage, TaskReport body) {
  if (const auto* scope = storage.find_scope(body.task.scope)) body.task.attempt = scope->attempt;
  return input_of(body);
}

// Why a report was ignored: its attempt is over, or there never was one.
ReplyCode code_of_ignored(statelang::ExecutionStorage& storage, const TaskReport& body) {
  const statelang::Scope* scope = storage.find_scope(body.task.scope);
  if (static_cast<uint32_t>(body.task.scope) >= storage.execution().next_scope_id) {
    return ReplyCode::TaskDoesNotExist;
  }
  if (scope && body.task.attempt > scope->attempt) return ReplyCode::TaskDoesNotExist;
  const bool is_current =
      scope && scope->attempt == body.task.attempt && scope->phase == statelang::ScopePhase::WaitingForTask;
  // A second TaskStarted of an attempt that is under way changes nothing and is no error.
  if (is_current && std::holds_alternative<statelang::TaskStarted>(body.report)) return ReplyCode::Done;
  return ReplyCode::TaskTimedOut;
}

}  // namespace

void Application::apply(const TaskReport& body) {
  if (body.task.partition != settings_.partition) return reply(ReplyCode::TaskDoesNotExist);
  if (is_express(body.task.execution)) {
    const auto found = express_.find(static_cast<uint64_t>(body.task.execution));
    if (found == express_.end()) return reply(ReplyCode::TaskTimedOut);
    statelang::ExecutionStorage& storage = found->second->storage;
    const auto outcome = run_express(body.task.execution, *found->second, input_of(body));
    // Applied: the execution may have ended with it and be gone.
    return reply(outcome == statelang::StepOutcome::Applied ? ReplyCode::Done
                                                            : code_of_ignored(storage, body));
  }
  auto running = load(body.task.execution);
  if (!running) return reply(ReplyCode::TaskDoesNotExist);
  if (take_object_report(*running, body)) return;
  // Once: a task that is dispatched again after a restart is submitted again.
  if (std::holds_alternative<statelang::TaskSubmitted>(body.report) && !note_submitted(body.task)) {
    return reply(ReplyCode::Done);
  }
  const bool heartbeat = std::holds_alternative<statelang::TaskHeartbeat>(body.report);
  if (heartbeat && mutated(Mutant::HeartbeatLost)) return reply(ReplyCode::Done);
  const auto outcome =
      run(*running, mutated(Mutant::ResultWithoutAttempt) ? input_without_attempt(running->storage, body)
                                                          : input_of(body));
  if (outcome == statelang::StepOutcome::Ignored) erase_cancelled(body.task);
  if (heartbeat && mutated(Mutant::HeartbeatOfOldAttempt)) return reply(ReplyCode::Done);
  if (!heartbeat && mutated(Mutant::ResultAcceptedTwice)) return reply(ReplyCode::Done);
  reply(outcome == statelang::StepOutcome::Applied ? ReplyCode::Done
                                                   : code_of_ignored(running->storage, body));
}

}  // namespace engine::core
