#include <algorithm>

#include <engine/core/queries.h>
#include <engine/core/state_keys.h>

#include "listing_keys.h"
#include "stored_value.h"

namespace engine::core {

using statelang::HistoryEvent;

Expected<std::optional<ExecutionNumber>> find_execution(const StoreReader& store,
                                                        std::string_view execution_arn) {
  std::string bytes;
  auto found = store.get(Table::Names, execution_arn, bytes);
  if (!found) return statelang::Unexpected{found.error()};
  if (!*found) return std::optional<ExecutionNumber>();
  if (bytes.size() != 8) return corrupt("name");
  return std::optional<ExecutionNumber>(parse_execution_key(bytes));
}

Expected<std::optional<StoredExecutionView>> read_execution(const StoreReader& store,
                                                            ExecutionNumber number) {
  // Facts never change and everything else is one value: two reads see one state.
  std::string info, bytes;
  auto found = store.get(Table::Executions, execution_part_key(number, ExecutionPart::State), bytes);
  if (found && *found) {
    found = store.get(Table::Executions, execution_part_key(number, ExecutionPart::Info), info);
  }
  if (!found) return statelang::Unexpected{found.error()};
  if (!*found) return std::optional<StoredExecutionView>();
  auto facts = decode_facts(info);
  auto stored = decode_state(bytes);
  if (!facts || !stored) return corrupt("execution");
  StoredExecutionView view{number, std::move(facts->facts), stored->state, std::move(stored->outcome), {}};
  if (!facts->input_apart) view.input = std::move(facts->input);
  return std::optional<StoredExecutionView>(std::move(view));
}

Expected<std::optional<MapRun>> read_map_run(const StoreReader& store, std::string_view map_run_arn) {
  return read_value(store, Table::Listing, listing::map_run(map_run_arn), &decode_map_run, "Map Run");
}

Expected<std::vector<MapRun>> list_map_runs(const StoreReader& store, std::string_view execution_arn) {
  std::vector<std::string> arns;
  const std::string prefix = listing::of_execution(execution_arn);
  auto scanned = store.scan(Table::Listing, prefix, after_prefix(prefix), true,
                            [&](std::string_view, std::string_view arn) {
                              arns.emplace_back(arn);
                              return true;
                            });
  if (!scanned) return statelang::Unexpected{scanned.error()};
  std::vector<MapRun> runs;
  for (const std::string& arn : arns) {
    auto run = read_map_run(store, arn);
    if (!run) return statelang::Unexpected{run.error()};
    if (*run) runs.push_back(std::move(**run));  // otherwise erased since
  }
  return runs;
}

Expected<bool> has_ended(const StoreReader& store, ExecutionNumber number) {
  const auto stored = read_value(store, Table::Executions, execution_part_key(number, ExecutionPart::State),
                                 &decode_state, "execution");
  if (!stored) return statelang::Unexpected{stored.error()};
  return !*stored || (*stored)->outcome.has_value();
}

Expected<statelang::Payload> read_input(const StoreReader& store, ExecutionNumber number) {
  auto stored = read_value(store, Table::Executions, execution_part_key(number, ExecutionPart::Info),
                           &decode_facts, "execution");
  if (!stored) return statelang::Unexpected{stored.error()};
  if (!*stored) return statelang::Payload();
  if (!(*stored)->input_apart) return std::move((*stored)->input);
  std::string bytes;
  const auto found = store.get(Table::Executions, execution_part_key(number, ExecutionPart::Input), bytes);
  if (!found) return statelang::Unexpected{found.error()};
  return *found ? statelang::Payload::from_text(std::move(bytes)) : statelang::Payload();
}

Expected<std::optional<RegisterDefinition>> read_definition(const StoreReader& store,
                                                            std::string_view revision_id) {
  return read_value(store, Table::Definitions, revision_id, &decode_definition, "definition");
}

Expected<std::vector<HistoryEvent>> read_history(const StoreReader& store, ExecutionNumber number,
                                                 statelang::EventId after_id, bool reverse, size_t limit) {
  std::vector<HistoryEvent> events;
  bool damaged = false;
  const std::string first = history_key(number, 0);
  const std::string last = after_prefix(execution_key(number));
  if (limit == 0) return events;
  if (reverse) {
    const bool bounded = after_id > 0;
    auto scanned = store.scan(Table::History, first, bounded ? history_key(number, after_id) : last, true,
                              [&](std::string_view, std::string_view value) {
                                auto chunk = decode_history(value);
                                if (!chunk) return damaged = true, false;
                                for (auto event = chunk->rbegin(); event != chunk->rend(); ++event) {
                                  if (bounded && event->id >= after_id) continue;
                                  events.push_back(std::move(*event));
                                  if (events.size() == limit) return false;
                                }
                                return true;
                              });
    if (!scanned) return statelang::Unexpected{scanned.error()};
    if (damaged) return corrupt("history");
    return events;
  }
  // The chunk that the wanted event is in begins at or below it.
  std::string begin = first;
  auto sought = store.scan(Table::History, first, history_key(number, after_id + 2), true,
                           [&](std::string_view key, std::string_view) {
                             begin = std::string(key);
                             return false;
                           });
  if (!sought) return statelang::Unexpected{sought.error()};
  auto scanned =
      store.scan(Table::History, begin, last, false, [&](std::string_view, std::string_view value) {
        auto chunk = decode_history(value);
        if (!chunk) return damaged = true, false;
        for (HistoryEvent& event : *chunk) {
          if (event.id <= after_id) continue;
          events.push_back(std::move(event));
          if (events.size() == limit) return false;
        }
        return true;
      });
  if (!scanned) return statelang::Unexpected{scanned.error()};
  if (damaged) return corrupt("history");
  return events;
}

}  // namespace engine::core
