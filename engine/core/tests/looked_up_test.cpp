// What is read ahead of a batch: everything its records will look up, nothing that is in memory.
#include <algorithm>

#include <catch2/catch.hpp>

#include <engine/core/state_keys.h>

#include "harness.h"

using namespace core_test;
using namespace engine;
using namespace engine::core;

namespace {

constexpr const char* kMap =
    R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.n","End":true,"ItemProcessor":
        {"StartAt":"T","States":{"T":{"Type":"Task","Resource":"q","End":true}}}}}})";
constexpr const char* kWait = R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}})";

template <class Wanted>
std::vector<Wanted> all_of(const std::vector<Action>& actions) {
  std::vector<Wanted> found;
  for (const Action& action : actions) {
    if (const auto* wanted = std::get_if<Wanted>(&action)) found.push_back(*wanted);
  }
  return found;
}

std::vector<Record> reports_of(const std::vector<DispatchTask>& tasks) {
  std::vector<Record> records(tasks.size());
  for (size_t i = 0; i < tasks.size(); ++i) {
    statelang::TaskSucceeded report;
    report.output = statelang::Payload::from_text("1");
    records[i].body = TaskReport{tasks[i].id, report};
  }
  return records;
}

std::vector<RowKey> rows_of(const Harness& harness, const std::vector<Record>& records) {
  std::vector<const Record*> pointers;
  for (const Record& record : records) pointers.push_back(&record);
  return harness.partition->rows_looked_up(pointers);
}

size_t count(const std::vector<RowKey>& rows, Table table) {
  return static_cast<size_t>(
      std::count_if(rows.begin(), rows.end(), [&](const RowKey& row) { return row.table == table; }));
}

// What these records read one by one, over the rows that were read ahead.
uint64_t read_apart(Harness& harness, const std::vector<Record>& records) {
  Transaction transaction(harness.store);
  transaction.read_ahead(rows_of(harness, records));
  const uint64_t before = harness.store.values_read;
  std::vector<Action> actions;
  for (const Record& record : records)
    harness.partition->apply({harness.offset++, harness.now_ms}, record, transaction, actions);
  CHECK_FALSE(transaction.error());
  CHECK(!actions.empty());
  return harness.store.values_read - before;
}

}  // namespace

TEST_CASE("rows looked up: results of a Map's tasks need their scopes, and nothing else is read for them") {
  Harness harness;
  harness.define(kMap);
  const auto tasks = all_of<DispatchTask>(harness.start("a", R"({"n":[1,2,3,4]})"));
  REQUIRE(tasks.size() == 4);
  auto records = reports_of({tasks[0], tasks[1], tasks[2]});
  records.push_back(records.front());  // a result that comes twice
  const auto rows = rows_of(harness, records);
  CHECK(count(rows, Table::Scopes) == 3);
  CHECK(rows.size() == 3);
  CHECK(read_apart(harness, records) == 0);
}

TEST_CASE("rows looked up: after a restart the execution, too, once") {
  Harness harness;
  harness.define(kMap);
  const auto tasks = all_of<DispatchTask>(harness.start("a", R"({"n":[1,2,3]})"));
  harness.crash();
  const auto records = reports_of({tasks[0], tasks[1]});
  const auto rows = rows_of(harness, records);
  CHECK(count(rows, Table::Scopes) == 2);
  CHECK(count(rows, Table::Executions) == 2);
  CHECK(rows.size() == 4);
}

TEST_CASE("rows looked up: a timer needs itself, its execution and its scope") {
  Harness harness;
  harness.define(kWait);
  const auto timers = all_of<ArmTimer>(harness.start("a"));
  REQUIRE(timers.size() == 1);
  harness.crash();
  harness.now_ms = timers[0].timer.due_ms;
  std::vector<Record> records(1);
  records[0].body = timers[0].timer;
  const auto rows = rows_of(harness, records);
  CHECK(std::find(rows.begin(), rows.end(), RowKey{Table::Timers, timer_key(timers[0].timer)}) != rows.end());
  CHECK(count(rows, Table::Executions) == 2);
  records[0].body = ContinueExecution{timers[0].timer.execution};
  CHECK(rows_of(harness, records).size() == 2);
}

TEST_CASE("rows looked up: a start needs its name, an Express execution's records nothing") {
  Harness harness;
  std::vector<Record> records(4);
  StartExecution start;
  start.execution_arn = Harness::arn("a");
  records[0].body = start;
  start.synchronous = true;
  records[1].body = start;
  harness.define(R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"q","End":true}}})",
                 MachineType::Express);
  const auto tasks = all_of<DispatchTask>(harness.start("b", "{}", true));
  REQUIRE(tasks.size() == 1);
  records[2] = reports_of(tasks)[0];
  records[3].body = PutCatalogEntry{"state_machine/x", "{}"};
  CHECK(rows_of(harness, records) == std::vector<RowKey>{{Table::Names, Harness::arn("a")}});
}
