#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <connectors/triggers/thread_strand.h>
#include <connectors/triggers/trigger_registry.h>

#include "recording_engine.h"

using namespace connectors;
using namespace connectors::triggers;

namespace {

class Bell : public TriggerKind {
 public:
  std::map<std::string, TriggerPtr> bells;
  std::string_view name() const override { return "bell"; }
  void check(const statelang::Value& settings, std::vector<statelang::Diagnostic>& findings) const override {
    if (settings.is_object()) return;
    statelang::Diagnostic finding;
    finding.location = "/bell";
    findings.push_back(finding);
  }
  void put(TriggerPtr trigger) override { bells[trigger->name] = trigger; }
  void erase(const std::string& name) override { bells.erase(name); }
};

struct World {
  testing::RecordingEngine engine;
  testing::ManualTime time;
  Bell bell;
  ExecutionStarter starter{engine, time};
  TriggerRegistry registry{engine, time, starter, {&bell}};
  World() { time.now = 1'700'000'000'000; }
  engine::ApiResult<std::string> put(const std::string& name, const std::string& json) {
    std::optional<engine::ApiResult<std::string>> said;
    registry.put(name, json, [&](engine::ApiResult<std::string> result) { said.emplace(std::move(result)); });
    return *said;
  }
};

const char* kBell = R"({"state_machine": "m", "bell": {}})";

}  // namespace

TEST_CASE("registry: a trigger is stored, listed, changed and erased") {
  World world;
  auto stored = world.put("door", kBell);
  REQUIRE(stored.has_value());
  CHECK(
      *stored ==
      R"({"name":"door","state_machine":"m","bell":{},"enabled":true,"created_at":"2023-11-14T22:13:20.000Z",)"
      R"("updated_at":"2023-11-14T22:13:20.000Z","status":{"started":0,"duplicates":0,"failed":0,"last_started_at":null,)"
      R"("last_execution_arn":null,"last_failed_at":null,"last_error":null}})");
  CHECK(world.bell.bells.count("door") == 1);
  CHECK(world.registry.list() == "{\"items\":[" + *stored + "]}");
  world.time.now += 1000;
  CHECK(*world.put("door", kBell) == *stored);  // nothing has changed
  auto changed = world.put("door", R"({"state_machine": "other", "bell": {}})");
  REQUIRE(changed.has_value());
  CHECK(changed->find(
            "\"created_at\":\"2023-11-14T22:13:20.000Z\",\"updated_at\":\"2023-11-14T22:13:21.000Z\"") !=
        std::string::npos);
  world.registry.erase("door", [](engine::ApiResult<bool> erased) { CHECK(erased.has_value()); });
  CHECK(world.bell.bells.empty());
  CHECK(world.engine.catalog.empty());
  CHECK(world.registry.describe("door").error().code == engine::ApiErrorCode::TriggerDoesNotExist);
}

TEST_CASE("registry: after a restart the triggers are back") {
  World world;
  REQUIRE(world.put("door", kBell).has_value());
  world.engine.catalog["trigger/broken"] = "{";
  world.engine.catalog["trigger/old"] = R"({"document": {"state_machine": "m", "gong": {}}})";
  Bell bell;
  TriggerRegistry again(world.engine, world.time, world.starter, {&bell});
  std::vector<std::string> problems;
  CHECK(*again.load(problems) == 1);
  CHECK(bell.bells.at("door")->created_ms == world.time.now);
  CHECK(problems.size() == 2);
}

TEST_CASE("registry: what another node has put, changed or erased is in force after a look") {
  World world, other;
  const auto look = [&](const std::string& name) {
    world.engine.catalog = other.engine.catalog;  // one catalog
    world.registry.look(name);
  };
  REQUIRE(other.put("door", kBell).has_value());
  REQUIRE(other.put("gate", kBell).has_value());
  look("door");
  REQUIRE(world.bell.bells.count("door") == 1);
  CHECK(world.bell.bells.count("gate") == 0);
  look("");
  REQUIRE(world.bell.bells.count("gate") == 1);
  const TriggerPtr same = world.bell.bells.at("gate");
  CHECK(*world.registry.describe("door") == *other.registry.describe("door"));

  other.time.now += 1000;
  REQUIRE(other.put("door", R"({"state_machine": "n", "bell": {}})").has_value());
  look("door");
  CHECK(world.bell.bells.at("door")->state_machine == "n");
  look("");
  CHECK(world.bell.bells.at("gate") == same);  // nothing was put anew

  std::optional<bool> erased;
  other.registry.erase("door", [&](engine::ApiResult<bool> result) { erased = result.has_value(); });
  CHECK(erased == true);
  look("");
  CHECK(world.bell.bells.count("door") == 0);
  CHECK_FALSE(world.registry.describe("door").has_value());
  world.engine.catalog["trigger/broken"] = "{";
  world.registry.look("broken");
  CHECK(world.starter.status("broken").last_error == "not in force: the stored document cannot be read");
}

TEST_CASE("registry: what is wrong with a document is said at once, with pointers") {
  World world;
  auto where = [&](const std::string& name, const std::string& json) {
    auto result = world.put(name, json);
    std::string out;
    if (result) return std::string("accepted");
    for (const auto& finding : result.error().diagnostics) out += finding.location + "|";
    return out;
  };
  CHECK(where("a", "{") == "|");
  CHECK(where("a", R"({"bell": 1, "enabled": 1, "name": "b", "extra": 0})") ==
        "/name|/state_machine|/enabled|/bell|/extra|");
  CHECK(where("no spaces please", kBell) == "/name|");
  CHECK(where("a", R"({"state_machine": "m"})") == "|");
  CHECK(where("a", R"({"state_machine": "m", "bell": {}, "input": {"x.$": "no path"}})") == "/input|");
}

TEST_CASE("registry: a folder of documents is loaded, its problems are named") {
  World world;
  auto folder =
      std::filesystem::temp_directory_path() / ("stepstream_triggers_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "front.json") << kBell;
  std::ofstream(folder / "wrong.json") << "{}";
  std::ofstream(folder / "notes.txt") << "not a trigger";
  std::vector<std::string> problems;
  CHECK(world.registry.load_directory(folder.string(), problems) == 1);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("wrong.json: /state_machine: is missing") != std::string::npos);
  CHECK(world.registry.load_directory((folder / "nowhere").string(), problems) == 0);
  CHECK(problems.size() == 2);
  std::filesystem::remove_all(folder);
}

TEST_CASE("starter: the input is rendered from the event, repeated events are told apart") {
  World world;
  REQUIRE(
      world
          .put("door", R"({"state_machine": "m", "bell": {}, "input": {"who.$": "$.body.name", "fixed": 1}})")
          .has_value());
  auto trigger = world.bell.bells.at("door");
  auto event = *statelang::parse_json(R"({"body": {"name": "Ada"}})");
  std::optional<StartOutcome> outcome;
  auto keep = [&](engine::ApiResult<StartOutcome> result) { outcome = *result; };
  world.starter.start(trigger, "door-1", event, keep);
  CHECK(world.engine.starts[0].input.text() == R"({"who":"Ada","fixed":1})");
  CHECK_FALSE(outcome->duplicate);
  world.starter.start(trigger, "door-1", event, keep);
  CHECK(outcome->duplicate);
  CHECK(outcome->execution_arn == "arn:aws:states:local:000000000000:execution:m:door-1");
  world.starter.start(trigger, "door-2", statelang::Value::object(),
                      [&](engine::ApiResult<StartOutcome> result) {
                        REQUIRE_FALSE(result.has_value());
                        CHECK(result.error().code == engine::ApiErrorCode::InvalidExecutionInput);
                      });
  auto status = world.starter.status("door");
  CHECK(status.fired == 1);
  CHECK(status.duplicates == 1);
  CHECK(status.failed == 1);
  std::string metrics;
  world.starter.append_metrics(metrics);
  CHECK(metrics.find("stepstream_trigger_events_total{trigger=\"door\",outcome=\"started\"} 1\n") !=
        std::string::npos);
}

TEST_CASE("thread strand: runs posts in order and rings the latest alarm") {
  ThreadStrand strand;
  SystemClock clock;
  std::promise<std::string> rung;
  std::string order;
  strand.alarm(clock.now_ms() + 3'600'000, [&] { order += "never"; });
  strand.post([&] { order += "a"; });
  strand.post([&] { order += "b"; });
  strand.alarm(clock.now_ms() - 1, [&] { rung.set_value(order); });
  auto done = rung.get_future();
  REQUIRE(done.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  strand.stop();
  CHECK(order == "ab");
}

TEST_CASE("thread strand: a clock that is set rings the alarm, forward when due and back at once") {
  struct SetClock : engine::Clock {
    std::atomic<int64_t> shown{1'000'000};
    int64_t now_ms() const override { return shown; }
  } clock;
  ThreadStrand strand(&clock, 5);
  const auto rings_when_set_to = [&](int64_t shown) {
    std::promise<void> rung;
    strand.alarm(clock.now_ms() + 3'600'000, [&] { rung.set_value(); });
    clock.shown = shown;
    return rung.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  };
  CHECK(rings_when_set_to(clock.now_ms() + 3'600'000));
  CHECK(rings_when_set_to(clock.now_ms() - 5'000));
  strand.stop();
}
