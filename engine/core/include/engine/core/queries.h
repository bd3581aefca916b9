// Queries: what the API reads straight from a store, without going through the log. Each call sees whole
// commits only. Any thread. Errors are the store's, or ErrorKind::Corrupt for values that do not decode.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <engine/core/action.h>
#include <engine/core/record.h>
#include <engine/core/state_codec.h>
#include <engine/core/storage.h>

namespace engine::core {

struct StoredExecutionView {
  ExecutionNumber number{};
  ExecutionFacts facts;
  statelang::ExecutionState state;
  std::optional<ExecutionOutcome> outcome;  // once it has ended
  std::optional<statelang::Payload> input;  // if it is small; otherwise read_input()
};
Expected<std::optional<ExecutionNumber>> find_execution(const StoreReader& store,
                                                        std::string_view execution_arn);
Expected<std::optional<StoredExecutionView>> read_execution(const StoreReader& store, ExecutionNumber number);
Expected<bool> has_ended(const StoreReader& store, ExecutionNumber number);  // true also if it is gone
Expected<statelang::Payload> read_input(const StoreReader& store, ExecutionNumber number);
Expected<std::optional<RegisterDefinition>> read_definition(const StoreReader& store,
                                                            std::string_view revision_id);
// A task as it was dispatched; nothing: the attempt is over, or it is one of an Express execution.
Expected<std::optional<DispatchTask>> read_open_task(const StoreReader& store, const TaskId& id);

// Events with an id above `after_id` ascending, or, `reverse`, below it (0: from the end) descending.
Expected<std::vector<statelang::HistoryEvent>> read_history(const StoreReader& store, ExecutionNumber number,
                                                            statelang::EventId after_id, bool reverse,
                                                            size_t limit);

Expected<std::optional<MapRun>> read_map_run(const StoreReader& store, std::string_view map_run_arn);
// The Map Runs of one execution, newest first.
Expected<std::vector<MapRun>> list_map_runs(const StoreReader& store, std::string_view execution_arn);

// The feed of events (docs/adr/0010_event_feed.md): what lies at `from` and behind it, at most `limit`.
struct FeedItem {
  FeedPosition position;
  FeedEntry entry;
};
Expected<std::vector<FeedItem>> read_feed(const StoreReader& store, const FeedPosition& from, size_t limit);
Expected<std::optional<FeedReaderState>> read_feed_reader(const StoreReader& store, std::string_view reader);
// The events of one step; nothing: they are erased.
Expected<std::optional<std::vector<statelang::HistoryEvent>>> read_step_events(const StoreReader& store,
                                                                               ExecutionNumber number,
                                                                               int64_t first_event);

}  // namespace engine::core
