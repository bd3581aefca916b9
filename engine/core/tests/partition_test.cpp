#include <catch2/catch.hpp>

#include "harness.h"

using namespace core_test;
using namespace engine::core;
using engine::Table;
using statelang::EventType;
using statelang::ExecutionStatus;

TEST_CASE("partition: an execution with one task runs to its end") {
  Harness at;
  at.define(chain(1));
  const auto started = at.start("one", R"({"a": 1})");
  CHECK(code(started) == ReplyCode::Done);
  const auto tasks = all<DispatchTask>(started);
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].queue == "work");
  CHECK(tasks[0].input.text() == R"({"a": 1})");
  CHECK(tasks[0].execution_arn == Harness::arn("one"));
  CHECK(tasks[0].state_name == "S0");
  CHECK(at.execution("one").state.status == ExecutionStatus::Running);

  const auto ended = at.succeed(tasks[0].id, R"({"b":  2})");
  CHECK(code(ended) == ReplyCode::Done);
  REQUIRE(all<ExecutionChanged>(ended).size() == 1);
  CHECK(all<ExecutionChanged>(ended)[0].finished);
  const auto view = at.execution("one");
  REQUIRE(view.outcome);
  CHECK(view.outcome->status == ExecutionStatus::Succeeded);
  CHECK(view.outcome->output.text() == R"({"b":  2})");  // as the worker wrote it
  const auto events = at.history("one");
  REQUIRE(events.size() == 7);
  CHECK(events.front().type == EventType::ExecutionStarted);
  CHECK(events.back().type == EventType::ExecutionSucceeded);
  for (size_t i = 0; i < events.size(); ++i) CHECK(events[i].id == static_cast<int64_t>(i) + 1);
  CHECK(at.store.count(Table::Tasks) == 0);
  CHECK(at.store.count(Table::Scopes) == 0);
}

TEST_CASE("partition: a start of an unknown revision asks for its definition and changes nothing") {
  Harness at;
  const std::string before = at.store.everything();
  CHECK(code(at.start("one")) == ReplyCode::UnknownRevision);
  CHECK(at.store.everything() == before);
}

TEST_CASE("partition: a name starts once") {
  Harness at;
  at.define(chain(1));
  const auto first = at.start("one", "1");
  const auto again = at.start("one", "1");
  CHECK(code(again) == ReplyCode::Done);
  CHECK(all<Reply>(again)[0].execution == all<Reply>(first)[0].execution);
  CHECK(all<DispatchTask>(again).empty());
  CHECK(code(at.start("one", "2")) == ReplyCode::ExecutionAlreadyExists);
  at.succeed(all<DispatchTask>(first)[0].id);
  CHECK(code(at.start("one", "1")) == ReplyCode::ExecutionAlreadyExists);
}

TEST_CASE("partition: late, second and invented task reports change nothing and say why") {
  Harness at;
  at.define(chain(2));
  const TaskId first = all<DispatchTask>(at.start("one"))[0].id;
  at.succeed(first);
  const std::string before = at.store.everything();
  CHECK(code(at.succeed(first)) == ReplyCode::TaskTimedOut);
  TaskId invented = first;
  invented.attempt = 99;
  CHECK(code(at.succeed(invented)) == ReplyCode::TaskDoesNotExist);
  invented = first;
  invented.scope = static_cast<statelang::ScopeId>(99);
  CHECK(code(at.succeed(invented)) == ReplyCode::TaskDoesNotExist);
  invented = first;
  invented.execution = static_cast<ExecutionNumber>(99);
  CHECK(code(at.succeed(invented)) == ReplyCode::TaskDoesNotExist);
  invented = first;
  invented.partition = 9;
  CHECK(code(at.succeed(invented)) == ReplyCode::TaskDoesNotExist);
  CHECK(at.store.everything() == before);
}

TEST_CASE("partition: a stopped execution withdraws its task and stays stopped") {
  Harness at;
  at.define(chain(1));
  const TaskId task = all<DispatchTask>(at.start("one"))[0].id;
  const auto stopped = at.apply(StopExecution{Harness::arn("one"), {"Enough", "said so"}});
  CHECK(code(stopped) == ReplyCode::Done);
  CHECK(all<WithdrawTask>(stopped).size() == 1);
  CHECK(at.execution("one").outcome->status == ExecutionStatus::Aborted);
  CHECK(at.execution("one").outcome->failure.error == "Enough");
  const int64_t when = all<Reply>(stopped)[0].time_ms;
  at.now_ms += 1000;
  CHECK(all<Reply>(at.apply(StopExecution{Harness::arn("one"), {}}))[0].time_ms == when);
  CHECK(code(at.succeed(task)) == ReplyCode::TaskTimedOut);
  CHECK(code(at.apply(StopExecution{Harness::arn("none"), {}})) == ReplyCode::ExecutionDoesNotExist);
}

TEST_CASE("partition: a Wait ends with its timer, once, and never early") {
  Harness at;
  at.define(R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}})");
  const auto armed = all<ArmTimer>(at.start("one"));
  REQUIRE(armed.size() == 1);
  CHECK(armed[0].timer.due_ms == at.now_ms + 60'000);
  at.apply(armed[0].timer);
  CHECK(at.execution("one").state.status == ExecutionStatus::Running);
  at.fire(armed[0].timer);
  CHECK(at.execution("one").state.status == ExecutionStatus::Succeeded);
  const std::string before = at.store.everything();
  at.fire(armed[0].timer);
  CHECK(at.store.everything() == before);
}

TEST_CASE("partition: the execution's time limit ends it") {
  Harness at;
  at.define(
      R"({"TimeoutSeconds":5,"StartAt":"S","States":{"S":{"Type":"Task","Resource":"work","End":true}}})");
  const auto armed = all<ArmTimer>(at.start("one"));
  REQUIRE(armed.size() == 1);
  at.fire(armed[0].timer);
  CHECK(at.execution("one").outcome->status == ExecutionStatus::TimedOut);
}

TEST_CASE("partition: retention erases a finished execution completely") {
  Harness at;
  at.define(map_of_tasks());
  const std::string before = at.store.everything();
  const auto started = at.start("one", "[1,2,3]");
  TimerDue retention;
  for (const auto& task : all<DispatchTask>(started)) {
    for (const auto& arm : all<ArmTimer>(at.succeed(task.id))) retention = arm.timer;
  }
  REQUIRE(retention.kind == TimerDue::kRetention);
  REQUIRE(at.execution("one").outcome);
  at.fire(retention);
  const std::string next_number = at.store.content[{Table::Meta, std::string(1, '\x01')}];
  CHECK(next_number.size() == 8);
  at.store.content.erase({Table::Meta, std::string(1, '\x01')});
  CHECK(at.store.everything() == before);
}

TEST_CASE("partition: recovery gives out open tasks and continues what a bounded step left") {
  Harness at;
  at.define(chain(1));
  const auto first = all<DispatchTask>(at.start("one", "[1]"))[0];
  at.crash();
  const auto again = all<DispatchTask>(at.recovered);
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == first.id);
  CHECK(again[0].input.text() == first.input.text());
  CHECK(again[0].queue == first.queue);
  CHECK(again[0].execution_arn == first.execution_arn);
  CHECK(again[0].scheduled_ms == first.scheduled_ms);
  at.succeed(first.id);
  at.crash();
  CHECK(at.recovered.empty());
}

TEST_CASE("partition: replaying the records into an empty store gives the same bytes") {
  Harness at;
  at.define(map_of_tasks());
  for (const auto& task : all<DispatchTask>(at.start("one", R"([{"a":1},2,"three",[4]])"))) {
    at.now_ms += 3;
    at.succeed(task.id, R"({"x":1})");
  }
  at.start("two", "[1,2]");
  Harness again;
  uint64_t offset = 0;
  for (const Record& record : at.log) {
    Transaction transaction(again.store);
    std::vector<Action> actions;
    again.partition->apply({offset++, record.timestamp_ms}, record, transaction, actions);
    again.store.commit(transaction.take());
  }
  CHECK(again.store.everything() == at.store.everything());
  CHECK(at.execution("one").outcome->output.text() == R"([{"x":1},{"x":1},{"x":1},{"x":1}])");
}

TEST_CASE("partition: lists are newest first, by machine and by status") {
  Harness at;
  at.define(chain(1));
  std::vector<TaskId> tasks;
  for (int i = 0; i < 5; ++i) {
    at.now_ms += 10;
    tasks.push_back(all<DispatchTask>(at.start("e" + std::to_string(i)))[0].id);
  }
  at.succeed(tasks[1]);
  at.succeed(tasks[3]);
  const auto list = [&](const std::string& machine, std::optional<ExecutionStatus> status) {
    std::string names;
    ListingQuery query;
    query.state_machine_arn = machine;
    query.status = status;
    for (const ListedExecution& entry : listed(at.store, query)) {
      CHECK(entry.state_machine_arn == kMachineArn);
      CHECK((entry.stop_ms != 0) == (entry.status == ExecutionStatus::Succeeded));
      names += entry.execution_arn.back();
    }
    return names;
  };
  CHECK(list(kMachineArn, {}) == "43210");
  CHECK(list(kMachineArn, ExecutionStatus::Running) == "420");
  CHECK(list(kMachineArn, ExecutionStatus::Succeeded) == "31");
  CHECK(list("", {}) == "43210");
  CHECK(list("", ExecutionStatus::Succeeded) == "31");
  CHECK(list("other", {}).empty());
  CHECK(list(kMachineArn, ExecutionStatus::Failed).empty());
}

TEST_CASE("partition: history is read from any event, both ways") {
  Harness at;
  at.define(chain(3));
  auto actions = at.start("one");
  for (int i = 0; i < 3; ++i) actions = at.succeed(all<DispatchTask>(actions)[0].id);
  const ExecutionNumber number = at.execution("one").number;
  const auto last = static_cast<int64_t>(at.history("one").size());
  REQUIRE(last == 17);
  for (int64_t after = 0; after <= last; ++after) {
    const auto forward = *read_history(at.store, number, after, false, 100);
    REQUIRE(static_cast<int64_t>(forward.size()) == last - after);
    if (!forward.empty()) CHECK(forward.front().id == after + 1);
    const auto back = *read_history(at.store, number, after, true, 100);
    REQUIRE(static_cast<int64_t>(back.size()) == (after == 0 ? last : after - 1));
    if (!back.empty()) CHECK(back.front().id == (after == 0 ? last : after - 1));
  }
  CHECK(read_history(at.store, number, 2, false, 3)->size() == 3);
}

TEST_CASE("partition: catalog entries change only under their condition") {
  Harness at;
  using Condition = PutCatalogEntry::Condition;
  CHECK(code(at.apply(PutCatalogEntry{"k", "1", Condition::Absent, {}})) == ReplyCode::Done);
  const auto refused = at.apply(PutCatalogEntry{"k", "2", Condition::Absent, {}});
  CHECK(code(refused) == ReplyCode::ConditionFailed);
  CHECK(all<Reply>(refused)[0].text == "1");
  CHECK(code(at.apply(PutCatalogEntry{"k", "2", Condition::Equals, "0"})) == ReplyCode::ConditionFailed);
  CHECK(code(at.apply(PutCatalogEntry{"k", "2", Condition::Equals, "1"})) == ReplyCode::Done);
  CHECK(all<CatalogChanged>(at.apply(EraseCatalogEntry{"k"})).size() == 1);
  CHECK(all<CatalogChanged>(at.apply(EraseCatalogEntry{"k"})).empty());
  CHECK(at.store.count(Table::Catalog) == 0);
}

// ------------------------------------------------------------------------------------------ Express

TEST_CASE("partition: a synchronous Express execution stores nothing and is answered at its end") {
  Harness at;
  at.define(chain(1), MachineType::Express);
  const std::string before = at.store.everything();
  const auto started = at.start("one", R"({"a":1})", true);
  CHECK(all<Reply>(started).empty());
  const auto tasks = all<DispatchTask>(started);
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].express);
  const uint64_t request = at.offset;
  const auto ended = at.succeed(tasks[0].id, "[7]");
  REQUIRE(all<Reply>(ended).size() == 2);
  const Reply outcome = all<Reply>(ended)[0];
  CHECK(outcome.request == request);
  CHECK(outcome.status == ExecutionStatus::Succeeded);
  CHECK(outcome.output.text() == "[7]");
  CHECK(at.store.everything() == before);
}

TEST_CASE("partition: an asynchronous Express execution starts over after a crash") {
  Harness at;
  at.define(chain(2), MachineType::Express);
  const auto started = at.start("one", "5");
  CHECK(code(started) == ReplyCode::Done);
  const TaskId first = all<DispatchTask>(started)[0].id;
  at.succeed(first);
  CHECK(at.store.count(Table::Express) == 1);
  at.crash();
  const auto own = all<AppendRecord>(at.recovered);
  REQUIRE(own.size() == 1);
  auto actions = at.apply(own[0].body);
  REQUIRE(all<DispatchTask>(actions).size() == 1);
  const TaskId again = all<DispatchTask>(actions)[0].id;
  CHECK(code(at.succeed(first)) == ReplyCode::TaskTimedOut);  // of the former run
  actions = at.succeed(again);
  REQUIRE(all<DispatchTask>(actions).size() == 1);
  CHECK(at.store.count(Table::Express) == 1);
  at.succeed(all<DispatchTask>(actions)[0].id);
  CHECK(at.store.count(Table::Express) == 0);
}

TEST_CASE("partition: an Express execution times out after five minutes, whatever its definition says") {
  Harness at;
  at.define(
      R"({"StartAt":"T","TimeoutSeconds":9000,"States":{"T":{"Type":"Task","Resource":"work","End":true}}})",
      MachineType::Express);
  const auto actions = at.start("e", "{}", true);
  const auto timers = all<ArmTimer>(actions);
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].timer.due_ms == at.now_ms + 300'000);
  at.now_ms += 300'000;
  const auto replies = all<Reply>(at.fire(timers[0].timer));
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].status == ExecutionStatus::TimedOut);
}

TEST_CASE("partition: more Express executions than the limit are refused") {
  PartitionSettings settings;
  settings.express_executions_max = 2;
  Harness at(settings);
  at.define(chain(1), MachineType::Express);
  const auto first = at.start("1");
  at.start("2");
  CHECK(code(at.start("3")) == ReplyCode::TooManyExecutions);
  at.succeed(all<DispatchTask>(first)[0].id);
  CHECK(code(at.start("4")) == ReplyCode::Done);
}
