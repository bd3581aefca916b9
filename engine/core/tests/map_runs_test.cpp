// Distributed Maps: children are executions of their own, and a Map Run's record says how they are.
#include <catch2/catch.hpp>

#include <engine/core/object_tasks.h>
#include <engine/core/state_keys.h>

#include "harness.h"

using namespace core_test;
using namespace engine::core;
using engine::Table;
using statelang::EventType;
using statelang::ExecutionStatus;

namespace {

std::string distributed(const std::string& fields = "",
                        const std::string& child = R"({"Type":"Task","Resource":"work","End":true})") {
  return R"({"StartAt":"M","States":{"M":{"Type":"Map",)" + fields +
         R"("Label":"each","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",)"
         R"("ExecutionType":"STANDARD"},"StartAt":"T","States":{"T":)" +
         child + R"(}},"End":true}}})";
}

std::vector<MapRun> map_runs(const Harness& at, const std::string& name) {
  auto runs = list_map_runs(at.store, Harness::arn(name));
  REQUIRE(runs);
  return *runs;
}

std::vector<ListedExecution> listed(const Harness& at, const std::string& under) {
  ListingQuery query;
  query.state_machine_arn = under;
  return core_test::listed(at.store, query);
}

std::vector<EventType> types(const std::vector<statelang::HistoryEvent>& events) {
  std::vector<EventType> found;
  for (const auto& event : events) found.push_back(event.type);
  return found;
}

}  // namespace

TEST_CASE("map runs: each child is an execution with a history of its own") {
  Harness at;
  at.define(distributed());
  const auto tasks = all<DispatchTask>(at.start("one", "[1,2,3]"));
  REQUIRE(tasks.size() == 3);
  const auto run = map_runs(at, "one").at(0);
  CHECK(run.map_run_arn.starts_with("arn:aws:states:us-east-1:000000000000:mapRun:m/each:"));
  CHECK(run.execution_arn == Harness::arn("one"));
  CHECK(run.status == ExecutionStatus::Running);
  CHECK(run.executions.total == 3);
  CHECK(run.executions.running == 3);
  CHECK(run.executions.pending == 0);

  const auto children = listed(at, run.map_run_arn);
  REQUIRE(children.size() == 3);
  const std::string child_arn = tasks[1].execution_arn;
  CHECK(child_arn.starts_with("arn:aws:states:us-east-1:000000000000:execution:m/each:"));
  const auto number = find_execution(at.store, child_arn);
  REQUIRE((number && *number));
  const auto child = read_execution(at.store, **number);
  REQUIRE((child && *child));
  CHECK((*child)->facts.state_machine_arn == "arn:aws:states:us-east-1:000000000000:stateMachine:m/each");
  CHECK((*child)->facts.map_run_arn == run.map_run_arn);
  CHECK((*child)->input->text() == "2");

  at.succeed(tasks[1].id, "20");
  const auto history = read_history(at.store, **number, 0, false, 100);
  REQUIRE(history);
  CHECK(types(*history) == std::vector{EventType::ExecutionStarted, EventType::TaskStateEntered,
                                       EventType::TaskScheduled, EventType::TaskStarted,
                                       EventType::TaskSucceeded, EventType::TaskStateExited,
                                       EventType::ExecutionSucceeded});
  CHECK(map_runs(at, "one").at(0).executions.succeeded == 1);
  at.succeed(tasks[0].id, "10");
  at.succeed(tasks[2].id, "30");
  const auto parent = at.execution("one");
  REQUIRE(parent.outcome);
  CHECK(parent.outcome->output.text() == "[10,20,30]");
  CHECK(types(at.history("one")) == std::vector{EventType::ExecutionStarted, EventType::MapStateEntered,
                                                EventType::MapStateStarted, EventType::MapRunStarted,
                                                EventType::MapRunSucceeded, EventType::MapStateSucceeded,
                                                EventType::MapStateExited, EventType::ExecutionSucceeded});
  const auto ended = map_runs(at, "one").at(0);
  CHECK(ended.status == ExecutionStatus::Succeeded);
  CHECK(ended.executions.results_written == 3);
  CHECK(ended.items.succeeded == 3);
}

TEST_CASE(
    "map runs: results of tolerated failures are written with the others, those of a failed Map Run are "
    "not") {
  Harness at;
  at.define(distributed(R"("ToleratedFailureCount":1,)"));
  const auto fail = [&](const DispatchTask& task) {
    at.apply(TaskReport{task.id, statelang::TaskFailed{{}, 0, {"Bad", "luck"}, "w", at.now_ms}});
  };
  auto tasks = all<DispatchTask>(at.start("one", "[1,2,3]"));
  fail(tasks.at(0));
  at.succeed(tasks.at(1).id);
  at.succeed(tasks.at(2).id);
  CHECK(map_runs(at, "one").at(0).status == ExecutionStatus::Succeeded);
  CHECK(map_runs(at, "one").at(0).executions.succeeded == 2);
  CHECK(map_runs(at, "one").at(0).executions.results_written == 3);
  CHECK(map_runs(at, "one").at(0).items.results_written == 3);
  tasks = all<DispatchTask>(at.start("two", "[1,2,3]"));
  fail(tasks.at(0));
  fail(tasks.at(1));
  CHECK(map_runs(at, "two").at(0).status == ExecutionStatus::Failed);
  CHECK(map_runs(at, "two").at(0).executions.results_written == 0);
}

TEST_CASE("map runs: lists of all executions leave children out") {
  Harness at;
  at.define(distributed());
  at.start("one", "[1,2,3]");
  CHECK(listed(at, "").size() == 1);
  CHECK(listed(at, kMachineArn).size() == 1);
}

TEST_CASE("map runs: MaxConcurrency bounds the children, UpdateMapRun moves the bound") {
  Harness at;
  at.define(distributed(R"("MaxConcurrency":2,)"));
  const auto tasks = all<DispatchTask>(at.start("one", "[1,2,3,4,5,6]"));
  REQUIRE(tasks.size() == 2);
  CHECK(map_runs(at, "one").at(0).executions.pending == 4);
  CHECK(all<DispatchTask>(at.succeed(tasks[0].id)).size() == 1);
  UpdateMapRun update;
  update.map_run_arn = map_runs(at, "one").at(0).map_run_arn;
  update.concurrency_max = 4;
  const auto updated = at.apply(update);
  CHECK(code(updated) == ReplyCode::Done);
  CHECK(all<DispatchTask>(updated).size() == 2);
  CHECK(map_runs(at, "one").at(0).concurrency_max == 4);
  update.map_run_arn += "x";
  CHECK(code(at.apply(update)) == ReplyCode::MapRunDoesNotExist);
}

TEST_CASE("map runs: too many failures end the Map Run and abort the other children") {
  Harness at;
  at.define(distributed());
  const auto tasks = all<DispatchTask>(at.start("one", "[1,2,3]"));
  at.apply(TaskReport{tasks[0].id, statelang::TaskFailed{{}, 0, {"Bad", "luck"}, "w", at.now_ms}});
  REQUIRE(at.execution("one").outcome);
  CHECK(at.execution("one").outcome->failure.error == "States.ExceedToleratedFailureThreshold");
  const auto run = map_runs(at, "one").at(0);
  CHECK(run.status == ExecutionStatus::Failed);
  CHECK(run.executions.failed == 1);
  CHECK(run.executions.aborted == 2);
  CHECK(run.executions.running == 0);
  CHECK(at.store.count(Table::Tasks) == 0);
  UpdateMapRun update;
  update.map_run_arn = run.map_run_arn;
  update.concurrency_max = 4;
  CHECK(code(at.apply(update)) == ReplyCode::MapRunEnded);
}

TEST_CASE("map runs: children that are stopped because too many failed are in the result files") {
  Harness at;
  at.define(distributed(R"("MaxConcurrency":3,"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject",)"
                        R"("Parameters":{"Bucket":"out"}},)"));
  const auto tasks = all<DispatchTask>(at.start("one", "[1,2,3,4,5]"));
  REQUIRE(tasks.size() == 3);
  const auto actions =
      at.apply(TaskReport{tasks[0].id, statelang::TaskFailed{{}, 0, {"Bad", "luck"}, "w", at.now_ms}});
  const auto writing = all<DispatchTask>(actions);
  REQUIRE(writing.size() == 1);
  CHECK(writing[0].queue == kWriteResultsQueue);
  const auto& files = *writing[0].input.value().find("Files");
  const auto file = [&](const std::string& name) {
    for (const auto& one : files.as_array()) {
      if (!one.find("Key")->as_string().ends_with(name)) continue;
      return statelang::parse_json(one.find("Bytes")->as_string()).value();
    }
    return statelang::Value::array();
  };
  const auto failed = file("FAILED_0.json");
  REQUIRE(failed.size() == 3);
  CHECK(failed[0].find("Status")->as_string() == "FAILED");
  CHECK(failed[1].find("Status")->as_string() == "ABORTED");
  CHECK(failed[1].find("Input")->as_string() == "2");
  CHECK(failed[2].find("Status")->as_string() == "ABORTED");
  CHECK(file("PENDING_0.json").size() == 2);
  CHECK(map_runs(at, "one").at(0).executions.aborted == 2);
  CHECK(map_runs(at, "one").at(0).status == ExecutionStatus::Running);
  const bool written = GENERATE(true, false);
  if (written) {
    at.succeed(writing[0].id, "{}");
  } else {
    at.apply(TaskReport{writing[0].id, statelang::TaskFailed{{}, 0, {"States.ResultWriterFailed", "full"}}});
  }
  CHECK(at.execution("one").outcome->failure.error == "States.ExceedToleratedFailureThreshold");
  CHECK(map_runs(at, "one").at(0).status == ExecutionStatus::Failed);
  CHECK(map_runs(at, "one").at(0).executions.results_written == (written ? 3 : 0));
}

TEST_CASE(
    "map runs: after a redrive results that could not be written are written, and no child runs again") {
  Harness at;
  at.define(distributed(R"("ResultWriter":{"Resource":"arn:aws:states:::s3:putObject",)"
                        R"("Parameters":{"Bucket":"out"}},)"));
  for (const auto& task : all<DispatchTask>(at.start("one", "[1,2]"))) {
    const auto writing = all<DispatchTask>(at.succeed(task.id, "1"));
    if (writing.empty()) continue;
    at.apply(TaskReport{writing[0].id, statelang::TaskFailed{{}, 0, {"States.ResultWriterFailed", "full"}}});
  }
  REQUIRE(at.execution("one").state.status == ExecutionStatus::Failed);
  CHECK(map_runs(at, "one").at(0).executions.results_written == 0);
  const auto again = all<DispatchTask>(at.apply(RedriveExecution{Harness::arn("one"), ""}));
  REQUIRE(again.size() == 1);
  CHECK(again[0].queue == kWriteResultsQueue);
  at.succeed(again[0].id, "{}");
  CHECK(at.execution("one").state.status == ExecutionStatus::Succeeded);
  CHECK(map_runs(at, "one").at(0).executions.results_written == 2);
}

TEST_CASE("map runs: a raised tolerance counts for a Map Run that is under way") {
  Harness at;
  at.define(distributed(R"("ToleratedFailureCount":1,)"));
  const auto tasks = all<DispatchTask>(at.start("one", "[1,2,3]"));
  const auto fail = [&](size_t i) {
    at.apply(TaskReport{tasks[i].id, statelang::TaskFailed{{}, 0, {"Bad", "luck"}, "w", at.now_ms}});
  };
  fail(0);
  UpdateMapRun update;
  update.map_run_arn = map_runs(at, "one").at(0).map_run_arn;
  update.tolerated_failure_count = 2;
  at.apply(update);
  fail(1);
  CHECK(map_runs(at, "one").at(0).status == ExecutionStatus::Running);
  at.succeed(tasks[2].id, "3");
  CHECK(at.execution("one").outcome->output.text() == "[3]");
}

TEST_CASE("map runs: stopping the execution aborts its children") {
  Harness at;
  at.define(distributed());
  at.start("one", "[1,2,3]");
  at.apply(StopExecution{Harness::arn("one"), {}});
  const auto run = map_runs(at, "one").at(0);
  CHECK(run.status == ExecutionStatus::Aborted);
  CHECK(run.executions.aborted == 3);
  for (const auto& child : listed(at, run.map_run_arn)) CHECK(child.status == ExecutionStatus::Aborted);
  CHECK(at.store.count(Table::Tasks) == 0);
}

TEST_CASE("map runs: thousands of children that do not wait, and their erasure") {
  Harness at;
  at.define(distributed("", R"({"Type":"Pass","End":true})"));
  std::string items = "[0";
  for (int i = 1; i < 3000; ++i) items += ',' + std::to_string(i);
  items += ']';
  const auto actions = at.start("one", items);
  REQUIRE(at.execution("one").outcome);
  CHECK(at.execution("one").outcome->output.text() == items);
  const auto run = map_runs(at, "one").at(0);
  CHECK(run.executions.succeeded == 3000);
  for (const auto& timer : all<ArmTimer>(actions)) at.fire(timer.timer);
  CHECK(at.store.count(Table::Listing) == 0);
  CHECK(at.store.count(Table::Names) == 0);
  CHECK(at.store.count(Table::Executions) == 0);
}

TEST_CASE("map runs: children whose task cannot be scheduled end in the step that starts them") {
  PartitionSettings settings;
  settings.limits.transitions_max = GENERATE(1u, 7u, 1000u);
  const std::string concurrency = GENERATE("", R"("MaxConcurrency":1,)", R"("MaxConcurrency":5,)");
  const std::string child = R"({"Type":"Task","Resource":"work","Parameters":{"y.$":"$.y"},"End":true})";
  Harness at(settings);
  SECTION("all of them, and it is tolerated") {
    at.define(distributed(concurrency + R"("ToleratedFailurePercentage":100,)", child));
    const uint32_t count = settings.limits.transitions_max == 1000 ? 1500 : 100;
    std::string items = "[0";
    for (uint32_t i = 1; i < count; ++i) items += ',' + std::to_string(i);
    at.start("one", items + "]");
    REQUIRE(at.execution("one").outcome);
    CHECK(at.execution("one").state.status == ExecutionStatus::Succeeded);
    const auto run = map_runs(at, "one").at(0);
    CHECK(run.executions.failed == count);
    CHECK(run.executions.results_written == count);
  }
  SECTION("one among others, and it is not") {
    at.define(distributed(concurrency, child));
    at.start("one", R"([{"y":1},{"y":2},3,{"y":4}])");
    while (!at.execution("one").outcome) {
      std::optional<engine::core::TaskId> open;
      REQUIRE(at.store.scan(Table::Tasks, {}, {}, false, [&](std::string_view key, std::string_view) {
        open = parse_task_key(0, key);
        return false;
      }));
      REQUIRE(open);
      at.succeed(*open, "1");
    }
    CHECK(at.execution("one").outcome->failure.error == "States.ExceedToleratedFailureThreshold");
    const auto run = map_runs(at, "one").at(0);
    CHECK(run.status == ExecutionStatus::Failed);
    CHECK(run.executions.failed == 1);
    CHECK(run.executions.running == 0);
    CHECK(at.store.count(Table::Tasks) == 0);
    for (const auto& listed_child : listed(at, run.map_run_arn))
      CHECK(listed_child.status != ExecutionStatus::Running);
  }
  Harness again(settings);
  for (const Record& record : at.log) {
    again.now_ms = record.timestamp_ms;
    if (!std::holds_alternative<ContinueExecution>(record.body)) again.apply(record.body);
  }
  CHECK(again.store.everything() == at.store.everything());
}

TEST_CASE("map runs: more children than begin in one step, and large ones, begin in steps of their own") {
  PartitionSettings settings;
  settings.limits.transitions_max = GENERATE(3u, 1000u);
  Harness at(settings);
  at.define(distributed());
  const bool large = settings.limits.transitions_max == 1000;
  const std::string item = large ? '"' + std::string(100'000, 'x') + '"' : "1";
  std::string items = "[" + item;
  for (int i = 1; i < 20; ++i) items += ',' + item;
  const auto tasks = all<DispatchTask>(at.start("one", items + "]"));
  REQUIRE(tasks.size() == 20);
  for (const auto& task : tasks) at.succeed(task.id, "1");
  CHECK(at.execution("one").state.status == ExecutionStatus::Succeeded);
  CHECK(map_runs(at, "one").at(0).executions.succeeded == 20);
}

TEST_CASE("map runs: a Map Run inside a child of another") {
  Harness at;
  at.define(distributed(
      "",
      R"({"Type":"Map","Label":"inner","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",)"
      R"("ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true})"));
  at.start("one", "[[1,2],[3]]");
  REQUIRE(at.execution("one").outcome);
  CHECK(at.execution("one").outcome->output.text() == "[[1,2],[3]]");
}

TEST_CASE("map runs: the same records make the same bytes") {
  Harness at;
  at.define(distributed(R"("MaxConcurrency":2,)"));
  const auto tasks = all<DispatchTask>(at.start("one", "[1,2,3,4]"));
  at.succeed(tasks[0].id);
  at.apply(TaskReport{tasks[1].id, statelang::TaskFailed{{}, 0, {"Bad", "luck"}, "w", at.now_ms}});
  Harness again;
  for (const Record& record : at.log) {
    again.now_ms = record.timestamp_ms;
    if (!std::holds_alternative<ContinueExecution>(record.body)) again.apply(record.body);
  }
  CHECK(again.store.everything() == at.store.everything());
}
