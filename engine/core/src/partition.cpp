#include <engine/core/partition.h>
#include <engine/core/state_keys.h>

#include "application.h"
#include "looked_up.h"
#include "open_tasks.h"

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

std::vector<RowKey> Partition::rows_looked_up(const std::vector<const Record*>& records) const {
  LookedUp looked_up(implementation_->executions);
  for (const Record* record : records) {
    std::visit([&](const auto& body) { looked_up.add(body); }, record->body);
  }
  return looked_up.take();
}

Expected<void> Partition::recover(const StoreReader& store, std::vector<Action>& actions,
                                  const std::function<void()>& act) {
  implementation_->express.clear();
  if (auto tasks = recover_tasks(implementation_->settings.partition, store, actions, act); !tasks) {
    return tasks;
  }
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
