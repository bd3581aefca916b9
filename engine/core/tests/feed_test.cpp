// The feed of events: entered in the batch that made them true, kept until every reader has passed them.
#include <catch2/catch.hpp>

#include <engine/core/state_keys.h>

#include "harness.h"

using namespace core_test;
using namespace engine::core;
using engine::Table;
using statelang::ExecutionStatus;

namespace {

using Wants = UpdateFeedReader;

std::vector<FeedItem> feed(const Harness& at) {
  auto items = read_feed(at.store, {}, 1000);
  REQUIRE(items);
  return *items;
}

FeedPosition place(const Harness& at, const std::string& reader) {
  const auto state = read_feed_reader(at.store, reader);
  REQUIRE(state);
  REQUIRE(*state);
  return (*state)->next;
}

TaskId first_task(const std::vector<Action>& actions) {
  const auto tasks = all<DispatchTask>(actions);
  REQUIRE(!tasks.empty());
  return tasks[0].id;
}

}  // namespace

TEST_CASE("feed: without a reader nothing is entered") {
  Harness at;
  at.define(chain(1));
  at.succeed(first_task(at.start("one")));
  CHECK(at.store.count(Table::Outbox) == 0);
  CHECK(all<FeedGrown>(at.start("two")).empty());
}

TEST_CASE("feed: a reader of status changes finds the start and the end") {
  Harness at;
  at.define(chain(1));
  at.apply(UpdateFeedReader{"sink/a", Wants::kStatus, {}});
  const auto started = at.start("one");
  CHECK(all<FeedGrown>(started).size() == 1);
  const int64_t began = at.now_ms;
  at.now_ms += 5;
  at.succeed(first_task(started));
  const auto items = feed(at);
  REQUIRE(items.size() == 2);
  CHECK(items[0].entry.status == ExecutionStatus::Running);
  CHECK(items[0].entry.time_ms <= began);
  CHECK(items[1].entry.status == ExecutionStatus::Succeeded);
  CHECK(items[1].entry.time_ms == at.execution("one").outcome->stop_ms);
  CHECK(items[0].position < items[1].position);
  const auto end = read_step_events(at.store, items[1].entry.execution, items[1].entry.first_event);
  REQUIRE((end && *end));
  CHECK((*end)->back().type == statelang::EventType::ExecutionSucceeded);
}

TEST_CASE("feed: an execution that ends in its first step has both changes") {
  Harness at;
  at.define(R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})");
  at.apply(UpdateFeedReader{"sink/a", Wants::kStatus, {}});
  at.start("one");
  const auto items = feed(at);
  REQUIRE(items.size() == 2);
  CHECK(items[0].entry.status == ExecutionStatus::Running);
  CHECK(items[1].entry.status == ExecutionStatus::Succeeded);
}

TEST_CASE("feed: a reader of history is led to every event") {
  Harness at;
  at.define(chain(2));
  at.apply(UpdateFeedReader{"sink/h", Wants::kHistory, {}});
  at.succeed(first_task(at.start("one")));
  std::vector<int64_t> ids;
  for (const FeedItem& item : feed(at)) {
    REQUIRE(item.entry.kind == FeedEntry::Kind::History);
    const auto events = read_step_events(at.store, item.entry.execution, item.entry.first_event);
    REQUIRE((events && *events));
    for (const auto& event : **events) ids.push_back(event.id);
  }
  const auto history = at.history("one");
  REQUIRE(ids.size() == history.size());
  for (size_t i = 0; i < ids.size(); ++i) CHECK(ids[i] == history[i].id);
}

TEST_CASE("feed: entries stay until the slowest reader has passed them") {
  Harness at;
  at.define(chain(1));
  at.apply(UpdateFeedReader{"fast", Wants::kStatus, {}});
  at.apply(UpdateFeedReader{"slow", Wants::kStatus, {}});
  const FeedPosition begin = place(at, "slow");
  for (const char* name : {"a", "b", "c"}) at.start(name);
  const auto items = feed(at);
  REQUIRE(items.size() == 3);
  const FeedPosition behind_two{items[1].position.record, items[1].position.index + 1};
  at.apply(UpdateFeedReader{"fast", Wants::kStatus, behind_two});
  CHECK(at.store.count(Table::Outbox) == 3);
  at.apply(UpdateFeedReader{"slow", Wants::kStatus, behind_two});
  CHECK(at.store.count(Table::Outbox) == 1);
  at.apply(UpdateFeedReader{"slow", Wants::kStatus, begin});  // never back
  CHECK(place(at, "slow") == behind_two);
  at.crash();
  CHECK(feed(at).size() == 1);
  at.start("d");  // what is wanted is known again
  CHECK(feed(at).size() == 2);
  at.apply(UpdateFeedReader{"fast", Wants::kNothing, {}});
  at.apply(UpdateFeedReader{"slow", Wants::kNothing, {}});
  CHECK(at.store.count(Table::Outbox) == 0);
  at.start("e");
  CHECK(at.store.count(Table::Outbox) == 0);
}

TEST_CASE("feed: many entries go as one range") {
  Harness at;
  at.define(chain(1));
  at.apply(UpdateFeedReader{"a", Wants::kStatus, {}});
  for (int i = 0; i < 300; ++i) at.start("e" + std::to_string(i));
  CHECK(at.store.count(Table::Outbox) == 300);
  at.apply(UpdateFeedReader{"a", Wants::kStatus, {UINT64_MAX, 0}});  // not further than now
  CHECK(at.store.count(Table::Outbox) == 0);
  at.start("more");
  CHECK(at.store.count(Table::Outbox) == 1);
}

TEST_CASE("feed: the log's reader gets what state machines with logging do, Express ones as they go") {
  Harness at;
  at.apply(UpdateFeedReader{"log", Wants::kLog, {}});
  at.define(chain(1));
  at.start("silent");
  CHECK(at.store.count(Table::Outbox) == 0);

  Harness express;
  RegisterDefinition definition{
      "r", kMachineArn, "m", MachineType::Express, "", chain(1), {LogLevel::All, true, "group"}};
  express.apply(definition);
  StartExecution start;
  start.execution_arn = Harness::arn("x");
  start.name = "x";
  start.revision_id = "r";
  start.input = statelang::Payload::from_text("{}");
  start.synchronous = true;
  const auto logged = all<ExpressLogged>(express.apply(start));
  REQUIRE(logged.size() == 1);
  CHECK(logged[0].log.group == "group");
  CHECK(logged[0].state_machine_name == "m");
  REQUIRE(!logged[0].events.empty());
  CHECK(logged[0].events[0].type == statelang::EventType::ExecutionStarted);
  CHECK(express.store.count(Table::Outbox) == 0);
}

TEST_CASE("feed codec: entries and readers come back as they were") {
  FeedEntry status;
  status.execution = ExecutionNumber{300};
  status.first_event = 7;
  status.status = ExecutionStatus::PendingRedrive;
  status.time_ms = 1'700'000'000'123;
  status.redrive_count = 2;
  CHECK(decode_feed_entry(encode(status)) == status);
  FeedEntry history;
  history.kind = FeedEntry::Kind::History;
  history.execution = ExecutionNumber{1};
  history.first_event = 9;
  history.logged = true;
  CHECK(decode_feed_entry(encode(history)) == history);
  CHECK_FALSE(decode_feed_entry(encode(history) + "x"));
  const auto reader = decode_feed_reader(encode(FeedReaderState{5, {1000, 3}}));
  REQUIRE(reader);
  CHECK(reader->wants == 5);
  CHECK(reader->next == FeedPosition{1000, 3});
  CHECK(parse_feed_key(feed_key({70000, 9})) == FeedPosition{70000, 9});
}
