#include <algorithm>

#include <engine/core/queries.h>
#include <engine/core/state_keys.h>

#include "listing_keys.h"

namespace engine::core {

namespace {

using statelang::HistoryEvent;

auto corrupt(const char* what) {
  return statelang::Unexpected{
      Error{ErrorKind::Corrupt, std::string("a stored ") + what + " is damaged: restore it from a backup"}};
}

}  // namespace

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
  // One scan, so that all parts are of the same commit.
  StoredExecutionView view;
  view.number = number;
  bool found = false, damaged = false;
  const std::string prefix = execution_key(number);
  auto scanned = store.scan(Table::Executions, prefix, execution_part_key(number, ExecutionPart::Input),
                            false, [&](std::string_view key, std::string_view value) {
                              found = true;
                              switch (static_cast<ExecutionPart>(key.back())) {
                                case ExecutionPart::Info:
                                  if (auto facts = decode_execution_facts(value))
                                    return view.facts = std::move(*facts), true;
                                  break;
                                case ExecutionPart::State:
                                  if (auto state = decode_execution_state(value))
                                    return view.state = *state, true;
                                  break;
                                case ExecutionPart::Outcome:
                                  if (auto outcome = decode_execution_outcome(value))
                                    return view.outcome = std::move(*outcome), true;
                                  break;
                                case ExecutionPart::Input:
                                  return true;
                              }
                              damaged = true;
                              return false;
                            });
  if (!scanned) return statelang::Unexpected{scanned.error()};
  if (damaged) return corrupt("execution");
  if (!found) return std::optional<StoredExecutionView>();
  return std::optional<StoredExecutionView>(std::move(view));
}

Expected<statelang::Payload> read_input(const StoreReader& store, ExecutionNumber number) {
  std::string text;
  auto found = store.get(Table::Executions, execution_part_key(number, ExecutionPart::Input), text);
  if (!found) return statelang::Unexpected{found.error()};
  return *found ? statelang::Payload::from_text(std::move(text)) : statelang::Payload();
}

Expected<std::optional<RegisterDefinition>> read_definition(const StoreReader& store,
                                                            std::string_view revision_id) {
  std::string bytes;
  auto found = store.get(Table::Definitions, revision_id, bytes);
  if (!found) return statelang::Unexpected{found.error()};
  if (!*found) return std::optional<RegisterDefinition>();
  auto definition = decode_definition(bytes);
  if (!definition) return corrupt("definition");
  return definition;
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

Expected<void> list_executions(const StoreReader& store, const ListingQuery& query,
                               const std::function<bool(const ListedExecution&)>& visit) {
  const bool of_machine = !query.state_machine_arn.empty();
  std::string prefix;
  if (of_machine) {
    prefix = query.status ? listing::of_machine_and_status(query.state_machine_arn, *query.status)
                          : listing::of_machine(query.state_machine_arn);
  } else {
    prefix = query.status ? listing::of_status(*query.status) : listing::of_all();
  }
  const std::string end = listing::with_start(prefix, query.before_start_ms, query.before_number);
  bool damaged = false;
  Error failed;
  auto scanned =
      store.scan(Table::Listing, prefix, end, true, [&](std::string_view key, std::string_view value) {
        ListedExecution entry;
        entry.state_machine_arn = of_machine ? query.state_machine_arn : std::string(value);
        if (!listing::parse_end(key, entry)) return damaged = true, false;
        std::string bytes;
        if (of_machine && !query.status) {
          bytes = value;
        } else {
          auto found = store.get(
              Table::Listing,
              listing::with_start(listing::of_machine(entry.state_machine_arn), entry.start_ms, entry.number),
              bytes);
          if (!found) return failed = found.error(), false;
          if (!*found) return true;  // erased since the scan began
        }
        if (!listing::decode_entry(bytes, entry)) return damaged = true, false;
        return visit(entry);
      });
  if (!scanned) return scanned;
  if (failed) return statelang::Unexpected{failed};
  if (damaged) return corrupt("list");
  return {};
}

}  // namespace engine::core
