// What a transition costs, counted: operations and bytes written, values read. No times.
#include <deque>

#include <catch2/catch.hpp>

#include "harness.h"

using namespace core_test;
using namespace engine::core;

namespace {

struct Cost {
  double operations = 0, bytes = 0, reads = 0;
};

Cost now(const Harness& at) {
  return {static_cast<double>(at.store.operations), static_cast<double>(at.store.bytes),
          static_cast<double>(at.store.values_read)};
}
Cost since(const Harness& at, const Cost& before) {
  const Cost total = now(at);
  return {total.operations - before.operations, total.bytes - before.bytes, total.reads - before.reads};
}

// Of one item of a Map with `items` of them.
Cost per_item(int items) {
  PartitionSettings settings;
  settings.limits.history_events_max = 1'000'000;
  Harness at(settings);
  at.define(map_of_tasks());
  std::string input = "[";
  for (int i = 0; i < items; ++i) input += (i > 0 ? "," : "") + std::to_string(100'000 + i);
  const Cost before = now(at);
  auto started = at.start("m", input + "]");
  std::vector<DispatchTask> tasks = all<DispatchTask>(started);
  REQUIRE(tasks.size() == static_cast<size_t>(items));
  for (const DispatchTask& task : tasks) {
    at.now_ms += 1;
    REQUIRE(code(at.succeed(task.id, "12345")) == ReplyCode::Done);
  }
  REQUIRE(at.execution("m").outcome->status == statelang::ExecutionStatus::Succeeded);
  const Cost cost = since(at, before);
  return {cost.operations / items, cost.bytes / items, cost.reads / items};
}

}  // namespace

TEST_CASE("cost: each step of a chain of ten tasks costs the same") {
  Harness at;
  at.define(chain(10));
  auto actions = at.start("c", R"({"padding":")" + std::string(200, 'p') + "\"}");
  std::vector<Cost> steps;
  for (int i = 0; i < 9; ++i) {
    const Cost before = now(at);
    actions = at.succeed(all<DispatchTask>(actions)[0].id, R"({"padding":")" + std::string(200, 'p') + "\"}");
    steps.push_back(since(at, before));
  }
  for (const Cost& step : steps) {
    CHECK(step.operations == 4);  // state, history, the old task, the new one
    CHECK(step.bytes == Approx(steps[0].bytes).margin(16));
    CHECK(step.reads == 0);  // the partition still has the state
  }
  WARN("a step of a chain: " << steps[0].operations << " operations, " << steps[0].bytes << " bytes, "
                             << steps[0].reads << " reads");
}

TEST_CASE("cost: an item of a Map of 10,000 costs what one of 100 costs") {
  const Cost small = per_item(100);
  const Cost large = per_item(10'000);
  WARN("per item of 100: " << small.operations << " operations, " << small.bytes << " bytes, " << small.reads
                           << " reads; of 10,000: " << large.operations << ", " << large.bytes << ", "
                           << large.reads);
  CHECK(large.operations < small.operations * 1.2);
  CHECK(large.bytes < small.bytes * 1.2);
  CHECK(large.reads < small.reads * 1.6);  // an item of a long Map is read again when its turn comes
}

TEST_CASE("cost: a child with one task is written twice, when it starts and when it ends") {
  Harness at;
  at.define(
      R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",)"
      R"("ExecutionType":"STANDARD"},"StartAt":"T","States":{"T":{"Type":"Task","Resource":"work","End":true}}},)"
      R"("End":true}}})");
  std::string items = "[0";
  for (int i = 1; i < 500; ++i) items += ',' + std::to_string(i);
  Cost before = now(at);
  const auto tasks = all<DispatchTask>(at.start("m", items + "]"));
  REQUIRE(tasks.size() == 500);
  // Its name, two rows of lists, facts, state, history, task.
  CHECK(since(at, before).operations < 500 * 7 + 50);
  before = now(at);
  at.succeed(tasks[0].id, "1");
  const Cost end = since(at, before);
  CHECK(end.operations ==
        9);               // state, history, task, three of lists, its erasure; the Map's state and result
  CHECK(end.reads <= 1);  // the Map Run
}

TEST_CASE("cost: the last transition of 20,000 events costs what the first did") {
  Harness at;
  at.define(
      R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","Next":"C"},)"
      R"("C":{"Type":"Choice","Choices":[{"Variable":"$.stop","IsPresent":true,"Next":"End"}],"Default":"A"},)"
      R"("End":{"Type":"Succeed"}}})");
  auto actions = at.start("long", R"({"n":100000})");
  Cost first, last;
  for (int i = 0; at.execution("long").state.next_event_id <= 20'000; ++i) {
    const Cost before = now(at);
    actions = at.succeed(all<DispatchTask>(actions)[0].id, R"({"n":100000})");
    last = since(at, before);
    if (i == 0) first = last;
  }
  CHECK(last.operations == first.operations);
  CHECK(last.bytes == Approx(first.bytes).margin(24));  // longer numbers
  CHECK(last.reads == first.reads);
}
