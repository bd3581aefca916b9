// Express executions. Asynchronous: the start record is stored until the end, and after a crash the execution
// runs again from the start (at least once). Synchronous: nothing is stored (at most once).
#include "express.h"

#include <engine/core/mutation.h>
#include <engine/core/record_codec.h>
#include <engine/core/state_keys.h>

#include "application.h"

namespace engine::core {

namespace {

// Not used twice. The record's own time, not the partition's: that stands still while the clock is behind it,
// and after a crash offsets come again that no commit has told of.
ExecutionNumber express_number(uint64_t offset, int64_t recorded_ms) {
  constexpr int kOffsetBits = 20;
  return static_cast<ExecutionNumber>(kExpressBit | static_cast<uint64_t>(recorded_ms) << kOffsetBits |
                                      (offset & ((1u << kOffsetBits) - 1)));
}

std::unique_ptr<ExpressExecution> make_express(const StartExecution& body,
                                               std::shared_ptr<const Machine> machine) {
  ExecutionFacts facts = facts_of(body, *machine);
  return std::unique_ptr<ExpressExecution>(new ExpressExecution{std::move(facts),
                                                                std::move(machine),
                                                                statelang::MemoryStorage(body.input),
                                                                body.synchronous,
                                                                false,
                                                                0,
                                                                0,
                                                                {}});
}

}  // namespace

void Application::start_express(const StartExecution& body, std::shared_ptr<const Machine> machine) {
  if (express_.size() >= settings_.express_executions_max) return reply(ReplyCode::TooManyExecutions);
  const ExecutionNumber number = express_number(position_.offset, record_.timestamp_ms);
  auto& slot = express_[static_cast<uint64_t>(number)];
  slot = make_express(body, std::move(machine));
  slot->request = body.synchronous ? record_.request : 0;
  slot->node = record_.node;
  run_express(number, *slot, statelang::Start{body.input});
  const auto found = express_.find(static_cast<uint64_t>(number));
  const bool to_store = !body.synchronous || mutated(Mutant::ExpressSyncStored);
  if (found != express_.end() && to_store && !mutated(Mutant::ExpressNotStored)) {
    transaction_.put(Table::Express, execution_key(number), encode(body));
    found->second->stored = true;
  }
  if (body.synchronous) return;  // answered when it ends
  Reply answer = reply_to_caller(ReplyCode::Done);
  answer.time_ms = position_.now_ms;
  answer.execution = number;
  reply(std::move(answer));
}

// After a restart: from the beginning, under a new number. What comes in for the old one, a late result of a
// task above all, belongs to scopes and attempts that this run may hand out to others.
void Application::start_over_express(ExecutionNumber before) {
  const auto bytes = transaction_.get(Table::Express, execution_key(before));
  if (!bytes) return;
  transaction_.erase(Table::Express, execution_key(before));
  const auto start = decode_start_execution(*bytes);
  auto machine = start ? machines_.find(transaction_, start->revision_id) : nullptr;
  if (!machine) return;
  const ExecutionNumber number =
      mutated(Mutant::ExpressNumberKept) ? before : express_number(position_.offset, record_.timestamp_ms);
  transaction_.put(Table::Express, execution_key(number), *bytes);
  auto& slot = express_[static_cast<uint64_t>(number)];
  slot = make_express(*start, std::move(machine));
  slot->stored = true;
  run_express(number, *slot, statelang::Start{start->input});
}

statelang::StepOutcome Application::run_express(ExecutionNumber number, ExpressExecution& execution,
                                                const statelang::StepInput& input) {
  const statelang::ExecutionInfo info = info_of(settings_, execution.facts, *execution.machine);
  const TaskTokenMaker tokens(settings_, number);
  statelang::StepLimits limits = settings_.limits;
  limits.execution_seconds_max = settings_.express_seconds_max;
  limits.history_events_max = INT64_MAX;  // AWS: Express executions have no such limit
  const statelang::StepContext context{*execution.machine->definition,
                                       info,
                                       tokens,
                                       position_.now_ms,
                                       random_seed_of(execution.facts.execution_arn),
                                       execution.machine->registered.log.level != LogLevel::Off,
                                       limits};
  std::vector<statelang::Effect> effects;
  const auto outcome = statelang::step(context, execution.storage, input, effects);
  if (auto events = execution.storage.take_events(); !events.empty()) {
    const RegisterDefinition& machine = execution.machine->registered;
    actions_.push_back(ExpressLogged{execution.facts.execution_arn, machine.state_machine_name, machine.log,
                                     std::move(events)});
  }
  const statelang::FinishExecution* finished = nullptr;
  for (const statelang::Effect& effect : effects) {
    if (const auto* task = std::get_if<statelang::ScheduleTask>(&effect)) {
      const statelang::Scope* scope = execution.storage.find_scope(task->scope);
      DispatchTask dispatch = dispatch_of(settings_, number, execution.facts, *execution.machine, *task,
                                          scope ? scope->retry_count : 0, position_.now_ms);
      dispatch.express = true;
      if (!dispatch.test_case.empty()) dispatch.mock_call = execution.mock_calls[dispatch.state_name]++;
      actions_.push_back(std::move(dispatch));
    } else if (const auto* cancel = std::get_if<statelang::CancelTask>(&effect)) {
      actions_.push_back(WithdrawTask{{settings_.partition, number, cancel->scope, cancel->attempt}});
    } else if (const auto* arm = std::get_if<statelang::ArmTimer>(&effect)) {
      actions_.push_back(ArmTimer{timer_of(number, *arm)});
    } else if (const auto* disarm = std::get_if<statelang::DisarmTimer>(&effect)) {
      actions_.push_back(DisarmTimer{timer_of(number, *disarm)});
    } else if (const auto* end = std::get_if<statelang::FinishExecution>(&effect)) {
      finished = end;
    } else if (const auto* rest = std::get_if<statelang::RequestContinue>(&effect)) {
      execution.ready.insert(execution.ready.end(), rest->ready.begin(), rest->ready.end());
      actions_.push_back(AppendRecord{ContinueExecution{number}});
    }
  }
  if (finished) finish_express(number, execution, *finished);
  return outcome;
}

// `execution` is gone afterwards.
void Application::finish_express(ExecutionNumber number, ExpressExecution& execution,
                                 const statelang::FinishExecution& effect) {
  if (execution.stored) transaction_.erase(Table::Express, execution_key(number));
  actions_.push_back(ExecutionChanged{number, execution.facts.execution_arn, effect.status, true, 0, {}});
  if (execution.synchronous) {
    Reply answer;
    answer.request = execution.request;
    answer.node = execution.node;
    answer.time_ms = execution.storage.execution().start_time_ms;
    answer.execution = number;
    answer.status = effect.status;
    answer.output = effect.output;
    answer.failure = effect.failure;
    reply(std::move(answer));
  }
  express_.erase(static_cast<uint64_t>(number));
}

}  // namespace engine::core
