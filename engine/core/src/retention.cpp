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

// Scopes, tasks, timers, items and results went with the end of the execution.
void Application::erase_execution(ExecutionNumber number) {
  auto storage = StoredExecution::load(transaction_, executions_, number);
  if (!storage || storage->execution().status == statelang::ExecutionStatus::Running) return;
  const statelang::ExecutionState& state = storage->execution();
  const ExecutionFacts& facts = storage->facts();
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

}  // namespace engine::core
