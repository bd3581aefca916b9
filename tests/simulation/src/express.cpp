#include "express.h"

namespace simulation {

using statelang::EventType;
using statelang::ExecutionStatus;
using statelang::HistoryEvent;

std::string outcome_text(ExecutionStatus status, const std::string& output_or_error) {
  return std::string(statelang::to_string(status)) + " " + output_or_error;
}

bool is_end(EventType type) {
  return type == EventType::ExecutionSucceeded || type == EventType::ExecutionFailed ||
         type == EventType::ExecutionAborted || type == EventType::ExecutionTimedOut;
}

void ExpressRuns::started(const std::string& arn, size_t plan, bool synchronous) {
  ExpressRun& run = runs_[arn];
  run.plan = plan;
  run.synchronous = synchronous;
}

std::optional<std::string> ExpressRuns::logged(const engine::core::ExpressLogged& step) {
  const auto found = runs_.find(step.execution_arn);
  if (found == runs_.end()) return "C2: nobody started " + step.execution_arn;
  for (const HistoryEvent& event : step.events) {
    if (auto wrong = note(step.execution_arn, found->second, event)) return wrong;
  }
  return std::nullopt;
}

std::optional<std::string> ExpressRuns::note(const std::string& arn, ExpressRun& run,
                                             const HistoryEvent& event) {
  if (event.type == EventType::ExecutionStarted) {
    run.last_event = 0;
    run.timeouts = 0;
    if (++run.beginnings > 1 && run.synchronous) return "C2: the synchronous " + arn + " ran twice";
  }
  if (event.id != run.last_event + 1 || event.previous_id >= event.id) {
    return "C3: event " + std::to_string(event.id) + " of " + arn + " after event " +
           std::to_string(run.last_event);
  }
  run.last_event = event.id;
  run.timeouts += event.type == EventType::TaskTimedOut;
  if (!is_end(event.type)) return std::nullopt;
  ++run.ends;
  const bool succeeded = event.type == EventType::ExecutionSucceeded;
  run.outcome = outcome_text(succeeded ? ExecutionStatus::Succeeded : ExecutionStatus::Failed,
                             succeeded ? event.payload.text() : event.error);
  // More timeouts than tasks that hang: the engine was down or heartbeats were left out, which the oracle
  // does not know of.
  const Outcome& expected = expected_(run.plan);
  if (run.timeouts > expected.timeouts) return std::nullopt;
  const bool same = succeeded == expected.succeeded &&
                    (succeeded ? event.payload.value() == expected.output : event.error == expected.error);
  if (same || run.timeouts > 0) return std::nullopt;
  return "C4: " + arn + " ended " + run.outcome + ", expected " +
         (expected.succeeded ? statelang::to_json(expected.output) : expected.error);
}

std::optional<std::string> ExpressRuns::answered(const std::string& arn, const engine::core::Reply& reply) {
  ExpressRun& run = runs_.at(arn);
  run.acknowledged = true;
  const std::string answer = outcome_text(
      reply.status, reply.status == ExecutionStatus::Succeeded ? reply.output.text() : reply.failure.error);
  if (run.ends == 1 && answer == run.outcome) return std::nullopt;
  return "C7: " + arn + " was answered " + answer + ", but had " + std::to_string(run.ends) +
         " ends, the last of them " + run.outcome;
}

std::optional<std::string> ExpressRuns::check(int restarts, const std::set<std::string>& ended,
                                              uint64_t& compared) const {
  for (const auto& [arn, run] : runs_) {
    if (run.acknowledged && run.ends == 0 && !ended.contains(arn))
      return "C1: " + arn + " was acknowledged and did not end";
    if (run.ends > (run.synchronous ? 1 : 1 + restarts))
      return "C1: " + arn + " ended " + std::to_string(run.ends) + " times";
    compared += run.acknowledged;
  }
  return std::nullopt;
}

}  // namespace simulation
