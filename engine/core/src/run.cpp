// Steps of stored executions: load, step, store, act.
#include <algorithm>

#include <engine/core/mutation.h>
#include <engine/core/state_keys.h>

#include "application.h"
#include "listing_keys.h"

namespace engine::core {

Reply Application::reply_to_caller(ReplyCode code) const {
  Reply answer;
  answer.request = record_.request;
  answer.node = record_.node;
  answer.code = code;
  return answer;
}

void Application::reply(ReplyCode code, std::string text) {
  Reply answer = reply_to_caller(code);
  answer.text = std::move(text);
  reply(std::move(answer));
}

void Application::reply(Reply answer) {
  if (answer.request != 0) actions_.push_back(std::move(answer));
}

std::optional<Application::Running> Application::load(ExecutionNumber number) {
  auto storage = StoredExecution::load(transaction_, executions_, number);
  if (!storage) return std::nullopt;
  auto machine = machines_.find(transaction_, storage->facts().revision_id);
  return Running{number, std::move(machine), std::move(*storage)};
}

namespace {

std::optional<statelang::StateIndex> child_of(const ExecutionFacts& facts) {
  return facts.is_child() ? std::optional(facts.map_state) : std::nullopt;
}

}  // namespace

statelang::StepLimits Application::limits_of(Running& running) const {
  statelang::StepLimits limits = settings_.limits;
  // Many may have to be told in one record: what follows from it is a step of its own.
  if (telling_parents_) limits.transitions_max = 0;
  const ExecutionFacts& facts = running.storage.facts();
  if (!facts.is_child()) return limits;
  const auto& map = running.machine->definition->state(facts.map_state).as<statelang::MapFields>();
  if (map.express_children) limits.execution_seconds_max = settings_.express_seconds_max;
  // A child begins with one transition, or is redriven with none: a Map that starts many is still one small
  // step. The rest is a step of its own.
  const statelang::ExecutionState& state = running.storage.execution();
  if (starting_child_with_) {
    limits.transitions_max = *starting_child_with_;
  } else if (state.status != statelang::ExecutionStatus::Running) {
    limits.transitions_max = 0;
  }
  return limits;
}

statelang::StepOutcome Application::run(Running& running, const statelang::StepInput& input) {
  if (!running.machine)
    return statelang::StepOutcome::Ignored;  // its definition cannot be read: as a read error
  const statelang::ExecutionInfo info = info_of(settings_, running.storage.facts(), *running.machine);
  const TaskTokenMaker tokens(settings_, running.number);
  const statelang::StepContext context{*running.machine->definition,
                                       info,
                                       tokens,
                                       position_.now_ms,
                                       random_seed_of(running.storage.facts().execution_arn),
                                       true,
                                       limits_of(running),
                                       child_of(running.storage.facts())};
  const StatusBefore before{running.storage.execution()};
  std::vector<statelang::Effect> effects;
  const auto outcome = statelang::step(context, running.storage, input, effects);
  if (outcome == statelang::StepOutcome::Ignored) return outcome;
  for (const statelang::Effect& effect : effects) {
    if (!is_apart(effect)) perform(running, effect);
  }
  running.storage.flush();
  perform_apart(running, effects);
  const statelang::ExecutionStatus status = running.storage.execution().status;
  const bool finished = status != statelang::ExecutionStatus::Running;
  if (finished || running.storage.has_events()) {
    actions_.push_back(ExecutionChanged{running.number, running.storage.facts().execution_arn, status,
                                        finished, running.storage.first_event(), running.storage.end()});
  }
  enter_in_feed(running, before);
  if (starting_child_with_) {
    if (finished) ended_at_beginning_.push_back(running.number);
    return outcome;
  }
  if (finished && running.storage.facts().is_child()) {
    count_end(running);
    tell_parent(running, false);
  }
  tell_parents_of_ended();
  return outcome;
}

void Application::perform(Running& running, const statelang::Effect& effect) {
  if (const auto* task = std::get_if<statelang::ScheduleTask>(&effect)) {
    schedule(running, *task);
  } else if (const auto* cancel = std::get_if<statelang::CancelTask>(&effect)) {
    this->cancel(running, *cancel);
  } else if (const auto* arm = std::get_if<statelang::ArmTimer>(&effect)) {
    const TimerDue timer = timer_of(running.number, *arm);
    transaction_.put(Table::Timers, timer_key(timer), {});
    actions_.push_back(ArmTimer{timer});
  } else if (const auto* disarm = std::get_if<statelang::DisarmTimer>(&effect)) {
    const TimerDue timer = timer_of(running.number, *disarm);
    transaction_.erase(Table::Timers, timer_key(timer));
    actions_.push_back(DisarmTimer{timer});
  } else if (const auto* finished = std::get_if<statelang::FinishExecution>(&effect)) {
    finish(running, *finished);
  } else if (!schedule_objects(running, effect)) {
    // What an earlier step left and has not gone on yet comes first.
    std::string key = continue_key(running.number);
    std::vector<statelang::ScopeId> ready;
    if (running.storage.continues()) {
      if (const auto before = transaction_.get(Table::Meta, key)) ready = decode_ready(*before);
    }
    running.storage.set_continues(true);
    for (const statelang::ScopeId left : std::get<statelang::RequestContinue>(effect).ready) {
      if (std::find(ready.begin(), ready.end(), left) == ready.end()) ready.push_back(left);
    }
    transaction_.put(Table::Meta, std::move(key), encode_ready(ready));
    actions_.push_back(AppendRecord{ContinueExecution{running.number}});
  }
}

void Application::schedule(Running& running, const statelang::ScheduleTask& effect) {
  const statelang::Scope* scope = running.storage.find_scope(effect.scope);
  DispatchTask dispatch = dispatch_of(settings_, running.number, running.storage.facts(), *running.machine,
                                      effect, scope ? scope->retry_count : 0, position_.now_ms);
  if (!dispatch.test_case.empty()) {
    dispatch.mock_call = count_mock_call(running.number, dispatch.state_name);
  }
  const OpenTask open{dispatch.queue,       dispatch.resource,     dispatch.input,      dispatch.state_name,
                      dispatch.retry_count, dispatch.scheduled_ms, dispatch.timeout_ms, dispatch.heartbeat_ms,
                      dispatch.mock_call,   dispatch.submitted,    dispatch.cancelled};
  transaction_.put(Table::Tasks, task_key(running.number, effect.scope, effect.attempt), encode(open));
  actions_.push_back(std::move(dispatch));
}

int64_t Application::kept_ms_of(const ExecutionFacts& facts) const {
  return facts.retention_ms > 0 ? facts.retention_ms : settings_.retention_ms;
}

void Application::finish(Running& running, const statelang::FinishExecution& effect) {
  // The state's own time is set at the end of the step; position and state agree on the later one.
  const int64_t stop_ms = std::max(position_.now_ms, running.storage.execution().now_ms);
  const ExecutionFacts& facts = running.storage.facts();
  running.storage.set_outcome({effect.status, stop_ms, effect.output, effect.failure});
  executions_.forget(running.number);
  const ListedExecution entry{facts.execution_arn,
                              facts.listed_under(),
                              running.number,
                              effect.status,
                              running.storage.execution().start_time_ms,
                              stop_ms};
  listing::change_status(transaction_, entry, statelang::ExecutionStatus::Running);
  if (running.storage.continues()) {
    transaction_.erase(Table::Meta, continue_key(running.number));
    running.storage.set_continues(false);
  }
  const bool over = effect.status == statelang::ExecutionStatus::Succeeded;  // it cannot be redriven
  if (over && !facts.test_case.empty()) erase_mock_calls(running.number);
  const int64_t kept_ms = kept_ms_of(facts);
  const int64_t erased_ms = stop_ms + (mutated(Mutant::RetentionTooShort) ? kept_ms / 2 : kept_ms);
  const TimerDue retention{erased_ms, running.number, TimerDue::kRetention, {}, 0};
  if (!mutated(Mutant::RetentionForgotten)) transaction_.put(Table::Timers, timer_key(retention), {});
  actions_.push_back(ArmTimer{retention});
}

}  // namespace engine::core
