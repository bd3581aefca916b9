#include <engine/core/mutation.h>
#include <engine/core/partition.h>
#include <engine/core/state_keys.h>

#include "application.h"

namespace engine::core {

struct Partition::Implementation {
  explicit Implementation(PartitionSettings with)
      : settings(std::move(with)),
        machines(settings.machines_cached_max),
        executions(settings.executions_cached_bytes_max) {}
  PartitionSettings settings;
  MachineCache machines;
  ExecutionCache executions;
  ExpressExecutions express;
  Feed feed;
};

Partition::Partition(PartitionSettings settings)
    : implementation_(std::make_unique<Implementation>(std::move(settings))) {}
Partition::~Partition() = default;

void Partition::apply(const LoggedPosition& position, const Record& record, Transaction& transaction,
                      std::vector<Action>& actions) {
  Implementation& own = *implementation_;
  Application application(own.settings, own.machines, own.executions, own.express, position, record, own.feed,
                          transaction, actions);
  std::visit([&](const auto& body) { application.apply(body); }, record.body);
}

namespace {

Error corrupt(const char* what) {
  return {ErrorKind::Corrupt, std::string("a stored ") + what + " is damaged: restore it from a backup"};
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

Expected<void> recover_tasks(const PartitionSettings& settings, const StoreReader& store,
                             std::vector<Action>& actions) {
  Error error;
  ExecutionFacts facts;
  std::optional<ExecutionNumber> facts_of;
  auto scanned = store.scan(Table::Tasks, {}, {}, false, [&](std::string_view key, std::string_view value) {
    TaskId id = parse_task_key(settings.partition, key);
    if (mutated(Mutant::RecoveredTaskMisplaced)) id.partition = 0;
    auto task = decode_open_task(value);
    if (!task) return error = corrupt("task"), false;
    if (facts_of != id.execution) {
      std::string bytes;
      auto found = store.get(Table::Executions, execution_part_key(id.execution, ExecutionPart::Info), bytes);
      if (!found) return error = found.error(), false;
      if (!*found && task->cancelled) return true;  // its execution is erased
      auto decoded = decode_facts(bytes);
      if (!decoded) return error = corrupt("execution"), false;
      facts = std::move(decoded->facts);
      facts_of = id.execution;
    }
    actions.push_back(dispatch_again(id, std::move(*task), facts));
    return true;
  });
  if (error) return statelang::Unexpected{error};
  return scanned;
}

}  // namespace

std::vector<std::string> Partition::names_looked_up(const std::vector<const Record*>& records) {
  std::vector<std::string> names;
  for (const Record* record : records) {
    const auto* start = std::get_if<StartExecution>(&record->body);
    if (start != nullptr && !start->synchronous) names.push_back(start->execution_arn);
  }
  return names;
}

Expected<void> Partition::recover(const StoreReader& store, std::vector<Action>& actions) {
  implementation_->express.clear();
  if (auto tasks = recover_tasks(implementation_->settings, store, actions); !tasks) return tasks;
  const std::string first = continue_key(ExecutionNumber{0});
  auto continued = store.scan(Table::Meta, first, after_prefix(first.substr(0, 1)), false,
                              [&](std::string_view key, std::string_view) {
                                const auto number = parse_execution_key(key.substr(1));
                                actions.push_back(AppendRecord{ContinueExecution{number}});
                                return true;
                              });
  if (!continued) return continued;
  return store.scan(Table::Express, {}, {}, false, [&](std::string_view key, std::string_view) {
    actions.push_back(AppendRecord{ContinueExecution{parse_execution_key(key)}});
    return true;
  });
}

}  // namespace engine::core
