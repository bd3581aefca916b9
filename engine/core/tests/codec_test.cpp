// Encode, decode, encode: the same bytes. Garbage: nothing, and never a crash. Golden bytes hold the numbers
// that are frozen (docs/formats).
#include <catch2/catch.hpp>

#include <engine/core/record_codec.h>
#include <engine/core/state_codec.h>
#include <engine/core/state_keys.h>
#include <statelang/encoding.h>

using namespace engine::core;
using statelang::EventType;
using statelang::HistoryEvent;
using statelang::Payload;
using statelang::ScopeId;
using statelang::to_hex;

namespace {

// Every cut and every changed byte either decodes to something or is refused.
template <class Decode>
void survives_damage(const std::string& bytes, Decode decode) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    CHECK_FALSE(decode(std::string_view(bytes).substr(0, i)));
    for (const int bit : {0, 3, 7}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      (void)decode(changed);
    }
  }
  CHECK_FALSE(decode(bytes + '\0'));
  std::string future = bytes;
  future[0] = '\x7F';
  CHECK_FALSE(decode(future));
}

Record record_of(RecordBody body) {
  return {1'700'000'000'123, 42, 3, std::move(body)};
}

std::vector<Record> records() {
  const TaskId task{2, static_cast<ExecutionNumber>(77), static_cast<ScopeId>(5), 9};
  return {
      record_of(RegisterDefinition{"r", "arn", "name", MachineType::Express, "role", "{}"}),
      record_of(StartExecution{"arn", "name", "r", "alias", "version", Payload::from_text("[1]"), "trace", 5,
                               true}),
      record_of(StopExecution{"arn", {"e", "c", true, false}}),
      record_of(TaskReport{task, statelang::TaskStarted{task.scope, 9, "w", 1}}),
      record_of(TaskReport{task, statelang::TaskSubmitted{task.scope, 9, Payload::from_text("1")}}),
      record_of(TaskReport{task, statelang::TaskSucceeded{task.scope, 9, Payload::from_text("{}"), "w", 2}}),
      record_of(TaskReport{task, statelang::TaskFailed{task.scope, 9, {"e", "c"}, "w", 3}}),
      record_of(TaskReport{task, statelang::TaskHeartbeat{task.scope, 9}}),
      record_of(TimerDue{-5, task.execution, 2, task.scope, 9}),
      record_of(ContinueExecution{task.execution}),
      record_of(PutCatalogEntry{"k", "v", PutCatalogEntry::Condition::Equals, "w"}),
      record_of(EraseCatalogEntry{"k"}),
      record_of(UpdateMapRun{"arn", 3, std::nullopt, std::nullopt}),
      record_of(UpdateMapRun{"arn", std::nullopt, 7, 12.5}),
      record_of(UpdateFeedReader{"sink/s", UpdateFeedReader::kStatus, {300, 2}}),
      record_of(RedriveExecution{"arn", "token"}),
  };
}

}  // namespace

TEST_CASE("record codec: every kind comes back as it was") {
  for (const Record& record : records()) {
    const std::string bytes = encode(record);
    const auto decoded = decode_record(bytes);
    REQUIRE(decoded);
    CHECK(decoded->body.index() == record.body.index());
    CHECK(encode(*decoded) == bytes);
    survives_damage(bytes, [](std::string_view damaged) { return decode_record(damaged).has_value(); });
  }
}

TEST_CASE("record codec: golden bytes") {
  const auto all = records();
  CHECK(to_hex(encode(all[9])) == "01f6a1abfef9622a03064d");
  CHECK(to_hex(encode(all[8])) == "01f6a1abfef9622a0305094d020509");
  CHECK(to_hex(encode(all[7])) == "01f6a1abfef9622a0304024d050905");
  CHECK(to_hex(encode(all[11])) == "01f6a1abfef9622a0308016b");
  CHECK(to_hex(encode(all[14])) == "01f6a1abfef9622a030a0673696e6b2f7301ac0202");
}

TEST_CASE("record codec: a payload that is no JSON is refused") {
  Record record = records()[5];
  std::get<statelang::TaskSucceeded>(std::get<TaskReport>(record.body).report).output =
      Payload::from_text("{\"");
  CHECK_FALSE(decode_record(encode(record)));
}

TEST_CASE("state codec: a scope comes back as it was") {
  StoredScope stored;
  statelang::Scope& scope = stored.scope;
  scope.parent = ScopeId::Root;
  scope.kind = statelang::ScopeKind::Iteration;
  scope.phase = statelang::ScopePhase::WaitingForTask;
  scope.index = 3;
  scope.state = static_cast<statelang::StateIndex>(2);
  scope.input = Payload::from_text("{\"a\":1}");
  scope.entered_ms = 5;
  scope.attempt = 300;
  scope.retrier_attempts = {1, 0};
  scope.task_started = true;
  scope.timeout_due_ms = 99;
  scope.children_total = 4;
  scope.concurrency_max = 2;
  scope.items_are_members = true;
  scope.map_item = statelang::Value::object({{"Index", 3}});
  stored.has_variables = true;
  stored.items_per_chunk = 64;
  const std::string bytes = encode(stored);
  const auto decoded = decode_scope(bytes);
  REQUIRE(decoded);
  CHECK(encode(*decoded) == bytes);
  CHECK(decoded->scope.attempt == 300);
  CHECK(decoded->scope.map_item == scope.map_item);
  CHECK(decode_scope_parent(bytes) == ScopeId::Root);
  survives_damage(bytes, [](std::string_view damaged) { return decode_scope(damaged).has_value(); });
}

TEST_CASE("history codec: a document that several events carry is stored once") {
  const Payload shared = Payload::from_text('"' + std::string(1000, 'x') + '"');
  std::vector<HistoryEvent> events(3);
  for (size_t i = 0; i < events.size(); ++i) {
    events[i].id = static_cast<int64_t>(i) + 10;
    events[i].previous_id = static_cast<int64_t>(i) + 9;
    events[i].timestamp_ms = 1000 + static_cast<int64_t>(i);
    events[i].type = EventType::PassStateEntered;
    events[i].name = "Pass";
    events[i].has_payload = true;
    events[i].payload = shared;
  }
  auto extras = std::make_shared<statelang::EventExtras>();
  extras->region = "here";
  extras->assigned_variables = {{"a", "1"}};
  events[1].extras = extras;
  events[2].has_error = events[2].has_cause = true;
  events[2].error = "E";
  events[2].number = -7;
  const std::string bytes = encode_history(events);
  CHECK(bytes.size() < 1100);
  const auto decoded = decode_history(bytes);
  REQUIRE(decoded);
  REQUIRE(decoded->size() == 3);
  CHECK(encode_history(*decoded) == bytes);
  CHECK((*decoded)[2].id == 12);
  CHECK((*decoded)[2].previous_id == 11);
  CHECK((*decoded)[2].number == -7);
  CHECK((*decoded)[1].extras->assigned_variables == extras->assigned_variables);
  CHECK((*decoded)[0].payload.same_document((*decoded)[2].payload));
}

TEST_CASE("history codec: golden bytes and damage") {
  std::vector<HistoryEvent> events(1);
  events[0].id = 1;
  events[0].timestamp_ms = 3;
  events[0].type = EventType::ExecutionStarted;
  events[0].has_payload = true;
  events[0].payload = Payload::from_text("{}");
  const std::string bytes = encode_history(events);
  CHECK(to_hex(bytes) ==
        "0101027b7d0101080202060"
        "0");
  survives_damage(bytes, [](std::string_view damaged) { return decode_history(damaged).has_value(); });
}

TEST_CASE("state codec: execution, outcome, task and definition come back as they were") {
  statelang::ExecutionState state;
  state.next_event_id = 12;
  state.sequence = 3;
  CHECK(to_hex(encode(state, true, nullptr, nullptr)) ==
        "01011801000000000003"
        "01");
  StoredScope root;
  root.scope.input = Payload::from_text("[7]");
  const ExecutionOutcome failed{statelang::ExecutionStatus::Failed, 8, {}, {"E", "", true, false}};
  const std::string bytes = encode(state, false, &root, &failed);
  const auto stored = decode_state(bytes);
  REQUIRE(stored);
  CHECK(encode(stored->state, stored->continues, &*stored->root, &*stored->outcome) == bytes);
  survives_damage(bytes, [](std::string_view damaged) { return decode_state(damaged).has_value(); });
  for (const bool apart : {false, true}) {
    const StoredFacts facts{{"arn", "n", "r", "m", "a", "v", "t", 9}, Payload::from_text("{}"), apart};
    const auto decoded = decode_facts(encode(facts));
    REQUIRE(decoded);
    CHECK(decoded->facts == facts.facts);
    CHECK(encode(*decoded) == encode(facts));
    survives_damage(encode(facts),
                    [](std::string_view damaged) { return decode_facts(damaged).has_value(); });
  }
  const OpenTask task{"q", "r", Payload::from_text("[]"), "S", 1, 2, 3, 4};
  CHECK(encode(*decode_open_task(encode(task))) == encode(task));
  const RegisterDefinition definition{"r", "arn", "name", MachineType::Standard, "role", "{}"};
  CHECK(encode(*decode_definition(encode(definition))) == encode(definition));
  CHECK(decode_items(encode_items({"1", "[2]"}))->at(1) == "[2]");
}

TEST_CASE("state keys: golden bytes, order and parsing") {
  const TimerDue timer{1000, static_cast<ExecutionNumber>(2), 3, static_cast<ScopeId>(4), 5};
  CHECK(to_hex(timer_key(timer)) == "80000000000003e80000000000000002030000000400000005");
  const TimerDue parsed = parse_timer_key(timer_key(timer));
  CHECK(timer_key(parsed) == timer_key(timer));
  TimerDue earlier = timer;
  earlier.due_ms = -1;
  CHECK(timer_key(earlier) < timer_key(timer));
  CHECK(history_key(timer.execution, 9) < history_key(timer.execution, 256));
  CHECK(after_prefix(std::string("a\xFF", 2)) == "b");
  CHECK(after_prefix("\xFF").empty());
  CHECK(to_hex(task_key(timer.execution, timer.scope, 7)) == "00000000000000020000000400000007");
}
