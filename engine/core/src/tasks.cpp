// Open tasks beyond their scheduling: calls of mocked states, what is submitted, what is cancelled.
#include <engine/core/bytes.h>
#include <engine/core/state_keys.h>
#include <statelang/definition/resource.h>

#include "application.h"

namespace engine::core {

uint32_t Application::count_mock_call(ExecutionNumber number, const std::string& state) {
  std::string key = mock_calls_key(number, state);
  const auto bytes = transaction_.get(Table::Meta, key);
  const uint32_t before = bytes ? ByteReader(*bytes).small_number() : 0;
  ByteWriter next;
  next.number(before + 1);
  transaction_.put(Table::Meta, std::move(key), next.take());
  return before;
}

void Application::erase_mock_calls(ExecutionNumber number) {
  const std::string prefix = mock_calls_key(number, {});
  std::vector<std::string> keys;
  transaction_.scan(Table::Meta, prefix, after_prefix(prefix), [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  });
  for (std::string& key : keys) transaction_.erase(Table::Meta, std::move(key));
}

bool outlives_its_attempt(std::string_view resource) {
  const auto parsed = statelang::parse_resource(resource);
  return parsed && parsed->kind == statelang::ResourceKind::Service && parsed->service == "states" &&
         (parsed->pattern == statelang::IntegrationPattern::Sync ||
          parsed->pattern == statelang::IntegrationPattern::Sync2);
}

void Application::cancel(Running& running, const statelang::CancelTask& effect) {
  std::string key = task_key(running.number, effect.scope, effect.attempt);
  WithdrawTask withdraw{{settings_.partition, running.number, effect.scope, effect.attempt}};
  if (!effect.ended) {
    const auto bytes = transaction_.get(Table::Tasks, key);
    auto task = bytes ? decode_open_task(*bytes) : std::nullopt;
    if (task && outlives_its_attempt(task->resource)) {
      task->cancelled = withdraw.cancelled = true;
      transaction_.put(Table::Tasks, std::move(key), encode(*task));
      actions_.push_back(withdraw);
      return;
    }
  }
  transaction_.erase(Table::Tasks, std::move(key));
  actions_.push_back(withdraw);
}

// False: it is noted already.
bool Application::note_submitted(const TaskId& id) {
  std::string key = task_key(id.execution, id.scope, id.attempt);
  const auto bytes = transaction_.get(Table::Tasks, key);
  auto task = bytes ? decode_open_task(*bytes) : std::nullopt;
  if (!task || task->cancelled) return true;  // over: the step says so
  if (task->submitted) return false;
  task->submitted = true;
  transaction_.put(Table::Tasks, std::move(key), encode(*task));
  return true;
}

void Application::erase_cancelled(const TaskId& id) {
  std::string key = task_key(id.execution, id.scope, id.attempt);
  const auto bytes = transaction_.get(Table::Tasks, key);
  const auto task = bytes ? decode_open_task(*bytes) : std::nullopt;
  if (task && task->cancelled) transaction_.erase(Table::Tasks, std::move(key));
}

}  // namespace engine::core
