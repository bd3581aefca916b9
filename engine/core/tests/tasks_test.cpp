// Tasks that the engine does itself: nested executions that outlive their attempt, mocked calls, submission.
#include <algorithm>

#include <catch2/catch.hpp>

#include <engine/core/queries.h>
#include <engine/core/record_codec.h>
#include <engine/core/state_codec.h>

#include "harness.h"

using namespace core_test;
using namespace engine::core;
using statelang::EventType;

namespace {

std::string nested(const std::string& pattern) {
  return R"({"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution)" +
         pattern + R"(","End":true}}})";
}

size_t count(const Harness& at, const std::string& name, EventType type) {
  size_t found = 0;
  for (const auto& event : at.history(name)) found += event.type == type ? 1 : 0;
  return found;
}

TaskReport submitted(const TaskId& id) {
  return {id, statelang::TaskSubmitted{id.scope, id.attempt, statelang::Payload::from_text("{}")}};
}

}  // namespace

TEST_CASE("partition: a task is submitted once, and says so after a restart") {
  Harness at;
  at.define(nested(".sync"));
  const DispatchTask task = all<DispatchTask>(at.start("one"))[0];
  CHECK_FALSE(task.submitted);
  CHECK(code(at.apply(submitted(task.id))) == ReplyCode::Done);
  CHECK(code(at.apply(submitted(task.id))) == ReplyCode::Done);
  CHECK(count(at, "one", EventType::TaskSubmitted) == 1);
  at.crash();
  REQUIRE(all<DispatchTask>(at.recovered).size() == 1);
  CHECK(all<DispatchTask>(at.recovered)[0].submitted);
}

TEST_CASE("partition: many open tasks are recovered a few at a time, each once") {
  Harness at;
  at.define(chain(1));
  constexpr size_t kTasks = 2'500;
  for (size_t i = 0; i < kTasks; ++i) at.start("e" + std::to_string(i), std::to_string(i));
  Partition recovering(at.settings);
  std::vector<Action> actions;
  size_t most = 0;
  std::vector<std::string> inputs;
  const auto take = [&] {
    most = std::max(most, actions.size());
    for (const auto& task : all<DispatchTask>(actions)) inputs.push_back(task.input.text());
    actions.clear();
  };
  REQUIRE(recovering.recover(at.store, actions, take));
  take();
  CHECK(most < kTasks / 2);
  REQUIRE(inputs.size() == kTasks);
  for (size_t i = 0; i < kTasks; ++i) CHECK(inputs[i] == std::to_string(i));
}

TEST_CASE("partition: an open task is read as it was dispatched, until it is over") {
  Harness at;
  at.define(chain(1));
  const DispatchTask task = all<DispatchTask>(at.start("one", "[7]"))[0];
  const auto read = read_open_task(at.store, task.id);
  REQUIRE(read);
  REQUIRE(*read);
  CHECK((*read)->input.text() == "[7]");
  CHECK((*read)->execution_arn == task.execution_arn);
  CHECK((*read)->state_machine_arn == task.state_machine_arn);
  CHECK((*read)->state_name == task.state_name);
  at.succeed(task.id, "1");
  const auto over = read_open_task(at.store, task.id);
  REQUIRE(over);
  CHECK_FALSE(*over);
}

TEST_CASE("partition: a cancelled nested execution is remembered until somebody reports on it") {
  Harness at;
  at.define(nested(".sync:2"));
  const TaskId task = all<DispatchTask>(at.start("one"))[0].id;
  const auto stopped = at.apply(StopExecution{Harness::arn("one"), {}});
  REQUIRE(all<WithdrawTask>(stopped).size() == 1);
  CHECK(all<WithdrawTask>(stopped)[0].cancelled);
  at.crash();
  REQUIRE(all<DispatchTask>(at.recovered).size() == 1);
  CHECK(all<DispatchTask>(at.recovered)[0].cancelled);
  CHECK(
      code(at.apply(TaskReport{task, statelang::TaskFailed{task.scope, task.attempt, {"e", "c"}, {}, 0}})) ==
      ReplyCode::TaskTimedOut);
  CHECK(at.store.count(engine::Table::Tasks) == 0);
  at.crash();
  CHECK(all<DispatchTask>(at.recovered).empty());
}

TEST_CASE("partition: what needs no end outside is forgotten when it is cancelled") {
  for (const char* pattern : {"", ".waitForTaskToken"}) {
    Harness at;
    at.define(nested(pattern));
    at.start("one");
    const auto stopped = at.apply(StopExecution{Harness::arn("one"), {}});
    REQUIRE(all<WithdrawTask>(stopped).size() == 1);
    CHECK_FALSE(all<WithdrawTask>(stopped)[0].cancelled);
    CHECK(at.store.count(engine::Table::Tasks) == 0);
  }
}

TEST_CASE("partition: a request that the service refused is TaskSubmitFailed, a job that failed TaskFailed") {
  for (const bool submission : {true, false}) {
    Harness at;
    at.define(nested(".sync"));
    const TaskId task = all<DispatchTask>(at.start("one"))[0].id;
    statelang::TaskFailed failed{task.scope, task.attempt, {"e", "c"}, {}, 0};
    failed.submission = submission;
    CHECK(code(at.apply(TaskReport{task, failed, true})) == ReplyCode::Done);
    CHECK(count(at, "one", EventType::TaskSubmitFailed) == (submission ? 1 : 0));
    CHECK(count(at, "one", EventType::TaskFailed) == (submission ? 0 : 1));
  }
}

TEST_CASE("partition: calls of a mocked state are numbered, also across retries and restarts") {
  Harness at;
  at.define(
      R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","Next":"B",
          "Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":5}]},
          "B":{"Type":"Task","Resource":"work","Next":"C"},
          "C":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"D"}],"Default":"A"},
          "D":{"Type":"Succeed"}}})");
  StartExecution start{Harness::arn("one"), "one", "r1"};
  const auto plain = all<DispatchTask>(at.start("plain"));
  start.test_case = "Case";
  auto actions = at.apply(start);
  DispatchTask task = all<DispatchTask>(actions).at(0);
  CHECK(plain.at(0).test_case.empty());
  CHECK(task.test_case == "Case");
  CHECK(task.mock_call == 0);
  actions =
      at.apply(TaskReport{task.id, statelang::TaskFailed{task.id.scope, task.id.attempt, {"E", "c"}, {}, 0}});
  task = all<DispatchTask>(at.fire(all<ArmTimer>(actions).at(0).timer)).at(0);
  CHECK(task.mock_call == 1);
  at.crash();
  for (const auto& again : all<DispatchTask>(at.recovered)) {
    if (again.test_case.empty()) continue;
    CHECK(again.mock_call == 1);
  }
  task = all<DispatchTask>(at.succeed(task.id)).at(0);  // B
  CHECK(task.mock_call == 0);
  task = all<DispatchTask>(at.succeed(task.id)).at(0);  // A once more
  CHECK(task.mock_call == 2);
  const size_t before = at.store.count(engine::Table::Meta);
  const auto stopped = at.apply(StopExecution{Harness::arn("one"), {}});
  CHECK(at.store.count(engine::Table::Meta) == before);  // a redrive goes on counting
  at.fire(all<ArmTimer>(stopped).back().timer);          // its retention
  CHECK(at.store.count(engine::Table::Meta) == before - 2);
}

TEST_CASE("partition: a whole answer of lambda:invoke is taken as it is, a worker's is wrapped") {
  for (const bool whole : {true, false}) {
    Harness at;
    at.define(
        R"({"StartAt":"L","States":{"L":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
            "Parameters":{"FunctionName":"f"},"End":true}}})");
    const TaskId task = all<DispatchTask>(at.start("one"))[0].id;
    const statelang::TaskSucceeded done{
        task.scope, task.attempt, statelang::Payload::from_text(R"({"a":1})"), {}, 0};
    at.apply(TaskReport{task, done, whole});
    const std::string output = at.execution("one").outcome->output.text();
    CHECK(output ==
          (whole ? R"({"a":1})" : R"({"ExecutedVersion":"$LATEST","Payload":{"a":1},"StatusCode":200})"));
  }
}

TEST_CASE("codecs: parts at the end that most values leave out come back") {
  const TaskId task{2, static_cast<ExecutionNumber>(77), static_cast<statelang::ScopeId>(5), 9};
  statelang::TaskFailed failed{task.scope, 9, {"e", "c"}, "w", 3};
  failed.submission = true;
  StartExecution start{"arn", "name", "r"};
  start.parent_execution_arn = "parent";
  start.parent_task = "0.1.2.3";
  start.test_case = "Case";
  for (const RecordBody& body :
       {RecordBody(TaskReport{task, failed, true}), RecordBody(start),
        RecordBody(TaskReport{task, statelang::TaskSucceeded{task.scope, 9, {}, "w", 2}, true})}) {
    const std::string bytes = encode(Record{1, 2, 3, body});
    const auto decoded = decode_record(bytes);
    REQUIRE(decoded);
    CHECK(encode(*decoded) == bytes);
  }
  StoredFacts stored;
  stored.facts.test_case = "Case";
  stored.facts.parent_task = "0.1.2.3";
  const auto facts = decode_facts(encode(stored));
  REQUIRE(facts);
  CHECK(facts->facts == stored.facts);
  OpenTask open;
  open.mock_call = 300;
  open.submitted = true;
  const auto decoded = decode_open_task(encode(open));
  REQUIRE(decoded);
  CHECK(decoded->mock_call == 300);
  CHECK(decoded->submitted);
  CHECK_FALSE(decoded->cancelled);
}
