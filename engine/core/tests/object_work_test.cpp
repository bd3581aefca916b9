// What Distributed Maps read and write: open tasks of the engine's own, a chunk of items at a time.
#include <catch2/catch.hpp>

#include <engine/core/object_tasks.h>

#include "harness.h"

using namespace core_test;
using namespace engine::core;

namespace {

const std::string kReads =
    R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,
        "ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSONL"},
                      "Parameters":{"Bucket":"b","Key":"k"}},
        "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
                         "StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},
        "ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"out"},
                        "WriterConfig":{"Transformation":"COMPACT","OutputType":"JSON"}}}}})";

// Numbers from `first` on, longer and longer, so that stored chunks are of different sizes.
std::string answer(int first, int count, bool more) {
  std::string items;
  for (int i = first; i < first + count; ++i) {
    items += (items.empty() ? "" : ",") + ("{\"n\":" + std::to_string(i)) + ",\"t\":\"" +
             std::string(static_cast<size_t>(i % 300), 'x') + "\"}";
  }
  return "{\"Items\":[" + items + "],\"More\":" + (more ? "true}" : "false}");
}

std::vector<DispatchTask> object_tasks(const std::vector<Action>& actions) {
  return all<DispatchTask>(actions);
}

}  // namespace

TEST_CASE("objects: items are asked for chunk by chunk and every one is stored once") {
  Harness at;
  at.define(kReads);
  auto tasks = object_tasks(at.start("one"));
  int given = 0;
  for (const int count : {3, 1000, 1, 250}) {
    REQUIRE(tasks.size() == 1);
    CHECK(tasks[0].queue == kReadItemsQueue);
    const auto request = read_items_of(tasks[0].input.value());
    REQUIRE(request);
    CHECK(request->skip == static_cast<uint64_t>(given));
    // It is open: a restart gives it again.
    at.crash();
    REQUIRE(all<DispatchTask>(at.recovered).size() == 1);
    CHECK(all<DispatchTask>(at.recovered)[0].id == tasks[0].id);
    const std::string text = answer(given, count, count != 250);
    const TaskId id = tasks[0].id;
    tasks = object_tasks(at.succeed(id, text));
    CHECK(object_tasks(at.succeed(id, text)).empty());  // a second answer changes nothing
    given += count;
  }
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].queue == kWriteResultsQueue);
  const statelang::Value& files = *tasks[0].input.value().find("Files");
  const auto written = statelang::parse_json(files[0].find("Bytes")->as_string());
  REQUIRE(written);
  REQUIRE(written->size() == static_cast<size_t>(given));
  for (int i = 0; i < given; ++i) REQUIRE((*written)[i].find("n")->as_integer() == i);
  at.succeed(tasks[0].id);
  CHECK(at.execution("one").state.status == statelang::ExecutionStatus::Succeeded);
  CHECK(at.store.count(engine::Table::Tasks) == 0);
  CHECK(at.store.count(engine::Table::Items) == 0);
}

TEST_CASE("objects: a reader that fails is the Map's failure") {
  Harness at;
  at.define(kReads);
  const TaskId id = object_tasks(at.start("one"))[0].id;
  at.apply(TaskReport{id, statelang::TaskFailed{id.scope, id.attempt, {"States.ItemReaderFailed", "no"}}});
  const auto ended = at.execution("one");
  CHECK(ended.state.status == statelang::ExecutionStatus::Failed);
  CHECK(at.store.count(engine::Table::Tasks) == 0);
}

TEST_CASE("objects: a stopped execution leaves no open task") {
  Harness at;
  at.define(kReads);
  const TaskId id = object_tasks(at.start("one"))[0].id;
  const auto stopped = at.apply(StopExecution{Harness::arn("one"), {}});
  CHECK(all<WithdrawTask>(stopped).size() == 1);
  CHECK(at.store.count(engine::Table::Tasks) == 0);
  CHECK(object_tasks(at.succeed(id, answer(0, 1, false))).empty());
}
