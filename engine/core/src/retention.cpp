// Erases a finished execution completely when its time is over.
#include <engine/core/mutation.h>
#include <engine/core/state_keys.h>

#include "application.h"
#include "listing_keys.h"

namespace engine::core {

namespace {
// History values up to this many are erased one by one, more as one range: ranges of erased keys cost every
// later read that passes them, single ones do not.
constexpr size_t kSingleErasesMax = 64;
}  // namespace

void Application::erase_history(ExecutionNumber number) {
  const std::string begin = history_key(number, 0);
  const std::string end = after_prefix(execution_key(number));
  std::vector<std::string> keys;
  transaction_.scan(Table::History, begin, end, [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return keys.size() <= kSingleErasesMax;
  });
  if (keys.size() > kSingleErasesMax) return transaction_.erase_range(Table::History, begin, end);
  for (std::string& key : keys) transaction_.erase(Table::History, std::move(key));
}

// Tasks and timers went with the end of the execution; of one that did not succeed scopes, items and results
// have stayed for a redrive.
void Application::erase_execution(ExecutionNumber number) {
  auto storage = StoredExecution::load(transaction_, executions_, number);
  if (!storage || is_open(storage->execution().status)) return;
  const statelang::ExecutionState& state = storage->execution();
  const ExecutionFacts& facts = storage->facts();
  if (facts.is_child() && outlived_by_parent(number, facts)) return;
  storage->erase_scopes();
  if (!facts.test_case.empty()) erase_mock_calls(number);
  listing::erase(transaction_,
                 {facts.execution_arn, facts.listed_under(), number, state.status, state.start_time_ms, 0});
  transaction_.erase(Table::Names, facts.execution_arn);
  erase_map_runs(facts.execution_arn);
  for (const ExecutionPart part : {ExecutionPart::Info, ExecutionPart::State, ExecutionPart::Input}) {
    transaction_.erase(Table::Executions, execution_part_key(number, part));
  }
  executions_.forget(number);
  if (!mutated(Mutant::RetentionLeavesHistory)) erase_history(number);
}

// A child stays as long as the execution whose Map it belongs to: a redrive may come back to it.
bool Application::outlived_by_parent(ExecutionNumber number, const ExecutionFacts& facts) {
  const auto parent = StoredExecution::load(transaction_, executions_, facts.map_parent);
  if (!parent) return false;
  const int64_t kept_ms = kept_ms_of(facts);
  const int64_t end_ms = (parent->outcome() ? parent->outcome()->stop_ms : position_.now_ms) + kept_ms;
  if (end_ms <= position_.now_ms) return false;
  const TimerDue retention{end_ms, number, TimerDue::kRetention, {}, 0};
  transaction_.put(Table::Timers, timer_key(retention), {});
  actions_.push_back(ArmTimer{retention});
  return true;
}

}  // namespace engine::core
