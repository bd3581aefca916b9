#include "open_tasks.h"

#include <optional>

#include <engine/core/mutation.h>
#include <engine/core/queries.h>
#include <engine/core/state_codec.h>
#include <engine/core/state_keys.h>

#include "stored_value.h"

namespace engine::core {

namespace {

// A page ends with the task that exceeds either.
constexpr size_t kPageTasks = 1'000;
constexpr size_t kPageBytes = 4u << 20;

// The execution that a task belongs to. Nothing: it is erased.
Expected<std::optional<StoredFacts>> read_facts(const StoreReader& store, ExecutionNumber number) {
  return read_value(store, Table::Executions, execution_part_key(number, ExecutionPart::Info), &decode_facts,
                    "execution");
}

DispatchTask dispatch_again(const TaskId& id, OpenTask task, const ExecutionFacts& facts) {
  DispatchTask dispatch;
  dispatch.id = id;
  dispatch.queue = std::move(task.queue);
  dispatch.resource = std::move(task.resource);
  dispatch.input = std::move(task.input);
  dispatch.state_name = std::move(task.state_name);
  dispatch.execution_arn = facts.execution_arn;
  dispatch.state_machine_arn = facts.state_machine_arn;
  dispatch.retry_count = task.retry_count;
  dispatch.scheduled_ms = task.scheduled_ms;
  dispatch.timeout_ms = task.timeout_ms;
  dispatch.heartbeat_ms = task.heartbeat_ms;
  dispatch.test_case = facts.test_case;
  dispatch.mock_call = task.mock_call;
  dispatch.submitted = task.submitted;
  dispatch.cancelled = task.cancelled;
  return dispatch;
}

// One page from `from` on. Afterwards `from` is where the next one begins; nothing: this was the last.
class Page {
 public:
  Page(uint16_t partition, const StoreReader& store, std::vector<Action>& actions)
      : partition_(partition), store_(store), actions_(actions) {}

  Expected<void> read(std::optional<std::string>& from) {
    size_t tasks = 0, bytes = 0;
    std::optional<std::string> next;
    error_ = {};
    auto scanned = store_.scan(Table::Tasks, *from, {}, false, [&](auto key, auto value) {
      if (!take(key, value)) return false;
      bytes += value.size();
      if (++tasks < kPageTasks && bytes < kPageBytes) return true;
      next = std::string(key) + '\0';
      return false;
    });
    if (error_) return statelang::Unexpected{error_};
    from = std::move(next);
    return scanned;
  }

 private:
  bool take(std::string_view key, std::string_view value) {
    TaskId id = parse_task_key(partition_, key);
    if (mutated(Mutant::RecoveredTaskMisplaced)) id.partition = 0;
    auto task = decode_open_task(value);
    if (!task) return error_ = corrupt("task").error, false;
    if (facts_of_ != id.execution) {
      auto facts = read_facts(store_, id.execution);
      if (!facts) return error_ = facts.error(), false;
      if (!*facts && task->cancelled) return true;  // its execution is erased
      if (!*facts) return error_ = corrupt("execution").error, false;
      facts_ = std::move((*facts)->facts);
      facts_of_ = id.execution;
    }
    actions_.push_back(dispatch_again(id, std::move(*task), facts_));
    return true;
  }

  const uint16_t partition_;
  const StoreReader& store_;
  std::vector<Action>& actions_;
  ExecutionFacts facts_;
  std::optional<ExecutionNumber> facts_of_;
  Error error_;
};

}  // namespace

Expected<void> recover_tasks(uint16_t partition, const StoreReader& store, std::vector<Action>& actions,
                             const std::function<void()>& act) {
  Page page(partition, store, actions);
  std::optional<std::string> from = std::string();
  while (from) {
    if (auto read = page.read(from); !read) return read;
    if (act) act();
  }
  return {};
}

Expected<std::optional<DispatchTask>> read_open_task(const StoreReader& store, const TaskId& id) {
  auto task = read_value(store, Table::Tasks, task_key(id.execution, id.scope, id.attempt), &decode_open_task,
                         "task");
  if (!task) return statelang::Unexpected{task.error()};
  if (!*task) return std::optional<DispatchTask>();
  auto facts = read_facts(store, id.execution);
  if (!facts) return statelang::Unexpected{facts.error()};
  if (!*facts) return std::optional<DispatchTask>();
  return std::optional<DispatchTask>(dispatch_again(id, std::move(**task), (*facts)->facts));
}

}  // namespace engine::core
