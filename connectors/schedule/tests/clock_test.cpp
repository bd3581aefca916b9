// The scheduler while its clock jumps, alive and between two lives.
#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "scheduler_world.h"

using namespace connectors;
using schedule::instant_text;
using testing::kEveryHour;
using testing::Process;
using testing::World;

namespace {

constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute;

const char* kCatchUp = R"j({"expression": "cron(0 * * * ? *)", "missed": "catch_up"})j";

void jump(World& world, const char* to) {
  world.time.set_clock(World::at(to));
}
void pass(World& world, const char* until) {
  world.time.advance_to(World::at(until));
}

}  // namespace

TEST_CASE("clock: what a jump forward leaves out is missed, or made up for") {
  for (bool catch_up : {false, true}) {
    World world;
    Process process(world.engine, world.time);
    REQUIRE(process.put("hourly", catch_up ? kCatchUp : kEveryHour).has_value());
    pass(world, "2026-01-01T01:30:00Z");
    jump(world, "2026-01-01T03:30:00Z");
    CHECK(world.started() == (catch_up ? "2026-01-01T01:00:00Z 2026-01-01T02:00:00Z 2026-01-01T03:00:00Z"
                                       : "2026-01-01T01:00:00Z"));
    world.engine.starts.clear();
    jump(world, "2026-01-01T04:00:59Z");  // less than a minute late is on time
    pass(world, "2026-01-01T05:10:00Z");
    CHECK(world.started() == "2026-01-01T04:00:00Z 2026-01-01T05:00:00Z");
  }
}

TEST_CASE("clock: set back, it repeats no tick, alive or over a restart") {
  for (bool catch_up : {false, true}) {
    World world;
    {
      Process process(world.engine, world.time);
      REQUIRE(process.put("hourly", catch_up ? kCatchUp : kEveryHour).has_value());
      pass(world, "2026-01-01T03:30:00Z");
      jump(world, "2026-01-01T01:30:00Z");
      pass(world, "2026-01-01T03:45:00Z");
      jump(world, "2026-01-01T02:50:00Z");
    }
    Process again(world.engine, world.time);
    pass(world, "2026-01-01T04:10:00Z");
    CHECK(world.started() ==
          "2026-01-01T01:00:00Z 2026-01-01T02:00:00Z 2026-01-01T03:00:00Z 2026-01-01T04:00:00Z");
    CHECK(again.starter.status("hourly").duplicates == 0);
  }
}

TEST_CASE("clock: a tick that is being tried again outlasts a jump, up to its age") {
  World world;
  Process process(world.engine, world.time);
  REQUIRE(process.put("hourly", R"j({"expression": "cron(0 * * * ? *)", "event_age_seconds_max": 7200})j")
              .has_value());
  world.engine.refuse_next = {engine::ApiErrorCode::Throttled};
  pass(world, "2026-01-01T01:00:00Z");
  jump(world, "2026-01-01T01:50:00Z");
  CHECK(world.started() == "2026-01-01T01:00:00Z");
  world.engine.refuse_next = {engine::ApiErrorCode::Throttled};
  pass(world, "2026-01-01T02:00:00Z");
  jump(world, "2026-01-01T04:30:00Z");
  pass(world, "2026-01-01T05:10:00Z");
  CHECK(world.started() == "2026-01-01T01:00:00Z 2026-01-01T05:00:00Z");
}

TEST_CASE("clock: a flexible window is open for as long as it is, whenever the alarm rings") {
  World world;
  Process process(world.engine, world.time);
  REQUIRE(process.put("soft", R"j({"expression": "cron(0 1,3 * * ? *)", "flexible_window_minutes": 30})j")
              .has_value());
  jump(world, "2026-01-01T01:30:30Z");
  CHECK(world.started() == "2026-01-01T01:00:00Z");
  jump(world, "2026-01-01T03:31:30Z");
  CHECK(world.started() == "2026-01-01T01:00:00Z");
}

TEST_CASE("clock: days ahead by mistake, ticks go on when it is put right, alive or over a restart") {
  for (bool alive : {true, false}) {
    World world;
    auto process = std::make_unique<Process>(world.engine, world.time);
    REQUIRE(process->put("hourly", kCatchUp).has_value());
    pass(world, "2026-01-01T01:10:00Z");
    jump(world, "2036-01-01T00:00:10Z");
    CHECK(world.engine.starts.size() == 1 + 24);  // a day's ticks: event_age_seconds_max
    world.engine.starts.clear();
    if (!alive) process.reset();
    jump(world, "2026-01-01T01:20:00Z");
    if (!alive) process = std::make_unique<Process>(world.engine, world.time);
    pass(world, "2026-01-01T03:10:00Z");
    CHECK(world.started() == "2026-01-01T02:00:00Z 2026-01-01T03:00:00Z");
  }
}

namespace {

// Keeps the moment of each start.
struct WatchingEngine : testing::RecordingEngine {
  explicit WatchingEngine(testing::ManualTime& t) : time(t) {}
  testing::ManualTime& time;
  std::vector<std::pair<int64_t, int64_t>> ticks;  // tick, moment

  void start_execution(engine::StartExecutionRequest request,
                       engine::ApiCallback<engine::StartedExecution> done) override {
    ticks.emplace_back(request.input.value().find("scheduled_time_ms")->as_integer(), time.now);
    testing::RecordingEngine::start_execution(std::move(request), std::move(done));
  }
};

// A scheduler whose clock is let run, put forward, put back, with the process killed in between.
struct Walk {
  testing::ManualTime time;
  WatchingEngine engine{time};
  std::unique_ptr<Process> process;
  std::set<int64_t> expected;  // ticks, by the rules
  std::vector<int64_t> ticks;  // all there are
  bool catch_up;
  int64_t seen_ms;  // no tick up to here is to come any more

  Walk(const char* zone, const char* from, bool catches_up) : catch_up(catches_up) {
    time.now = World::at(from);
    seen_ms = time.now - 1;
    process = std::make_unique<Process>(engine, time);
    std::string document = R"j({"expression": "cron(0/7 * * * ? *)", "event_age_seconds_max": 2678400)j";
    document += std::string(R"(, "timezone": ")") + zone + "\"";
    document += catch_up ? R"(, "missed": "catch_up"})" : "}";
    REQUIRE(process->put("walk", document).has_value());
    schedule::Schedule every;
    every.expression = *schedule::parse_expression("cron(0/7 * * * ? *)");
    every.zone = *schedule::TimeZone::load(zone);
    for (auto tick = next_tick(every, time.now - 1); tick && *tick < time.now + 20 * 24 * kHour;
         tick = next_tick(every, *tick))
      ticks.push_back(*tick);
    time.run_posted();
    time.advance_to(time.now);
    expect(time.now);
  }
  // The scheduler is awake, with the ticks from `oldest_ms` to now due unless they have been.
  void expect(int64_t oldest_ms) {
    for (auto tick = std::lower_bound(ticks.begin(), ticks.end(), catch_up ? 0 : oldest_ms);
         tick != ticks.end() && *tick <= time.now; ++tick) {
      if (*tick > seen_ms) expected.insert(*tick);
    }
    seen_ms = std::max(seen_ms, expected.empty() ? 0 : *expected.rbegin());
  }
  void run(int64_t ms) {
    int64_t from = time.now;
    time.advance_to(from + ms);
    expect(from);
  }
  void jump(int64_t ms) {
    time.set_clock(time.now + ms);
    expect(time.now - kMinute);
  }
  void restart(int64_t ms) {
    process.reset();
    time.now += ms;
    process = std::make_unique<Process>(engine, time);
    time.advance_to(time.now);
    expect(time.now - kMinute);
  }
};

}  // namespace

TEST_CASE(
    "clock: whatever it does in any zone, each tick is started in its turn, once, as late as it may be") {
  std::pair<const char*, const char*> places[] = {
      {"UTC", "2026-01-01T00:00:00Z"},
      {"Europe/Berlin", "2026-03-28T12:00:00Z"},
      {"Europe/Berlin", "2026-10-24T12:00:00Z"},
      {"America/New_York", "2026-10-31T12:00:00Z"},
      {"Australia/Lord_Howe", "2026-04-04T02:00:00Z"},
      {"Australia/Lord_Howe", "2026-10-03T02:00:00Z"},
      {"America/Sao_Paulo", "2018-11-03T18:00:00Z"},
      {"Pacific/Apia", "2011-12-29T20:00:00Z"},
      {"Africa/Casablanca", "2026-02-14T12:00:00Z"},
  };
  size_t started = 0;
  for (uint32_t seed = 0; seed < 180; seed++) {
    const auto& [zone, from] = places[seed % std::size(places)];
    std::mt19937 random(seed);
    auto up_to = [&](int64_t ms) { return static_cast<int64_t>(random() % static_cast<uint64_t>(ms)) + 1; };
    Walk walk(zone, from, seed % 2 == 1);
    for (int step = 0; step < 50; step++) {
      int64_t far = up_to(2) == 1 ? 2 * kMinute : 3 * kHour;
      switch (random() % 6) {
        case 0:
          walk.jump(up_to(far));
          break;
        case 1:
          walk.jump(-up_to(far));
          break;
        case 2:
          walk.restart(up_to(far));
          break;
        case 3:
          walk.restart(-up_to(far));
          break;
        default:
          walk.run(up_to(2 * kHour));
      }
    }
    std::vector<int64_t> found;
    int64_t latest = 0;
    for (auto [tick, moment] : walk.engine.ticks) {
      found.push_back(tick);
      latest = std::max(latest, moment - tick);
    }
    INFO("seed " << seed << ", " << zone << (walk.catch_up ? ", catch_up" : ", skip"));
    const std::vector<int64_t> expected(walk.expected.begin(), walk.expected.end());
    const auto [one, other] = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
    INFO("started " << (one == found.end() ? "none" : instant_text(*one)) << ", to start "
                    << (other == expected.end() ? "none" : instant_text(*other)));
    REQUIRE((one == found.end() && other == expected.end()));
    if (!walk.catch_up) REQUIRE(latest <= kMinute);
    started += found.size();
  }
  CHECK(started > 10'000);
}
