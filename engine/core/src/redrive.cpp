// RedriveExecution, and the redrive of a Map Run's children (docs/adr/0013_redrive.md).
#include <algorithm>

#include <engine/core/redrive.h>
#include <engine/core/state_keys.h>

#include "application.h"
#include "listing_keys.h"

namespace engine::core {

using statelang::ExecutionStatus;

void Application::apply(const RedriveExecution& body) {
  if (body.execution_arn.find(":express:") != std::string::npos)
    return reply(ReplyCode::StateMachineTypeNotSupported);
  const auto known = transaction_.get(Table::Names, body.execution_arn);
  if (!known) return refuse_unknown(body.execution_arn);
  auto running = load(parse_execution_key(*known));
  if (!running) return refuse_unknown(body.execution_arn);
  StoredExecution& storage = running->storage;
  Reply answer = reply_to_caller(ReplyCode::Done);
  answer.execution = running->number;
  std::vector<RedriveToken>& tokens = storage.redrive_tokens();
  for (const RedriveToken& token : tokens) {
    if (body.client_token.empty() || token.token != body.client_token) continue;
    if (position_.now_ms - token.redrive_ms > kRedriveTokenMs) continue;
    answer.time_ms = token.redrive_ms;
    return reply(std::move(answer));
  }
  const int64_t stop_ms = storage.outcome() ? storage.outcome()->stop_ms : 0;
  const RedriveAnswer may = redrivability_of(storage.execution(), storage.facts(), stop_ms,
                                             settings_.limits.history_events_max, position_.now_ms);
  if (may.redrivability == Redrivability::RedrivableByMapRun)
    return reply(ReplyCode::ExecutionNotRedrivable,
                 "Execution is a child of a Map Run and is redriven by its parent execution");
  if (may.redrivability == Redrivability::NotRedrivable)
    return reply(ReplyCode::ExecutionNotRedrivable, std::string(may.reason));
  if (!storage.find_scope(statelang::ScopeId::Root))  // it ended before there were redrives
    return reply(ReplyCode::ExecutionNotRedrivable,
                 "Execution was started before the launch of RedriveExecution");
  // The step writes the tokens with everything else.
  const int64_t redrive_ms = std::max(position_.now_ms, storage.execution().now_ms);
  if (!body.client_token.empty()) {
    if (tokens.size() >= kRedriveTokensMax) tokens.erase(tokens.begin());
    tokens.push_back({body.client_token, redrive_ms});
  }
  redrive(*running);
  answer.time_ms = redrive_ms;
  reply(std::move(answer));
}

void Application::redrive(Running& running) {
  disarm_retention(running);
  change_status(running, ExecutionStatus::Running);
  running.storage.forget_outcome();
  const ExecutionFacts& facts = running.storage.facts();
  statelang::Redrive input;
  if (facts.is_child() && running.machine) {
    const auto& map = running.machine->definition->state(facts.map_state).as<statelang::MapFields>();
    input.from_start = map.express_children;
  }
  run(running, input);
}

void Application::disarm_retention(Running& running) {
  const auto& outcome = running.storage.outcome();
  if (!outcome) return;
  const TimerDue retention{
      outcome->stop_ms + kept_ms_of(running.storage.facts()), running.number, TimerDue::kRetention, {}, 0};
  transaction_.erase(Table::Timers, timer_key(retention));
  actions_.push_back(DisarmTimer{retention});
}

// In the list; the state itself is the step's.
void Application::change_status(Running& execution, ExecutionStatus status) {
  const ExecutionFacts& facts = execution.storage.facts();
  const statelang::ExecutionState& state = execution.storage.execution();
  listing::change_status(
      transaction_,
      {facts.execution_arn, facts.listed_under(), execution.number, status, state.start_time_ms, 0},
      state.status);
}

// Oldest first.
std::vector<ExecutionNumber> Application::children_in(const std::string& map_run_arn, ExecutionStatus status,
                                                      size_t limit) {
  const std::string prefix = listing::of_machine_and_status(map_run_arn, status);
  std::vector<ExecutionNumber> found;
  transaction_.scan(Table::Listing, prefix, after_prefix(prefix),
                    [&](std::string_view key, std::string_view) {
                      ListedExecution child;
                      if (listing::parse_end(key, child)) found.push_back(child.number);
                      return found.size() < limit;
                    });
  return found;
}

bool Application::may_be_redriven(Running& child) const {
  return has_room_for_redrive(child.storage.execution(), settings_.limits.history_events_max);
}

// Gives the children that stay as they ended: their histories have no room.
std::vector<ExecutionNumber> Application::redrive_map_run(const statelang::RedriveMapRun& effect) {
  std::vector<ExecutionNumber> not_redriven;
  auto run = map_run(effect.map_run_arn);
  if (!run) return not_redriven;
  run->status = ExecutionStatus::Running;
  run->stop_ms = 0;
  ++run->redrive_count;
  run->redrive_ms = position_.now_ms;
  run->executions.failures_not_redrivable = run->items.failures_not_redrivable = 0;
  for (const ExecutionStatus ended :
       {ExecutionStatus::Failed, ExecutionStatus::TimedOut, ExecutionStatus::Aborted}) {
    for (const ExecutionNumber number : children_in(effect.map_run_arn, ended, SIZE_MAX)) {
      auto child = load(number);
      if (!child) continue;
      const uint32_t items = child->storage.facts().map_items;
      if (!may_be_redriven(*child)) {
        run->executions.failures_not_redrivable += 1;
        run->items.failures_not_redrivable += items;
        not_redriven.push_back(number);
        continue;
      }
      change_status(*child, ExecutionStatus::PendingRedrive);
      child->storage.execution().status = ExecutionStatus::PendingRedrive;
      child->storage.flush();
      enter_status_in_feed(*child);
      move(count_of(run->executions, ended), run->executions.pending_redrive, 1);
      move(count_of(run->items, ended), run->items.pending_redrive, items);
    }
  }
  store(*run);
  return not_redriven;
}

void Application::redrive_children(const statelang::RedriveChildren& effect) {
  for (const ExecutionNumber number :
       children_in(effect.map_run_arn, ExecutionStatus::PendingRedrive, effect.count)) {
    auto child = load(number);
    auto run = map_run(effect.map_run_arn);
    if (!child || !run) continue;
    // One that ended at once may have ended the Map Run, and with it the wait of the others.
    if (child->storage.execution().status != ExecutionStatus::PendingRedrive) continue;
    move(run->executions.pending_redrive, run->executions.running, 1);
    move(run->items.pending_redrive, run->items.running, child->storage.facts().map_items);
    store(*run);
    redrive(*child);
  }
}

// The Map Run has ended before their turn came.
void Application::abort_pending_redrives(MapRun& run) {
  for (const ExecutionNumber number :
       children_in(run.map_run_arn, ExecutionStatus::PendingRedrive, SIZE_MAX)) {
    auto child = load(number);
    if (!child) continue;
    change_status(*child, ExecutionStatus::Aborted);
    child->storage.execution().status = ExecutionStatus::Aborted;
    if (auto outcome = child->storage.outcome()) {
      outcome->status = ExecutionStatus::Aborted;
      outcome->failure = {{}, {}, false, false};
      child->storage.set_outcome(std::move(*outcome));
    }
    child->storage.flush();
    enter_status_in_feed(*child);
    move(run.executions.pending_redrive, run.executions.aborted, 1);
    move(run.items.pending_redrive, run.items.aborted, child->storage.facts().map_items);
  }
}

}  // namespace engine::core
