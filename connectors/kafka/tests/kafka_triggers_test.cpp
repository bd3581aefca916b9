#include <set>

#include <catch2/catch.hpp>
#include <waiting/eventually.h>

#include <connectors/kafka/kafka_triggers.h>

#include "mock_broker.h"
#include "recording_engine.h"

using namespace connectors;
using connectors::kafka::testing::MockBroker;
using waiting::eventually;

namespace {

// RecordingEngine for many threads; executions end when the test says so.
class Engine : public connectors::testing::RecordingEngine {
 public:
  void start_execution(engine::StartExecutionRequest request,
                       engine::ApiCallback<engine::StartedExecution> done) override {
    std::lock_guard lock(mutex_);
    if (hold) {
      held_.emplace_back(std::move(request), std::move(done));
      return;
    }
    RecordingEngine::start_execution(std::move(request), std::move(done));
  }
  void wait_for_execution(std::string arn, int64_t, engine::ApiCallback<engine::Execution> done) override {
    std::lock_guard lock(mutex_);
    waiting_[arn] = std::move(done);
  }
  void put_catalog_entry(engine::core::PutCatalogEntry put, engine::ApiCallback<bool> done) override {
    std::lock_guard lock(mutex_);
    RecordingEngine::put_catalog_entry(std::move(put), std::move(done));
  }
  engine::ApiResult<std::optional<std::string>> catalog_entry(std::string_view key) override {
    std::lock_guard lock(mutex_);
    return RecordingEngine::catalog_entry(key);
  }
  bool end(const std::string& arn) {
    std::lock_guard lock(mutex_);
    auto found = waiting_.find(arn);
    if (found == waiting_.end()) return false;
    engine::Execution execution;
    execution.status = statelang::ExecutionStatus::Succeeded;
    found->second(execution);
    waiting_.erase(found);
    return true;
  }
  void release() {
    std::lock_guard lock(mutex_);
    hold = false;
    for (auto& [request, done] : held_) RecordingEngine::start_execution(std::move(request), std::move(done));
    held_.clear();
  }
  size_t started() {
    std::lock_guard lock(mutex_);
    return starts.size();
  }
  size_t held() {
    std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::vector<std::string> names() {
    std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const auto& start : starts) found.push_back(start.name);
    std::sort(found.begin(), found.end());
    return found;
  }
  std::vector<std::string> inputs() {
    std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const auto& start : starts) found.push_back(start.input.text());
    return found;
  }
  void refuse(engine::ApiErrorCode code, int times) {
    std::lock_guard lock(mutex_);
    for (int i = 0; i < times; i++) refuse_next.push_back(code);
  }
  std::atomic<bool> hold{false};

 private:
  std::mutex mutex_;
  std::vector<std::pair<engine::StartExecutionRequest, engine::ApiCallback<engine::StartedExecution>>> held_;
  std::map<std::string, engine::ApiCallback<engine::Execution>> waiting_;
};

struct World {
  MockBroker broker;
  Engine engine;
  triggers::SystemClock clock;
  std::optional<triggers::ExecutionStarter> starter;
  std::optional<kafka::KafkaTriggers> kafka;

  World() { restart(); }
  void restart() {
    kafka.reset();
    starter.emplace(engine, clock);
    kafka.emplace(engine, *starter, clock);
  }
  void put(const std::string& more, const std::string& input = "") { put_from("earliest", more, input); }
  void put_from(const std::string& start, const std::string& more = "", const std::string& input = "") {
    const std::string document = R"({"state_machine": "m", )" + input + R"("kafka": {"brokers": [")" +
                                 broker.address() + R"("], "topic": "orders", "start": ")" + start + "\"" +
                                 more + "}}";
    auto trigger = triggers::read_trigger("t", document, {&*kafka});
    REQUIRE(trigger);
    kafka->put(std::make_shared<const triggers::Trigger>(std::move(*trigger)));
  }
  std::string metrics() {
    std::string text;
    kafka->append_metrics(text);
    return text;
  }
};

}  // namespace

TEST_CASE("kafka: each record starts one execution, and a second reading finds it") {
  World world;
  world.broker.create_topic("orders", 2);
  for (int i = 0; i < 200; i++)
    world.broker.produce("orders", i % 2, "k", "{\"n\":" + std::to_string(i) + "}");
  world.broker.flush();
  world.put("");
  REQUIRE(eventually([&] { return world.engine.started() == 200; }));
  CHECK(world.engine.names().front() == "t-orders-0-0");
  CHECK(world.engine.inputs().front().find(R"("headers":{"kind":"test"})") != std::string::npos);
  world.kafka->stop();
  CHECK(world.broker.committed("stepstream-t", "orders", 0) == 100);
  CHECK(world.engine.catalog.count("trigger_state/t/1") == 1);
  // Another group, and the engine's own place is lost: every record comes again.
  world.engine.catalog.clear();
  world.restart();
  world.put(R"(, "group": "again")");
  REQUIRE(eventually([&] { return world.starter->status("t").duplicates == 200; }));
  CHECK(world.engine.started() == 200);
  CHECK(world.metrics().find("stepstream_kafka_records_total{trigger=\"t\"} 200") != std::string::npos);
  REQUIRE(eventually([&] {
    statelang::Value status = statelang::Value::object();
    world.kafka->add_figures("t", status);
    return statelang::to_json(status) == R"({"kafka":{"group":"again","partitions":[0,1],"lag":0}})";
  }));
}

TEST_CASE("kafka: a group the brokers have forgotten goes on where the engine was") {
  World world;
  world.broker.create_topic("orders", 1);
  for (int i = 0; i < 5; i++) world.broker.produce("orders", 0, "k", "1");
  world.broker.flush();
  world.engine.catalog["trigger_state/t/0"] = R"({"topic":"orders","next_offset":3,"batch_last_offset":-1})";
  world.put("");
  REQUIRE(eventually([&] { return world.engine.started() == 2; }));
  CHECK(world.engine.names() == std::vector<std::string>{"t-orders-0-3", "t-orders-0-4"});
}

TEST_CASE("kafka: a partition that was added is read from its beginning, also by one that began at the end") {
  World world;
  world.broker.create_topic("orders", 3);
  for (int i = 0; i < 3; i++) world.broker.produce("orders", i, "k", "1");
  world.broker.flush();
  world.engine.catalog["trigger_state/t/partitions"] = R"({"topic":"orders","partitions":1})";
  world.put_from("latest");
  REQUIRE(eventually([&] { return world.engine.started() == 2; }));
  const auto names = world.engine.names();
  CHECK(std::set<std::string>(names.begin(), names.end()) ==
        std::set<std::string>{"t-orders-1-0", "t-orders-2-0"});
}

TEST_CASE("kafka: one that begins at the end keeps how many partitions there were") {
  World world;
  world.broker.create_topic("orders", 2);
  world.put_from("latest");
  REQUIRE(eventually([&] {
    const auto entry = world.engine.catalog_entry("trigger_state/t/partitions");
    return entry && *entry && **entry == R"({"topic":"orders","partitions":2})";
  }));
}

TEST_CASE("kafka: filters choose records and their offsets are committed all the same") {
  World world;
  world.broker.create_topic("orders", 1);
  for (int i = 0; i < 10; i++) world.broker.produce("orders", 0, "k", "{\"n\":" + std::to_string(i) + "}");
  world.broker.flush();
  world.put(R"(, "filters": [{"value": {"n": [{"numeric": ["<", 2]}]}}, {"value": {"n": [5]}}])");
  REQUIRE(eventually([&] { return world.engine.started() == 3; }));
  REQUIRE(eventually(
      [&] { return world.metrics().find("filtered_total{trigger=\"t\"} 7") != std::string::npos; }));
  world.kafka->stop();
  CHECK(world.broker.committed("stepstream-t", "orders", 0) == 10);
}

TEST_CASE("kafka: poison goes to the dead letters with its reason") {
  World world;
  world.broker.create_topic("orders", 1);
  world.broker.create_topic("orders-dead-letter", 1);
  world.broker.produce("orders", 0, "k", "no json");
  world.broker.produce("orders", 0, "k", "{}");
  world.broker.flush();
  world.put("");
  REQUIRE(eventually([&] { return world.engine.started() == 1; }));
  const std::string letter = world.broker.first_record("orders-dead-letter");
  CHECK(letter.rfind("no json kind=test stepstream-reason=the value is not JSON", 0) == 0);
  CHECK(letter.find(
            "stepstream-trigger=t stepstream-topic=orders stepstream-partition=0 stepstream-offset=0") !=
        std::string::npos);
  CHECK(world.starter->status("t").failed == 1);
  world.kafka->stop();
  CHECK(world.broker.committed("stepstream-t", "orders", 0) == 2);
}

TEST_CASE("kafka: what the engine refuses for good is poison, what it refuses for now is tried again") {
  World world;
  world.broker.create_topic("orders", 1);
  world.broker.create_topic("orders-dead-letter", 1);
  world.engine.refuse(engine::ApiErrorCode::Throttled, 3);
  world.broker.produce("orders", 0, "k", "1");
  world.broker.flush();
  world.put("");
  REQUIRE(eventually([&] { return world.engine.started() == 1; }));
  world.engine.refuse(engine::ApiErrorCode::StateMachineDoesNotExist, 1);
  world.broker.produce("orders", 0, "k", "2");
  world.broker.flush();
  CHECK(world.broker.first_record("orders-dead-letter").rfind("2 ", 0) == 0);
  CHECK(world.engine.started() == 1);
  const auto status = world.starter->status("t");
  CHECK(status.failed == 4);  // attempts, each once
  CHECK(status.last_error == "offset 1 of partition 0: refused by the test");
}

TEST_CASE("kafka: records of one key run one after the other") {
  World world;
  world.broker.create_topic("orders", 1);
  for (const char* key : {"a", "a", "b", "a"}) world.broker.produce("orders", 0, key, "1");
  world.broker.flush();
  world.put(R"(, "order": "key")");
  REQUIRE(eventually([&] { return world.engine.started() == 2; }));
  CHECK(world.engine.names() == std::vector<std::string>{"t-orders-0-0", "t-orders-0-2"});
  REQUIRE(eventually([&] { return world.engine.end("arn:execution:t-orders-0-0"); }));
  REQUIRE(eventually([&] { return world.engine.started() == 3; }));
  CHECK(world.engine.names()[1] == "t-orders-0-1");
  world.kafka->stop();
  CHECK(world.broker.committed("stepstream-t", "orders", 0) == 1);  // behind ends, not behind starts
}

TEST_CASE("kafka: batches fill by size or window, and are cut again as they were") {
  World world;
  world.broker.create_topic("orders", 1);
  for (int i = 0; i < 7; i++) world.broker.produce("orders", 0, "k", std::to_string(i));
  world.broker.flush();
  world.put(R"(, "batch": {"size": 3, "window_ms": 300})");
  REQUIRE(eventually([&] { return world.engine.started() == 3; }));
  CHECK(world.engine.names() == std::vector<std::string>{"t-orders-0-0", "t-orders-0-3", "t-orders-0-6"});
  auto batch = statelang::parse_json(world.engine.inputs()[1]);
  REQUIRE(batch);
  CHECK(batch->find("records")->size() == 3);
  world.kafka->stop();
  // A crash after the plan and the start, before the commit: the batch comes again with other company.
  world.engine.catalog["trigger_state/t/0"] = R"({"topic":"orders","next_offset":3,"batch_last_offset":4})";
  world.restart();
  world.put(R"(, "group": "again", "batch": {"size": 3, "window_ms": 300})");
  REQUIRE(eventually([&] { return world.engine.started() == 4; }));
  CHECK(world.engine.names()[2] == "t-orders-0-5");
  CHECK(world.starter->status("t").duplicates == 1);
}

TEST_CASE("kafka: a slow engine holds the partition back and nothing is lost") {
  World world;
  world.broker.create_topic("orders", 1);
  for (int i = 0; i < 300; i++) world.broker.produce("orders", 0, "k", "1");
  world.broker.flush();
  world.engine.hold = true;
  world.put(R"(, "in_flight_max": 20)");
  REQUIRE(eventually(
      [&] { return world.metrics().find("paused_partitions{trigger=\"t\"} 1") != std::string::npos; }));
  CHECK(world.engine.held() <= 21);
  world.engine.release();
  REQUIRE(eventually([&] { return world.engine.started() == 300; }));
  REQUIRE(eventually(
      [&] { return world.metrics().find("paused_partitions{trigger=\"t\"} 0") != std::string::npos; }));
  REQUIRE(eventually(
      [&] { return world.metrics().find("lag{trigger=\"t\",partition=\"0\"} 0") != std::string::npos; }));
}

TEST_CASE("kafka: an offset behind the end stops the partition and says so") {
  World world;
  world.broker.create_topic("orders", 1);
  world.broker.produce("orders", 0, "k", "1");
  world.broker.flush();
  world.broker.commit("stepstream-t", "orders", 0, 50);
  world.put("");
  REQUIRE(eventually([&] {
    return world.starter->status("t").last_error.find("offset 50 is behind the end, 1") != std::string::npos;
  }));
  CHECK(world.engine.started() == 0);
}

TEST_CASE("kafka: two members share the partitions, and each record starts once") {
  World world;
  world.broker.create_topic("orders", 4);
  world.put("");
  for (int i = 0; i < 100; i++) world.broker.produce("orders", i % 4, "k", "1");
  world.broker.flush();
  REQUIRE(eventually([&] { return world.engine.started() == 100; }));
  kafka::KafkaTriggers second(world.engine, *world.starter, world.clock);
  const std::string document = R"({"state_machine": "m", "kafka": {"brokers": [")" + world.broker.address() +
                               R"("], "topic": "orders", "start": "earliest"}})";
  auto trigger = triggers::read_trigger("t", document, {&second});
  REQUIRE(trigger);
  second.put(std::make_shared<const triggers::Trigger>(std::move(*trigger)));
  auto members = [&] {
    std::string text;
    second.append_metrics(text);
    return text.find("stepstream_kafka_lag{") != std::string::npos;
  };
  int sent = 0;
  REQUIRE(eventually([&] {
    for (int i = 0; i < 4; i++) world.broker.produce("orders", i, "k", "1");
    sent += 4;
    world.broker.flush();
    return members();
  }));
  REQUIRE(eventually([&] { return world.engine.started() == 100 + static_cast<size_t>(sent); }));
  CHECK(world.starter->status("t").duplicates == 0);
}

// The second consumer takes over from one that is about to handle what it has read ahead.
TEST_CASE("kafka: a trigger is changed while records are read ahead, and none is lost or comes twice") {
  constexpr size_t kRecords = 10'000;
  World world;
  world.broker.create_topic("orders", 1);
  for (size_t i = 0; i < kRecords; i++) world.broker.produce("orders", 0, "k", "{}");
  world.broker.flush();
  world.put("");
  REQUIRE(eventually([&] { return world.engine.started() > 0; }));
  world.put(R"(, "in_flight_max": 100)");
  REQUIRE(eventually([&] { return world.engine.started() == kRecords; }));
  CHECK(world.starter->status("t").failed == 0);
}
