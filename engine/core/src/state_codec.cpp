#include <bit>

#include <engine/core/bytes.h>
#include <engine/core/state_codec.h>
#include <statelang/value.h>

namespace engine::core {

namespace {

using statelang::ExecutionState;
using statelang::ExecutionStatus;
using statelang::Payload;

constexpr uint8_t kVersion = 1;  // first byte of every value; frozen

ByteWriter begin_value() {
  ByteWriter writer;
  writer.reserve(128);
  writer.u8(kVersion);
  return writer;
}

// Positioned after the version; failed for another one.
ByteReader begin_reading(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.u8() != kVersion) reader.fail();
  return reader;
}

void write(ByteWriter& writer, const statelang::Failure& failure) {
  writer.u8(static_cast<uint8_t>((failure.has_error ? 1 : 0) | (failure.has_cause ? 2 : 0)));
  writer.text(failure.error);
  writer.text(failure.cause);
}

statelang::Failure read_failure(ByteReader& reader) {
  statelang::Failure failure;
  const uint8_t flags = reader.u8();
  if (flags > 3) reader.fail();
  failure.has_error = flags & 1;
  failure.has_cause = flags & 2;
  failure.error = reader.string();
  failure.cause = reader.string();
  return failure;
}

// IEEE 754 bits.
void write_double(ByteWriter& writer, double value) {
  writer.big_endian(std::bit_cast<uint64_t>(value), 8);
}
double read_double(ByteReader& reader) {
  return std::bit_cast<double>(reader.big_endian(8));
}

template <class Enum>
Enum read_enum(ByteReader& reader, Enum first, Enum last) {
  const auto number = reader.u8();
  if (number < static_cast<uint8_t>(first) || number > static_cast<uint8_t>(last)) {
    reader.fail();
    return first;
  }
  return static_cast<Enum>(number);
}

ExecutionStatus read_status(ByteReader& reader) {
  return read_enum(reader, ExecutionStatus::Running, ExecutionStatus::PendingRedrive);
}

template <class T>
std::optional<T> if_complete(const ByteReader& reader, T& value) {
  if (!reader.complete()) return std::nullopt;
  return std::move(value);
}

}  // namespace

std::string encode(const StoredFacts& stored) {
  const ExecutionFacts& facts = stored.facts;
  ByteWriter writer = begin_value();
  writer.reserve(256 + (stored.input_apart ? 0 : stored.input.size_bytes()));
  writer.text(facts.execution_arn);
  writer.text(facts.name);
  writer.text(facts.revision_id);
  writer.text(facts.state_machine_arn);
  writer.text(facts.state_machine_alias_arn);
  writer.text(facts.state_machine_version_arn);
  writer.text(facts.trace_header);
  writer.signed_number(facts.retention_ms);
  writer.boolean(stored.input_apart);
  if (!stored.input_apart) writer.text(stored.input.text());
  // Parts at the end that most executions leave out.
  const bool nested = !facts.parent_execution_arn.empty() || !facts.parent_task.empty();
  if (nested || !facts.test_case.empty() || facts.is_child()) {
    writer.text(facts.parent_execution_arn);
    writer.text(facts.parent_task);
    writer.text(facts.test_case);
  }
  if (facts.is_child()) {
    writer.text(facts.map_run_arn);
    writer.number(static_cast<uint64_t>(facts.map_parent));
    writer.number(static_cast<uint32_t>(facts.map_scope));
    writer.number(static_cast<uint32_t>(facts.map_state));
    writer.number(facts.map_index);
    writer.number(facts.map_items);
  }
  return writer.take();
}

std::optional<StoredFacts> decode_facts(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  StoredFacts stored;
  ExecutionFacts& facts = stored.facts;
  facts.execution_arn = reader.string();
  facts.name = reader.string();
  facts.revision_id = reader.string();
  facts.state_machine_arn = reader.string();
  facts.state_machine_alias_arn = reader.string();
  facts.state_machine_version_arn = reader.string();
  facts.trace_header = reader.string();
  facts.retention_ms = reader.signed_number();
  stored.input_apart = reader.boolean();
  if (!stored.input_apart) stored.input = Payload::from_text(reader.string());
  if (!reader.complete()) {
    facts.parent_execution_arn = reader.string();
    facts.parent_task = reader.string();
    facts.test_case = reader.string();
  }
  if (!reader.complete()) {
    facts.map_run_arn = reader.string();
    facts.map_parent = static_cast<ExecutionNumber>(reader.number());
    facts.map_scope = static_cast<statelang::ScopeId>(reader.small_number());
    facts.map_state = static_cast<statelang::StateIndex>(reader.small_number());
    facts.map_index = reader.small_number();
    facts.map_items = reader.small_number();
  }
  return if_complete(reader, stored);
}

namespace {

// What only scopes in and of a Distributed Map have: a part at the end that others leave out.
void append_map_run(ByteWriter& writer, const statelang::Scope& scope) {
  if (scope.map_run_arn.empty()) return;
  writer.number(0u);  // reserved, as is 1 of the flags
  writer.number(scope.children_failed);
  writer.text(scope.map_run_arn);
  writer.text(scope.result_bucket);
  writer.text(scope.result_key);
  const bool redriven = scope.children_to_redrive != 0 || scope.map_run_redrives != 0;
  writer.u8(static_cast<uint8_t>((scope.tolerated_count ? 2 : 0) | (scope.tolerated_percentage ? 4 : 0) |
                                 (redriven ? 8 : 0)));
  if (scope.tolerated_count) writer.signed_number(*scope.tolerated_count);
  if (scope.tolerated_percentage) write_double(writer, *scope.tolerated_percentage);
  if (!redriven) return;
  writer.number(scope.children_to_redrive);
  writer.number(scope.map_run_redrives);
}

void read_map_run(ByteReader& reader, statelang::Scope& scope) {
  if (reader.small_number() != 0) reader.fail();
  scope.children_failed = reader.small_number();
  scope.map_run_arn = reader.string();
  scope.result_bucket = reader.string();
  scope.result_key = reader.string();
  const uint8_t flags = reader.u8();
  if (flags > 15 || (flags & 1) != 0) reader.fail();
  if (flags & 2) scope.tolerated_count = reader.signed_number();
  if (flags & 4) scope.tolerated_percentage = read_double(reader);
  if (flags & 8) {
    scope.children_to_redrive = reader.small_number();
    scope.map_run_redrives = reader.small_number();
  }
}

}  // namespace

std::string encode(const StoredScope& stored) {
  const statelang::Scope& scope = stored.scope;
  ByteWriter writer = begin_value();
  writer.number(static_cast<uint32_t>(scope.parent));
  writer.u8(static_cast<uint8_t>(scope.kind));
  writer.u8(static_cast<uint8_t>(scope.phase));
  writer.number(scope.index);
  writer.number(static_cast<uint32_t>(scope.state));
  writer.signed_number(scope.entered_ms);
  writer.signed_number(scope.entered_event);
  writer.signed_number(scope.entry_previous);
  writer.signed_number(scope.previous_event);
  writer.number(scope.attempt);
  writer.number(scope.retry_count);
  writer.number(scope.retrier_attempts.size());
  for (const uint32_t attempts : scope.retrier_attempts) writer.number(attempts);
  const bool fans_out = scope.children_total != 0 || scope.children_next != 0 ||
                        scope.children_running != 0 || scope.children_finished != 0 ||
                        scope.concurrency_max != 0;
  const bool timed = scope.timeout_due_ms != 0 || scope.heartbeat_due_ms != 0 ||
                     scope.heartbeat_armed_ms != 0 || scope.heartbeat_ms != 0;
  const bool has_map_item = !scope.map_item.is_null();
  const int flags = (scope.task_started ? 1 : 0) | (timed ? 2 : 0) | (fans_out ? 4 : 0) |
                    (scope.items_are_members ? 8 : 0) | (has_map_item ? 16 : 0) |
                    (stored.input_apart ? 32 : 0) | (stored.map_item_apart ? 64 : 0) |
                    (stored.has_variables ? 128 : 0) | (stored.input_is_executions ? 256 : 0) |
                    (scope.redriven ? 512 : 0);
  writer.number(static_cast<uint64_t>(flags));
  if (timed) {
    writer.signed_number(scope.timeout_due_ms);
    writer.signed_number(scope.heartbeat_due_ms);
    writer.signed_number(scope.heartbeat_armed_ms);
    writer.signed_number(scope.heartbeat_ms);
  }
  if (fans_out) {
    writer.number(scope.children_total);
    writer.number(scope.children_next);
    writer.number(scope.children_running);
    writer.number(scope.children_finished);
    writer.number(scope.concurrency_max);
  }
  writer.number(stored.items_per_chunk);
  writer.number(stored.item_chunks);
  writer.number(stored.results_end);
  if (!stored.input_apart && !stored.input_is_executions) writer.text(scope.input.text());
  if (has_map_item && !stored.map_item_apart) writer.text(statelang::to_json(scope.map_item));
  append_map_run(writer, scope);
  return writer.take();
}

std::optional<StoredScope> decode_scope(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  StoredScope stored;
  statelang::Scope& scope = stored.scope;
  scope.parent = static_cast<statelang::ScopeId>(reader.small_number());
  scope.kind = read_enum(reader, statelang::ScopeKind::Root, statelang::ScopeKind::Iteration);
  scope.phase = read_enum(reader, statelang::ScopePhase::Ready, statelang::ScopePhase::Stopped);
  scope.index = reader.small_number();
  scope.state = static_cast<statelang::StateIndex>(reader.small_number());
  scope.entered_ms = reader.signed_number();
  scope.entered_event = reader.signed_number();
  scope.entry_previous = reader.signed_number();
  scope.previous_event = reader.signed_number();
  scope.attempt = reader.small_number();
  scope.retry_count = reader.small_number();
  scope.retrier_attempts.resize(reader.count());
  for (uint32_t& attempts : scope.retrier_attempts) attempts = reader.small_number();
  const uint64_t flags = reader.number();
  scope.task_started = flags & 1;
  if (flags & 2) {
    scope.timeout_due_ms = reader.signed_number();
    scope.heartbeat_due_ms = reader.signed_number();
    scope.heartbeat_armed_ms = reader.signed_number();
    scope.heartbeat_ms = reader.signed_number();
  }
  if (flags & 4) {
    scope.children_total = reader.small_number();
    scope.children_next = reader.small_number();
    scope.children_running = reader.small_number();
    scope.children_finished = reader.small_number();
    scope.concurrency_max = reader.small_number();
  }
  scope.items_are_members = flags & 8;
  stored.input_apart = flags & 32;
  stored.map_item_apart = flags & 64;
  stored.has_variables = flags & 128;
  stored.input_is_executions = flags & 256;
  scope.redriven = flags & 512;
  stored.items_per_chunk = reader.small_number();
  stored.item_chunks = reader.small_number();
  stored.results_end = reader.small_number();
  if (!stored.input_apart && !stored.input_is_executions) scope.input = Payload::from_text(reader.string());
  if ((flags & 16) && !stored.map_item_apart) {
    auto item = statelang::parse_json(reader.text());
    if (!item) return std::nullopt;
    scope.map_item = std::move(*item);
  }
  if (!reader.complete()) read_map_run(reader, scope);
  return if_complete(reader, stored);
}

namespace {

void write(ByteWriter& writer, const MapRunCounts& counts) {
  for (const uint32_t count : {counts.total, counts.pending, counts.running, counts.succeeded, counts.failed,
                               counts.timed_out, counts.aborted, counts.results_written}) {
    writer.number(count);
  }
}

MapRunCounts read_counts(ByteReader& reader) {
  MapRunCounts counts;
  for (uint32_t* count : {&counts.total, &counts.pending, &counts.running, &counts.succeeded, &counts.failed,
                          &counts.timed_out, &counts.aborted, &counts.results_written}) {
    *count = reader.small_number();
  }
  return counts;
}

}  // namespace

std::string encode(const MapRun& run) {
  ByteWriter writer = begin_value();
  writer.text(run.map_run_arn);
  writer.text(run.execution_arn);
  writer.text(run.state_machine_arn);
  writer.number(static_cast<uint64_t>(run.execution));
  writer.number(static_cast<uint32_t>(run.scope));
  writer.u8(static_cast<uint8_t>(run.status));
  writer.signed_number(run.start_ms);
  writer.signed_number(run.stop_ms);
  writer.number(run.concurrency_max);
  writer.signed_number(run.tolerated_failure_count);
  write_double(writer, run.tolerated_failure_percentage);
  write(writer, run.items);
  write(writer, run.executions);
  // Parts at the end that most leave out.
  const bool lost = run.executions.failures_not_redrivable > 0;
  if (run.redrive_count == 0 && !lost) return writer.take();
  writer.number(run.redrive_count);
  writer.signed_number(run.redrive_ms);
  writer.number(run.items.pending_redrive);
  writer.number(run.executions.pending_redrive);
  if (!lost) return writer.take();
  writer.number(run.items.failures_not_redrivable);
  writer.number(run.executions.failures_not_redrivable);
  return writer.take();
}

std::optional<MapRun> decode_map_run(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  MapRun run;
  run.map_run_arn = reader.string();
  run.execution_arn = reader.string();
  run.state_machine_arn = reader.string();
  run.execution = static_cast<ExecutionNumber>(reader.number());
  run.scope = static_cast<statelang::ScopeId>(reader.small_number());
  run.status = read_status(reader);
  run.start_ms = reader.signed_number();
  run.stop_ms = reader.signed_number();
  run.concurrency_max = reader.small_number();
  run.tolerated_failure_count = reader.signed_number();
  run.tolerated_failure_percentage = read_double(reader);
  run.items = read_counts(reader);
  run.executions = read_counts(reader);
  if (!reader.complete()) {
    run.redrive_count = reader.small_number();
    run.redrive_ms = reader.signed_number();
    run.items.pending_redrive = reader.small_number();
    run.executions.pending_redrive = reader.small_number();
  }
  if (!reader.complete()) {
    run.items.failures_not_redrivable = reader.small_number();
    run.executions.failures_not_redrivable = reader.small_number();
  }
  return if_complete(reader, run);
}

namespace {

void write(ByteWriter& writer, const ExecutionOutcome& outcome) {
  writer.u8(static_cast<uint8_t>(outcome.status));
  writer.signed_number(outcome.stop_ms);
  if (outcome.status == ExecutionStatus::Succeeded) {
    writer.text(outcome.output.text());
  } else {
    write(writer, outcome.failure);
  }
}

ExecutionOutcome read_outcome(ByteReader& reader) {
  ExecutionOutcome outcome;
  outcome.status = read_status(reader);
  outcome.stop_ms = reader.signed_number();
  if (outcome.status == ExecutionStatus::Succeeded) {
    outcome.output = Payload::from_text(reader.string());
  } else {
    outcome.failure = read_failure(reader);
  }
  return outcome;
}

// What a stored state has besides the counters, as bits; frozen.
enum StateHas : uint8_t { kContinues = 1, kRoot = 2, kOutcome = 4, kRedrives = 8 };

}  // namespace

std::string encode(const ExecutionState& state, bool continues, const StoredScope* root,
                   const ExecutionOutcome* outcome, const std::vector<RedriveToken>& redrives) {
  ByteWriter writer = begin_value();
  writer.u8(static_cast<uint8_t>(state.status));
  writer.signed_number(state.next_event_id);
  writer.number(state.next_scope_id);
  writer.number(state.open_scopes);
  writer.signed_number(state.start_time_ms);
  writer.signed_number(state.now_ms);
  writer.number(state.redrive_count);
  writer.signed_number(state.redrive_time_ms);
  writer.number(state.sequence);
  writer.u8(static_cast<uint8_t>((continues ? kContinues : 0) | (root ? kRoot : 0) |
                                 (outcome ? kOutcome : 0) | (redrives.empty() ? 0 : kRedrives)));
  if (root) writer.text(encode(*root));
  if (outcome) write(writer, *outcome);
  if (redrives.empty()) return writer.take();
  writer.number(redrives.size());
  for (const RedriveToken& redrive : redrives) {
    writer.text(redrive.token);
    writer.signed_number(redrive.redrive_ms);
  }
  return writer.take();
}

std::optional<StoredState> decode_state(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  StoredState stored;
  ExecutionState& state = stored.state;
  state.status = read_status(reader);
  state.next_event_id = reader.signed_number();
  state.next_scope_id = reader.small_number();
  state.open_scopes = reader.small_number();
  state.start_time_ms = reader.signed_number();
  state.now_ms = reader.signed_number();
  state.redrive_count = reader.small_number();
  state.redrive_time_ms = reader.signed_number();
  state.sequence = reader.number();
  const uint8_t has = reader.u8();
  stored.continues = has & kContinues;
  if (has & kRoot) {
    stored.root = decode_scope(reader.text());
    if (!stored.root) return std::nullopt;
  }
  if (has & kOutcome) stored.outcome = read_outcome(reader);
  if (has & kRedrives) {
    stored.redrives.resize(reader.count());
    for (RedriveToken& redrive : stored.redrives) {
      redrive.token = reader.string();
      redrive.redrive_ms = reader.signed_number();
    }
  }
  return if_complete(reader, stored);
}

std::optional<statelang::ScopeId> decode_scope_parent(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  const auto parent = static_cast<statelang::ScopeId>(reader.small_number());
  if (!reader.ok()) return std::nullopt;
  return parent;
}

std::string encode_items(const std::vector<std::string>& items) {
  ByteWriter writer = begin_value();
  writer.number(items.size());
  for (const std::string& item : items) writer.text(item);
  return writer.take();
}

std::optional<std::vector<std::string_view>> decode_items(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  std::vector<std::string_view> items(reader.count());
  for (std::string_view& item : items) item = reader.text();
  return if_complete(reader, items);
}

std::string encode(const OpenTask& task) {
  ByteWriter writer = begin_value();
  writer.text(task.queue);
  writer.text(task.resource);
  writer.text(task.input.text());
  writer.text(task.state_name);
  writer.number(task.retry_count);
  writer.signed_number(task.scheduled_ms);
  writer.signed_number(task.timeout_ms);
  writer.signed_number(task.heartbeat_ms);
  // A part at the end that most tasks leave out.
  if (task.mock_call != 0 || task.submitted || task.cancelled) {
    writer.u8(static_cast<uint8_t>((task.submitted ? 1 : 0) | (task.cancelled ? 2 : 0)));
    writer.number(task.mock_call);
  }
  return writer.take();
}

std::optional<OpenTask> decode_open_task(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  OpenTask task;
  task.queue = reader.string();
  task.resource = reader.string();
  task.input = Payload::from_text(reader.string());
  task.state_name = reader.string();
  task.retry_count = reader.small_number();
  task.scheduled_ms = reader.signed_number();
  task.timeout_ms = reader.signed_number();
  task.heartbeat_ms = reader.signed_number();
  if (!reader.complete()) {
    const uint8_t flags = reader.u8();
    if (flags > 3) reader.fail();
    task.submitted = flags & 1;
    task.cancelled = flags & 2;
    task.mock_call = reader.small_number();
  }
  return if_complete(reader, task);
}

std::string encode_ready(const std::vector<statelang::ScopeId>& scopes) {
  ByteWriter writer = begin_value();
  writer.number(scopes.size());
  for (const statelang::ScopeId scope : scopes) writer.number(static_cast<uint32_t>(scope));
  return writer.take();
}

std::vector<statelang::ScopeId> decode_ready(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  std::vector<statelang::ScopeId> scopes(reader.count());
  for (statelang::ScopeId& scope : scopes) scope = static_cast<statelang::ScopeId>(reader.small_number());
  return reader.complete() ? scopes : std::vector<statelang::ScopeId>();
}

std::string encode(const RegisterDefinition& definition) {
  ByteWriter writer = begin_value();
  writer.text(definition.revision_id);
  writer.text(definition.state_machine_arn);
  writer.text(definition.state_machine_name);
  writer.u8(static_cast<uint8_t>(definition.type));
  writer.text(definition.role_arn);
  writer.text(definition.definition);
  if (definition.log == LogSettings{}) return writer.take();  // a part at the end that most leave out
  writer.u8(static_cast<uint8_t>(definition.log.level));
  writer.boolean(definition.log.include_data);
  writer.text(definition.log.group);
  return writer.take();
}

std::optional<RegisterDefinition> decode_definition(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  RegisterDefinition definition;
  definition.revision_id = reader.string();
  definition.state_machine_arn = reader.string();
  definition.state_machine_name = reader.string();
  definition.type = read_enum(reader, MachineType::Standard, MachineType::Express);
  definition.role_arn = reader.string();
  definition.definition = reader.string();
  if (!reader.complete()) {
    definition.log.level = read_enum(reader, LogLevel::Off, LogLevel::All);
    definition.log.include_data = reader.boolean();
    definition.log.group = reader.string();
  }
  return if_complete(reader, definition);
}

std::string encode(const FeedEntry& entry) {
  ByteWriter writer = begin_value();
  writer.u8(static_cast<uint8_t>(entry.kind));
  writer.number(static_cast<uint64_t>(entry.execution));
  writer.signed_number(entry.first_event);
  if (entry.kind == FeedEntry::Kind::History) {
    writer.boolean(entry.logged);
    return writer.take();
  }
  writer.u8(static_cast<uint8_t>(entry.status));
  writer.signed_number(entry.time_ms);
  writer.number(entry.redrive_count);
  return writer.take();
}

std::optional<FeedEntry> decode_feed_entry(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  FeedEntry entry;
  entry.kind = read_enum(reader, FeedEntry::Kind::Status, FeedEntry::Kind::History);
  entry.execution = static_cast<ExecutionNumber>(reader.number());
  entry.first_event = reader.signed_number();
  if (entry.kind == FeedEntry::Kind::History) {
    entry.logged = reader.boolean();
    return if_complete(reader, entry);
  }
  entry.status =
      read_enum(reader, statelang::ExecutionStatus::Running, statelang::ExecutionStatus::PendingRedrive);
  entry.time_ms = reader.signed_number();
  entry.redrive_count = reader.small_number();
  return if_complete(reader, entry);
}

std::string encode(const FeedReaderState& state) {
  ByteWriter writer = begin_value();
  writer.u8(state.wants);
  writer.number(state.next.record);
  writer.number(state.next.index);
  return writer.take();
}

std::optional<FeedReaderState> decode_feed_reader(std::string_view bytes) {
  ByteReader reader = begin_reading(bytes);
  FeedReaderState state;
  state.wants = reader.u8();
  state.next.record = reader.number();
  state.next.index = reader.small_number();
  return if_complete(reader, state);
}

}  // namespace engine::core
