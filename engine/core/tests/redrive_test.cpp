// RedriveExecution: what failed goes on, what succeeded stays, nothing is left when the execution is erased.
#include <catch2/catch.hpp>

#include <engine/core/redrive.h>
#include <engine/core/state_keys.h>

#include "harness.h"

using namespace core_test;
using namespace engine::core;
using engine::Table;
using statelang::EventType;
using statelang::ExecutionStatus;

namespace {

template <class T>
T only(const std::vector<Action>& actions) {
  const auto found = all<T>(actions);
  REQUIRE(found.size() == 1);
  return found.front();
}

std::string text_of(const std::vector<Action>& actions) {
  const auto replies = all<Reply>(actions);
  return replies.empty() ? std::string() : replies.front().text;
}

std::vector<Action> fail(Harness& at, const TaskId& task) {
  return at.apply(TaskReport{task, statelang::TaskFailed{{}, 0, {"Bad", "luck"}, "w", at.now_ms}});
}

// So many tasks that have their turn one after the other; `task`: the one whose turn it is.
void fail_in_turn(Harness& at, DispatchTask& task, int count) {
  for (int i = 0; i < count; ++i) {
    const auto next = all<DispatchTask>(fail(at, task.id));
    if (!next.empty()) task = next.front();
  }
}
std::vector<Action> redrive(Harness& at, const std::string& name, const std::string& token = "") {
  return at.apply(RedriveExecution{Harness::arn(name), token});
}

std::vector<EventType> types(const Harness& at, const std::string& name) {
  std::vector<EventType> found;
  for (const auto& event : at.history(name)) found.push_back(event.type);
  return found;
}

const std::string kTask = R"({"Type":"Task","Resource":"work","End":true})";

std::string parallel(const std::string& fields = "") {
  const auto branch = [](const std::string& name) {
    return R"({"StartAt":")" + name + R"(","States":{")" + name + R"(":)" + kTask + "}}";
  };
  return R"({"StartAt":"P","States":{"P":{"Type":"Parallel",)" + fields + R"("Branches":[)" + branch("A") +
         "," + branch("B") + "," + branch("C") + R"(],"End":true}}})";
}

std::string distributed(const std::string& fields, const std::string& type = "STANDARD") {
  return R"({"StartAt":"M","States":{"M":{"Type":"Map",)" + fields +
         R"("Label":"each","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",)"
         R"("ExecutionType":")" +
         type + R"("},"StartAt":"T","States":{"T":)" + kTask + R"(}},"End":true}}})";
}

MapRun map_run(const Harness& at, const std::string& name) {
  auto runs = list_map_runs(at.store, Harness::arn(name));
  REQUIRE(runs);
  REQUIRE(runs->size() == 1);
  return runs->front();
}

// Fires the retention timers until the store holds no execution.
void let_it_be_erased(Harness& at) {
  for (int round = 0; round < 100 && at.store.count(Table::Executions) > 0; ++round) {
    at.now_ms += at.settings.retention_ms + 1;
    std::vector<TimerDue> due;
    for (const auto& [key, value] : at.store.content) {
      if (key.first == Table::Timers) due.push_back(parse_timer_key(key.second));
    }
    for (const TimerDue& timer : due) at.fire(timer);
  }
}

}  // namespace

TEST_CASE("redrive: a failed task is scheduled again with the input it had") {
  Harness at;
  at.define(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"a":1},"Next":"T"},"T":)" + kTask +
            "}}");
  const auto task = only<DispatchTask>(at.start("one", "{}"));
  fail(at, task.id);
  REQUIRE(at.execution("one").state.status == ExecutionStatus::Failed);
  at.now_ms += 5000;
  const auto actions = redrive(at, "one");
  CHECK(code(actions) == ReplyCode::Done);
  CHECK(only<Reply>(actions).time_ms == at.now_ms);
  const auto again = only<DispatchTask>(actions);
  CHECK(again.input.text() == R"({"a":1})");
  CHECK(again.id.attempt > task.id.attempt);
  CHECK(at.execution("one").state.status == ExecutionStatus::Running);
  CHECK(at.execution("one").state.redrive_count == 1);
  CHECK_FALSE(at.execution("one").outcome);
  CHECK(code(at.succeed(task.id, "0")) == ReplyCode::TaskTimedOut);  // the attempt before
  at.succeed(again.id, "7");
  CHECK(at.execution("one").outcome->output.text() == "7");
  CHECK(types(at, "one") ==
        std::vector{EventType::ExecutionStarted, EventType::PassStateEntered, EventType::PassStateExited,
                    EventType::TaskStateEntered, EventType::TaskScheduled, EventType::TaskStarted,
                    EventType::TaskFailed, EventType::ExecutionFailed, EventType::ExecutionRedriven,
                    EventType::TaskScheduled, EventType::TaskStarted, EventType::TaskSucceeded,
                    EventType::TaskStateExited, EventType::ExecutionSucceeded});
  CHECK(at.store.count(Table::Scopes) == 0);
  let_it_be_erased(at);
  CHECK(at.store.count(Table::Executions) == 0);
  CHECK(at.store.count(Table::Timers) == 0);
}

TEST_CASE("redrive: what may not be redriven is refused in AWS's words") {
  Harness at;
  at.define(chain(1));
  CHECK(code(redrive(at, "nobody")) == ReplyCode::ExecutionDoesNotExist);
  const auto task = only<DispatchTask>(at.start("one"));
  CHECK(text_of(redrive(at, "one")) == "Execution is RUNNING and cannot be redriven");
  at.succeed(task.id);
  CHECK(code(redrive(at, "one")) == ReplyCode::ExecutionNotRedrivable);
  CHECK(text_of(redrive(at, "one")) == "Execution is SUCCEEDED and cannot be redriven");
  fail(at, only<DispatchTask>(at.start("two")).id);
  at.now_ms += kRedrivableMs + 1;
  CHECK(text_of(redrive(at, "two")) == "Execution redrivable period exceeded");
  at.apply(StopExecution{Harness::arn("three"), {}});
  CHECK(at.execution("two").state.status == ExecutionStatus::Failed);
}

TEST_CASE("redrive: a history without room is not redriven") {
  PartitionSettings settings;
  settings.limits.history_events_max = 8;
  Harness at(settings);
  at.define(chain(3));
  const auto second = only<DispatchTask>(at.succeed(only<DispatchTask>(at.start("one")).id));
  fail(at, second.id);
  CHECK(text_of(redrive(at, "one")) == "Execution history event limit exceeded");
}

TEST_CASE(
    "redrive: bounds of history, open time and redrivable period are AWS's to the event and millisecond") {
  constexpr int64_t kEventsMax = 25'000, kStartMs = 1'000'000;
  statelang::ExecutionState state;
  state.status = ExecutionStatus::Failed;
  state.start_time_ms = kStartMs;
  state.next_event_id = 10;
  const auto asked = [&](int64_t stop_ms, int64_t now_ms) {
    const auto answer = redrivability_of(state, {}, stop_ms, kEventsMax, now_ms);
    return std::string(answer.reason.empty() ? to_string(answer.redrivability) : answer.reason);
  };
  CHECK(asked(kStartMs, kStartMs + kRedrivableMs) == "REDRIVABLE");
  CHECK(asked(kStartMs, kStartMs + kRedrivableMs + 1) == "Execution redrivable period exceeded");
  const int64_t year_later = kStartMs + kOpenMsMax;
  CHECK(asked(year_later, year_later) == "REDRIVABLE");
  CHECK(asked(year_later, year_later + 1) == "Execution has exceeded the max execution time");
  // Fewer than 24,999 events: ExecutionRedriven and one more have room.
  state.next_event_id = 24'999;
  CHECK(asked(kStartMs, kStartMs) == "REDRIVABLE");
  state.next_event_id = 25'000;
  CHECK(asked(kStartMs, kStartMs) == "Execution history event limit exceeded");
  state.redrive_count = 5000;
  state.next_event_id = 10;
  CHECK(asked(kStartMs, kStartMs) == "REDRIVABLE");
  for (const auto& [status, reason] :
       {std::pair{ExecutionStatus::Running, "Execution is RUNNING and cannot be redriven"},
        {ExecutionStatus::Succeeded, "Execution is SUCCEEDED and cannot be redriven"},
        {ExecutionStatus::PendingRedrive, "Execution is PENDING_REDRIVE and cannot be redriven"}}) {
    state.status = status;
    CHECK(asked(kStartMs, kStartMs) == reason);
  }
}

TEST_CASE("redrive: a child has the room of its own history and the times of its parent") {
  statelang::ExecutionState state;
  state.status = ExecutionStatus::Failed;
  ExecutionFacts facts;
  facts.map_run_arn = "run";
  const auto asked = [&] { return redrivability_of(state, facts, 0, 25'000, 2 * kOpenMsMax); };
  state.next_event_id = 24'999;
  CHECK(asked().redrivability == Redrivability::RedrivableByMapRun);
  state.next_event_id = 25'000;
  CHECK(asked().reason == "Execution history event limit exceeded");
}

TEST_CASE("redrive: what a Map Run keeps of redrives are parts at the end that may be missing") {
  MapRun run;
  run.map_run_arn = "run";
  run.items.total = run.executions.total = 7;
  const std::string without = encode(run);
  CHECK(decode_map_run(without) == run);
  run.redrive_count = 2;
  run.redrive_ms = 5;
  run.items.pending_redrive = 3;
  run.executions.pending_redrive = 1;
  const std::string redriven = encode(run);
  CHECK(redriven.starts_with(without));
  CHECK(decode_map_run(redriven) == run);
  run.items.failures_not_redrivable = 300;
  run.executions.failures_not_redrivable = 4;
  const std::string whole = encode(run);
  CHECK(whole.starts_with(redriven));
  CHECK(decode_map_run(whole) == run);
  CHECK_FALSE(decode_map_run(whole.substr(0, whole.size() - 1)));
}

TEST_CASE("redrive: the same client token is one redrive") {
  Harness at;
  at.define(chain(1));
  fail(at, only<DispatchTask>(at.start("one")).id);
  const auto first = redrive(at, "one", "t");
  const int64_t when = only<Reply>(first).time_ms;
  at.now_ms += 1000;
  CHECK(only<Reply>(redrive(at, "one", "t")).time_ms == when);
  CHECK(code(redrive(at, "one", "u")) == ReplyCode::ExecutionNotRedrivable);
  fail(at, only<DispatchTask>(first).id);
  CHECK(only<Reply>(redrive(at, "one", "t")).time_ms == when);
  CHECK(at.execution("one").state.status == ExecutionStatus::Failed);
  at.now_ms += kRedriveTokenMs;
  CHECK(only<Reply>(redrive(at, "one", "t")).time_ms == at.now_ms);
  CHECK(at.execution("one").state.redrive_count == 2);
}

TEST_CASE("redrive: retriers count anew and the time limit begins again") {
  Harness at;
  at.define(R"({"TimeoutSeconds":60,"StartAt":"T","States":{"T":{"Type":"Task","Resource":"work","End":true,)"
            R"("Retry":[{"ErrorEquals":["Bad"],"IntervalSeconds":1,"MaxAttempts":1}]}}})");
  auto failed = fail(at, only<DispatchTask>(at.start("one")).id);
  const auto delay = only<ArmTimer>(failed).timer;
  at.now_ms += 1000;
  fail(at, only<DispatchTask>(at.fire(delay)).id);
  REQUIRE(at.execution("one").state.status == ExecutionStatus::Failed);
  at.now_ms += 100'000;
  const auto again = redrive(at, "one");
  const auto limit = only<ArmTimer>(again).timer;
  CHECK(limit.due_ms == at.now_ms + 60'000);
  failed = fail(at, only<DispatchTask>(again).id);
  CHECK(all<ArmTimer>(failed).size() == 1);  // a retry, no end
  CHECK(at.execution("one").state.status == ExecutionStatus::Running);
  at.now_ms += 60'000;
  at.fire(limit);
  CHECK(at.execution("one").state.status == ExecutionStatus::TimedOut);
  CHECK(code(redrive(at, "one")) == ReplyCode::Done);
}

TEST_CASE("redrive: branches that succeeded keep their results, the others go on") {
  Harness at;
  at.define(parallel());
  const auto tasks = all<DispatchTask>(at.start("one", "5"));
  REQUIRE(tasks.size() == 3);
  at.succeed(tasks[0].id, "10");
  fail(at, tasks[1].id);
  REQUIRE(at.execution("one").state.status == ExecutionStatus::Failed);
  at.crash();
  const auto again = all<DispatchTask>(redrive(at, "one"));
  REQUIRE(again.size() == 2);
  CHECK(again[0].input.text() == "5");
  at.succeed(again[1].id, "30");
  at.succeed(again[0].id, "20");
  REQUIRE(at.execution("one").outcome);
  CHECK(at.execution("one").outcome->output.text() == "[10,20,30]");
  CHECK(at.store.count(Table::Scopes) == 0);
  CHECK(at.store.count(Table::Results) == 0);
}

TEST_CASE("redrive: a Parallel whose failure is handled keeps nothing of its branches") {
  Harness at;
  at.define(R"({"StartAt":"P","States":{"W":{"Type":"Wait","Seconds":9,"End":true},)" +
            parallel(R"("Retry":[{"ErrorEquals":["Bad"],"MaxAttempts":1,"IntervalSeconds":1}],)"
                     R"("Catch":[{"ErrorEquals":["Bad"],"Next":"W"}],)")
                .substr(25));
  const auto tasks = all<DispatchTask>(at.start("one"));
  REQUIRE(tasks.size() == 3);
  const auto delay = only<ArmTimer>(fail(at, tasks[1].id)).timer;
  CHECK(at.store.count(Table::Scopes) == 0);
  at.now_ms += 1000;
  const auto again = all<DispatchTask>(at.fire(delay));
  REQUIRE(again.size() == 3);
  fail(at, again[0].id);
  CHECK(at.execution("one").state.status == ExecutionStatus::Running);
  CHECK(at.store.count(Table::Scopes) == 0);
  at.apply(StopExecution{Harness::arn("one"), {}});
  CHECK(only<ArmTimer>(redrive(at, "one")).timer.due_ms == at.now_ms + 9000);
}

TEST_CASE("redrive: iterations that failed, were aborted or never began go on") {
  Harness at;
  at.define(R"({"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":3,"ItemProcessor":{"StartAt":"T",)"
            R"("States":{"T":)" +
            kTask + R"(}},"End":true}}})");
  const auto tasks = all<DispatchTask>(at.start("one", "[1,2,3,4,5]"));
  REQUIRE(tasks.size() == 3);
  const auto fourth = only<DispatchTask>(at.succeed(tasks[0].id, "10"));
  fail(at, tasks[2].id);
  REQUIRE(at.execution("one").state.status == ExecutionStatus::Failed);
  const auto again = all<DispatchTask>(redrive(at, "one"));
  REQUIRE(again.size() == 3);  // 2, 3, 4
  CHECK(again[0].input.text() == "2");
  CHECK(again[2].input.text() == fourth.input.text());
  const auto last = only<DispatchTask>(at.succeed(again[0].id, "20"));
  CHECK(last.input.text() == "5");
  at.succeed(last.id, "50");
  at.succeed(again[1].id, "30");
  at.succeed(again[2].id, "40");
  CHECK(at.execution("one").outcome->output.text() == "[10,20,30,40,50]");
}

TEST_CASE("redrive: what a failed execution keeps goes with its retention") {
  Harness at;
  at.define(parallel());
  const auto tasks = all<DispatchTask>(at.start("one", "\"" + std::string(5000, 'x') + "\""));
  at.succeed(tasks[0].id, "10");
  fail(at, tasks[1].id);
  CHECK(at.store.count(Table::Scopes) > 0);
  let_it_be_erased(at);
  for (const Table table : {Table::Executions, Table::Scopes, Table::Results, Table::Items, Table::Variables,
                            Table::Tasks, Table::Timers, Table::History, Table::Listing, Table::Names}) {
    CHECK(at.store.count(table) == 0);
  }
}

TEST_CASE("redrive: a Map Run goes on with its children that did not succeed") {
  Harness at;
  at.define(distributed(R"("MaxConcurrency":3,)"));
  const auto tasks = all<DispatchTask>(at.start("one", "[1,2,3,4,5]"));
  REQUIRE(tasks.size() == 3);
  at.succeed(tasks[0].id, "10");  // 4 begins
  fail(at, tasks[1].id);
  REQUIRE(at.execution("one").state.status == ExecutionStatus::Failed);
  CHECK(map_run(at, "one").executions.failed == 1);
  CHECK(map_run(at, "one").executions.aborted == 2);
  const auto refused = at.apply(RedriveExecution{tasks[1].execution_arn, ""});
  CHECK(code(refused) == ReplyCode::ExecutionNotRedrivable);

  const auto again = all<DispatchTask>(redrive(at, "one"));
  REQUIRE(again.size() == 3);
  auto run = map_run(at, "one");
  CHECK(run.status == ExecutionStatus::Running);
  CHECK(run.redrive_count == 1);
  CHECK(run.redrive_ms == at.now_ms);
  CHECK(run.executions.running == 3);
  CHECK(run.executions.pending == 1);
  CHECK(run.executions.failed + run.executions.aborted + run.executions.pending_redrive == 0);
  CHECK(again[0].execution_arn == tasks[1].execution_arn);
  const auto child = find_execution(at.store, tasks[1].execution_arn);
  REQUIRE((child && *child));
  CHECK((*read_execution(at.store, **child))->state.redrive_count == 1);

  const auto last = only<DispatchTask>(at.succeed(again[0].id, "20"));
  at.succeed(again[1].id, "30");
  at.succeed(again[2].id, "40");
  at.succeed(last.id, "50");
  REQUIRE(at.execution("one").outcome);
  CHECK(at.execution("one").outcome->output.text() == "[10,20,30,40,50]");
  run = map_run(at, "one");
  CHECK(run.status == ExecutionStatus::Succeeded);
  CHECK(run.executions.succeeded == 5);
  CHECK(types(at, "one") ==
        std::vector{EventType::ExecutionStarted, EventType::MapStateEntered, EventType::MapStateStarted,
                    EventType::MapRunStarted, EventType::MapRunFailed, EventType::MapStateFailed,
                    EventType::ExecutionFailed, EventType::ExecutionRedriven, EventType::MapRunRedriven,
                    EventType::MapRunSucceeded, EventType::MapStateSucceeded, EventType::MapStateExited,
                    EventType::ExecutionSucceeded});
  let_it_be_erased(at);
  CHECK(at.store.count(Table::Executions) == 0);
  CHECK(at.store.count(Table::Items) == 0);
  CHECK(at.store.count(Table::Listing) == 0);
}

TEST_CASE("redrive: children wait for their turn as PENDING_REDRIVE and are aborted with the Map Run") {
  Harness at;
  at.define(distributed(R"("MaxConcurrency":1,"ToleratedFailureCount":2,)"));
  auto task = only<DispatchTask>(at.start("one", "[1,2,3,4]"));
  fail_in_turn(at, task, 3);
  REQUIRE(at.execution("one").state.status == ExecutionStatus::Failed);
  const auto again = only<DispatchTask>(redrive(at, "one"));
  CHECK(again.input.text() == "1");
  CHECK(map_run(at, "one").executions.pending_redrive == 2);
  CHECK(map_run(at, "one").executions.running == 1);
  at.apply(StopExecution{Harness::arn("one"), {}});
  auto run = map_run(at, "one");
  CHECK(run.status == ExecutionStatus::Aborted);
  CHECK(run.executions.pending_redrive == 0);
  CHECK(run.executions.aborted == 3);
  CHECK(run.executions.pending == 1);

  task = only<DispatchTask>(redrive(at, "one"));
  for (int i = 0; i < 4; ++i) {
    const auto next = all<DispatchTask>(at.succeed(task.id, "1"));
    if (!next.empty()) task = next.front();
  }
  CHECK(at.execution("one").outcome->output.text() == "[1,1,1,1]");
  CHECK(map_run(at, "one").redrive_count == 2);
}

TEST_CASE("redrive: a child's wait for its turn is a change of its status, and so is its end") {
  Harness at;
  at.define(distributed(R"("MaxConcurrency":1,"ToleratedFailureCount":1,)"));
  auto task = only<DispatchTask>(at.start("one", "[1,2,3]"));
  task = only<DispatchTask>(fail(at, task.id));
  fail(at, task.id);
  at.apply(UpdateFeedReader{"sink/a", UpdateFeedReader::kStatus, {}});
  redrive(at, "one");
  at.apply(StopExecution{Harness::arn("one"), {}});
  const auto child = find_execution(at.store, task.execution_arn);
  REQUIRE((child && *child));
  std::vector<ExecutionStatus> changes;
  const auto items = read_feed(at.store, {}, 1000);
  REQUIRE(items);
  for (const FeedItem& item : *items) {
    if (item.entry.execution == **child) changes.push_back(item.entry.status);
  }
  // The other one of the two that failed ran again meanwhile.
  CHECK(changes == std::vector{ExecutionStatus::PendingRedrive, ExecutionStatus::Aborted});
}

namespace {

// Children whose item is 0 go round until their history is full, the others do a task.
std::string with_endless_children(const std::string& fields) {
  return R"({"StartAt":"M","States":{"M":{"Type":"Map","Label":"each",)" + fields +
         R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},)"
         R"("StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":0,)"
         R"("Next":"P"}],"Default":"T"},"P":{"Type":"Pass","Next":"P"},"T":)" +
         kTask + R"(}},"End":true}}})";
}

PartitionSettings with_few_events() {
  PartitionSettings settings;
  settings.limits.history_events_max = 60;
  return settings;
}

}  // namespace

TEST_CASE("redrive: children whose histories are full stay as they ended and are counted") {
  Harness at(with_few_events());
  at.define(with_endless_children(R"("ToleratedFailureCount":2,)"));
  const auto tasks = all<DispatchTask>(at.start("one", "[0,1,2,0,3]"));
  REQUIRE(tasks.size() == 3);
  CHECK(map_run(at, "one").executions.failures_not_redrivable == 2);
  at.succeed(tasks[0].id, "10");
  fail(at, tasks[1].id);
  REQUIRE(at.execution("one").state.status == ExecutionStatus::Failed);
  CHECK(map_run(at, "one").executions.failed == 3);
  CHECK(map_run(at, "one").executions.aborted == 1);
  CHECK(map_run(at, "one").items.failures_not_redrivable == 2);

  at.crash();
  const auto again = all<DispatchTask>(redrive(at, "one"));
  REQUIRE(again.size() == 2);
  auto run = map_run(at, "one");
  CHECK(run.status == ExecutionStatus::Running);
  CHECK(run.executions.failed == 2);
  CHECK(run.executions.running == 2);
  CHECK(run.executions.failures_not_redrivable == 2);
  at.succeed(again[0].id, "20");
  at.succeed(again[1].id, "30");
  REQUIRE(at.execution("one").outcome);
  CHECK(at.execution("one").outcome->output.text() == "[10,20,30]");
  run = map_run(at, "one");
  CHECK(run.status == ExecutionStatus::Succeeded);
  CHECK(run.executions.succeeded == 3);
  CHECK(run.executions.failed == 2);
  CHECK(run.executions.failures_not_redrivable == 2);
  let_it_be_erased(at);
  CHECK(at.store.count(Table::Executions) == 0);
}

TEST_CASE("redrive: children that cannot be redriven count towards the threshold at once") {
  Harness at(with_few_events());
  at.define(with_endless_children(R"("MaxConcurrency":1,)"));
  CHECK(all<DispatchTask>(at.start("one", "[0,1]")).empty());
  REQUIRE(at.execution("one").state.status == ExecutionStatus::Failed);
  CHECK(all<DispatchTask>(redrive(at, "one")).empty());
  REQUIRE(at.execution("one").outcome);
  CHECK(at.execution("one").outcome->failure.error == "States.ExceedToleratedFailureThreshold");
  const auto run = map_run(at, "one");
  CHECK(run.status == ExecutionStatus::Failed);
  CHECK(run.redrive_count == 1);
  CHECK(run.executions.running + run.executions.pending_redrive == 0);
  CHECK(run.executions.failures_not_redrivable == 1);
}

TEST_CASE("redrive: with few places, those that wait and those that stay are told apart") {
  Harness at(with_few_events());
  at.define(with_endless_children(R"("MaxConcurrency":1,"ToleratedFailureCount":4,)"));
  auto task = only<DispatchTask>(at.start("one", "[0,1,0,2,0,3,4]"));
  fail_in_turn(at, task, 2);
  REQUIRE(at.execution("one").state.status == ExecutionStatus::Failed);
  CHECK(map_run(at, "one").executions.failures_not_redrivable == 3);
  task = only<DispatchTask>(redrive(at, "one"));
  CHECK(map_run(at, "one").executions.pending_redrive == 1);
  CHECK(map_run(at, "one").executions.running == 1);
  for (int i = 0; i < 4; ++i) {
    const auto next = all<DispatchTask>(at.succeed(task.id, "1"));
    if (!next.empty()) task = next.front();
  }
  CHECK(at.execution("one").outcome->output.text() == "[1,1,1,1]");
  CHECK(map_run(at, "one").executions.failed == 3);
}

TEST_CASE("redrive: Express children begin from their start") {
  Harness at;
  at.define(distributed("", "EXPRESS"));
  const auto tasks = all<DispatchTask>(at.start("one", "[1,2]"));
  REQUIRE(tasks.size() == 2);
  at.succeed(tasks[0].id, "10");
  fail(at, tasks[1].id);
  const auto again = only<DispatchTask>(redrive(at, "one"));
  CHECK(again.input.text() == "2");
  at.succeed(again.id, "20");
  CHECK(at.execution("one").outcome->output.text() == "[10,20]");
}

TEST_CASE("redrive: a Map Run is redriven a thousand times and no more") {
  Harness at;
  at.define(distributed(""));
  auto task = only<DispatchTask>(at.start("one", "[1]"));
  for (int i = 0; i < 1000; ++i) {
    fail(at, task.id);
    task = only<DispatchTask>(redrive(at, "one"));
  }
  CHECK(map_run(at, "one").redrive_count == 1000);
  fail(at, task.id);
  CHECK(all<DispatchTask>(redrive(at, "one")).empty());
  const auto ended = at.execution("one");
  REQUIRE(ended.outcome);
  CHECK(ended.outcome->status == ExecutionStatus::Failed);
  CHECK(ended.outcome->failure.error == "States.Runtime");
  CHECK(map_run(at, "one").redrive_count == 1000);
  CHECK(map_run(at, "one").status == ExecutionStatus::Failed);
}

TEST_CASE("redrive: a child is kept as long as its parent") {
  Harness at;
  at.define(distributed(R"("MaxConcurrency":1,)"));
  const auto first = only<DispatchTask>(at.start("one", "[1,2]"));
  const auto second = only<DispatchTask>(at.succeed(first.id, "10"));
  TimerDue retention;
  for (const auto& [key, value] : at.store.content) {
    if (key.first != Table::Timers) continue;
    const TimerDue timer = parse_timer_key(key.second);
    if (timer.kind == TimerDue::kRetention) retention = timer;
  }
  at.now_ms = retention.due_ms + 1;
  at.fire(retention);
  CHECK(*find_execution(at.store, first.execution_arn));
  fail(at, second.id);
  at.succeed(only<DispatchTask>(redrive(at, "one")).id, "20");
  CHECK(at.execution("one").outcome->output.text() == "[10,20]");
  let_it_be_erased(at);
  CHECK(at.store.count(Table::Executions) == 0);
}
