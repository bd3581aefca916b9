// What the tables hold as values, and its bytes (docs/formats/state.md, history.md). Decoding checks every
// length and never crashes: nothing for bytes that are no such value, or of a version of the future.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <engine/core/record.h>
#include <statelang/interpreter/execution_state.h>
#include <statelang/interpreter/history_event.h>

namespace engine::core {

// What never changes in an execution, but for its input.
struct ExecutionFacts {
  std::string execution_arn;
  std::string name;
  std::string revision_id;
  std::string state_machine_arn;
  std::string state_machine_alias_arn;
  std::string state_machine_version_arn;
  std::string trace_header;
  int64_t retention_ms = 0;
  std::string parent_execution_arn;
  std::string parent_task;
  std::string test_case;
  // A child of a Distributed Map (docs/adr/0009_children_as_executions.md): whom its end is told. The parent
  // is in the same partition.
  std::string map_run_arn;  // empty: no child
  ExecutionNumber map_parent{};
  statelang::ScopeId map_scope{};
  statelang::StateIndex map_state{};
  uint32_t map_index = 0;
  uint32_t map_items = 0;
  bool is_child() const { return !map_run_arn.empty(); }
  // What it is listed under: its state machine, or its Map Run.
  const std::string& listed_under() const { return is_child() ? map_run_arn : state_machine_arn; }
  bool operator==(const ExecutionFacts&) const = default;
};
// As stored: with the input, if that is small.
struct StoredFacts {
  static constexpr size_t kInlineBytesMax = 1024;
  ExecutionFacts facts;
  statelang::Payload input;
  bool input_apart = false;  // `input` is not here: a value of its own
};
std::string encode(const StoredFacts& stored);
std::optional<StoredFacts> decode_facts(std::string_view bytes);

struct ExecutionOutcome {
  statelang::ExecutionStatus status = statelang::ExecutionStatus::Succeeded;
  int64_t stop_ms = 0;
  statelang::Payload output;   // Succeeded
  statelang::Failure failure;  // the others
};

// A Map Run: the record that stays when its Map is left. Counts as AWS's MapRunItemCounts and
// MapRunExecutionCounts.
struct MapRunCounts {
  uint32_t total = 0;
  uint32_t pending = 0;
  uint32_t running = 0;
  uint32_t succeeded = 0;
  uint32_t failed = 0;
  uint32_t timed_out = 0;
  uint32_t aborted = 0;
  uint32_t results_written = 0;
  uint32_t pending_redrive = 0;
  uint32_t failures_not_redrivable = 0;  // of those that did not succeed: their histories have no room
  bool operator==(const MapRunCounts&) const = default;
};
struct MapRun {
  std::string map_run_arn;
  std::string execution_arn;  // whose Map it is
  std::string state_machine_arn;
  ExecutionNumber execution{};
  statelang::ScopeId scope{};
  statelang::ExecutionStatus status = statelang::ExecutionStatus::Running;
  int64_t start_ms = 0;
  int64_t stop_ms = 0;  // 0: running
  uint32_t concurrency_max = 0;
  int64_t tolerated_failure_count = 0;
  double tolerated_failure_percentage = 0;
  MapRunCounts items;
  MapRunCounts executions;
  uint32_t redrive_count = 0;
  int64_t redrive_ms = 0;  // 0: never
  bool operator==(const MapRun&) const = default;
};
std::string encode(const MapRun& run);
std::optional<MapRun> decode_map_run(std::string_view bytes);

// A scope and where its large parts are: up to kInlineBytesMax they stand in this value, above in values of
// their own that are written when they change. One that waits for children is written with each of them, so
// that then less stands in it.
struct StoredScope {
  static constexpr size_t kInlineBytesMax = 1024;
  static constexpr size_t kInlineBytesWithChildrenMax = 128;
  statelang::Scope scope;
  bool input_apart = false;
  bool input_is_executions = false;  // it is the execution's own: not stored once more
  bool map_item_apart = false;
  bool has_variables = false;
  uint32_t items_per_chunk = 0;  // of the Map's items; 0: none are stored
  uint32_t item_chunks = 0;
  uint32_t results_end = 0;  // above the highest index of a stored result
};
std::string encode(const StoredScope& stored);
std::optional<StoredScope> decode_scope(std::string_view bytes);

// A redrive that was asked for with a client token.
struct RedriveToken {
  std::string token;
  int64_t redrive_ms = 0;
  bool operator==(const RedriveToken&) const = default;
};

// What every step writes: the counters, the root scope while there is one, and how it ended.
struct StoredState {
  statelang::ExecutionState state;
  bool continues = false;  // a ContinueExecution is to come (Table::Meta)
  std::optional<StoredScope> root;
  std::optional<ExecutionOutcome> outcome;
  std::vector<RedriveToken> redrives;  // latest last; only of those with a token
};
// `root` and `outcome` may be null.
std::string encode(const statelang::ExecutionState& state, bool continues, const StoredScope* root,
                   const ExecutionOutcome* outcome, const std::vector<RedriveToken>& redrives = {});
std::optional<StoredState> decode_state(std::string_view bytes);
std::optional<statelang::ScopeId> decode_scope_parent(std::string_view bytes);  // without the rest

// A chunk of a Map's items: their JSON texts.
std::string encode_items(const std::vector<std::string>& items);
std::optional<std::vector<std::string_view>> decode_items(std::string_view bytes);  // views into `bytes`

// `cancelled`: the attempt is over, but what it began outside (a nested execution) is still to be ended; its
// entry stays until somebody has reported on it.
struct OpenTask {
  std::string queue;
  std::string resource;
  statelang::Payload input;
  std::string state_name;
  uint32_t retry_count = 0;
  int64_t scheduled_ms = 0;
  int64_t timeout_ms = 0;
  int64_t heartbeat_ms = 0;
  uint32_t mock_call = 0;
  bool submitted = false;
  bool cancelled = false;
};
std::string encode(const OpenTask& task);
std::optional<OpenTask> decode_open_task(std::string_view bytes);

// An event of the feed: what changed; everything else is where it is stored anyway.
struct FeedEntry {
  enum class Kind : uint8_t { Status = 1, History = 2 } kind = Kind::Status;
  bool logged = false;  // History: the state machine's log wants it
  ExecutionNumber execution{};
  int64_t first_event = 0;  // of the step: a key of Table::History
  // Status: what it is now, and since when.
  statelang::ExecutionStatus status = statelang::ExecutionStatus::Running;
  int64_t time_ms = 0;
  uint32_t redrive_count = 0;
  bool operator==(const FeedEntry&) const = default;
};
std::string encode(const FeedEntry& entry);
std::optional<FeedEntry> decode_feed_entry(std::string_view bytes);

struct FeedReaderState {
  uint8_t wants = 0;  // bits of UpdateFeedReader::Wants
  FeedPosition next;
};
std::string encode(const FeedReaderState& reader);
std::optional<FeedReaderState> decode_feed_reader(std::string_view bytes);

// The events of one step of one execution. A document that several of them carry is stored once.
std::string encode_history(const std::vector<statelang::HistoryEvent>& events);
std::optional<std::vector<statelang::HistoryEvent>> decode_history(std::string_view bytes);

// The scopes that a bounded step left, in order. Bytes that are no such list: empty, which means "look for
// it".
std::string encode_ready(const std::vector<statelang::ScopeId>& scopes);
std::vector<statelang::ScopeId> decode_ready(std::string_view bytes);

std::string encode(const RegisterDefinition& definition);
std::optional<RegisterDefinition> decode_definition(std::string_view bytes);

}  // namespace engine::core
