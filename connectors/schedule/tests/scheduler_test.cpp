#include <catch2/catch.hpp>

#include "scheduler_world.h"

using namespace connectors;
using testing::kEveryHour;
using testing::Process;
using testing::World;

TEST_CASE("scheduler: each tick starts one execution, named after it") {
  World world;
  Process process(world.engine, world.time);
  REQUIRE(process.put("hourly", kEveryHour).has_value());
  CHECK(process.scheduler.next_due_ms("hourly") == World::at("2026-01-01T01:00:00Z"));
  world.time.advance_to(World::at("2026-01-01T03:30:00Z"));
  CHECK(world.started() == "2026-01-01T01:00:00Z 2026-01-01T02:00:00Z 2026-01-01T03:00:00Z");
  CHECK(world.engine.starts[0].name == "hourly-" + std::to_string(World::at("2026-01-01T01:00:00Z")));
  CHECK(world.engine.starts[0].state_machine_arn == "arn:aws:states:local:000000000000:stateMachine:m");
  CHECK(world.time.alarms_rung == 3);
}

TEST_CASE("scheduler: an idle scheduler wakes once an hour at most") {
  World world;
  Process process(world.engine, world.time);
  for (int i = 0; i < 50; i++) {
    REQUIRE(process
                .put("yearly" + std::to_string(i), R"j({"expression": "cron(0 0 1 1 ? *)"
  })j")
                .has_value());
  }
  world.time.advance_to(World::at("2026-01-02T00:00:30Z"));
  CHECK(world.engine.starts.empty());
  CHECK(world.time.alarms_rung <= 24);
}

TEST_CASE("scheduler: a crash between start and memory starts no tick twice") {
  World world;
  {
    Process process(world.engine, world.time);
    REQUIRE(process.put("hourly", kEveryHour, R"j(, "enabled": true)j").has_value());
    world.time.advance_to(World::at("2026-01-01T01:00:00Z"));
    world.engine.catalog.erase("trigger_state/hourly");  // the crash came before it was written
  }
  world.time.now = World::at("2026-01-01T01:00:20Z");
  Process again(world.engine, world.time);
  world.time.advance_to(World::at("2026-01-01T02:00:20Z"));
  CHECK(world.started() == "2026-01-01T01:00:00Z 2026-01-01T02:00:00Z");
  CHECK(again.starter.status("hourly").duplicates == 1);
}

TEST_CASE("scheduler: missed ticks are skipped, but not the one of this minute") {
  World world;
  {
    Process process(world.engine, world.time);
    REQUIRE(process.put("hourly", kEveryHour).has_value());
    world.time.advance_to(World::at("2026-01-01T01:10:00Z"));
  }
  world.time.now = World::at("2026-01-01T05:00:40Z");
  Process again(world.engine, world.time);
  world.time.advance_to(World::at("2026-01-01T06:10:00Z"));
  CHECK(world.started() == "2026-01-01T01:00:00Z 2026-01-01T05:00:00Z 2026-01-01T06:00:00Z");
}

TEST_CASE("scheduler: missed ticks are made up for when asked, up to an age") {
  World world;
  {
    Process process(world.engine, world.time);
    REQUIRE(
        process
            .put("hourly",
                 R"j({"expression": "cron(0 * * * ? *)", "missed": "catch_up", "event_age_seconds_max": 10800
  })j")
            .has_value());
    world.time.advance_to(World::at("2026-01-01T01:10:00Z"));
  }
  world.time.now = World::at("2026-01-01T06:30:00Z");
  Process again(world.engine, world.time);
  world.time.advance_to(World::at("2026-01-01T06:40:00Z"));
  CHECK(world.started() ==
        "2026-01-01T01:00:00Z 2026-01-01T04:00:00Z 2026-01-01T05:00:00Z 2026-01-01T06:00:00Z");
}

TEST_CASE("scheduler: a one-time schedule that was missed happens after the restart, once") {
  World world;
  {
    Process process(world.engine, world.time);
    REQUIRE(process
                .put("once", R"j({"expression": "at(2026-01-01T02:00:00)"
  })j")
                .has_value());
  }
  world.time.now = World::at("2026-01-01T05:00:00Z");
  {
    Process again(world.engine, world.time);
    world.time.advance_to(World::at("2026-01-01T06:00:00Z"));
  }
  Process third(world.engine, world.time);
  world.time.advance_to(World::at("2026-01-01T07:00:00Z"));
  CHECK(world.started() == "2026-01-01T02:00:00Z");
}

TEST_CASE("scheduler: what the engine cannot take now is tried again, the tick stays the same") {
  World world;
  Process process(world.engine, world.time);
  REQUIRE(process.put("hourly", kEveryHour).has_value());
  world.engine.refuse_next = {engine::ApiErrorCode::Throttled,
                              engine::ApiErrorCode::StateMachineDoesNotExist};
  world.time.advance_to(World::at("2026-01-01T01:00:10Z"));
  CHECK(world.started() == "2026-01-01T01:00:00Z");
  CHECK(process.starter.status("hourly").failed == 2);
  world.engine.refuse_next = {engine::ApiErrorCode::InvalidArn};
  world.time.advance_to(World::at("2026-01-01T03:00:10Z"));
  CHECK(world.started() == "2026-01-01T01:00:00Z 2026-01-01T03:00:00Z");
}

TEST_CASE("scheduler: rate counts from when it was made, or from its start date") {
  World world;
  Process process(world.engine, world.time);
  REQUIRE(process
              .put("rate", R"j({"expression": "rate(20 minutes)"
})j")
              .has_value());
  world.time.advance_to(World::at("2026-01-01T00:45:00Z"));
  CHECK(world.started() == "2026-01-01T00:00:30Z 2026-01-01T00:20:30Z 2026-01-01T00:40:30Z");
  world.engine.starts.clear();
  REQUIRE(
      process
          .put(
              "later",
              R"j({"expression": "rate(1 hour)", "start_date": "2026-01-01T05:15:00Z", "end_date": "2026-01-01T07:00:00Z"
  })j")
          .has_value());
  process.registry.erase("rate", [](auto) {});
  world.time.advance_to(World::at("2026-01-01T12:00:00Z"));
  CHECK(world.started() == "2026-01-01T05:15:00Z 2026-01-01T06:15:00Z");
}

TEST_CASE("scheduler: changes and removals take effect at once") {
  World world;
  Process process(world.engine, world.time);
  REQUIRE(process.put("a", kEveryHour).has_value());
  world.time.advance_to(World::at("2026-01-01T01:30:00Z"));
  REQUIRE(process
              .put("a", R"j({"expression": "cron(45 * * * ? *)"
  })j")
              .has_value());
  world.time.advance_to(World::at("2026-01-01T02:30:00Z"));
  REQUIRE(process
              .put("a", R"j({"expression": "cron(45 * * * ? *)"
  })j",
                   R"j(, "enabled": false)j")
              .has_value());
  CHECK(process.scheduler.next_due_ms("a") == 0);
  world.time.advance_to(World::at("2026-01-01T04:00:00Z"));
  REQUIRE(process
              .put("a", R"j({"expression": "cron(45 * * * ? *)"
  })j")
              .has_value());
  world.time.advance_to(World::at("2026-01-01T05:00:00Z"));
  process.registry.erase("a", [](auto) {});
  world.time.advance_to(World::at("2026-01-01T09:00:00Z"));
  CHECK(world.started() == "2026-01-01T01:00:00Z 2026-01-01T01:45:00Z 2026-01-01T04:45:00Z");
  CHECK(world.engine.catalog.empty());
}

TEST_CASE("scheduler: a flexible window delays a tick inside it") {
  World world;
  Process process(world.engine, world.time);
  REQUIRE(process
              .put("soft", R"j({"expression": "cron(0 1 * * ? *)", "flexible_window_minutes": 30
  })j")
              .has_value());
  int64_t tick = World::at("2026-01-01T01:00:00Z");
  int64_t due = process.scheduler.next_due_ms("soft");
  CHECK(due == tick + schedule::flexible_offset_ms("soft", tick, 30));
  world.time.advance_to(due - 1);
  CHECK(world.engine.starts.empty());
  world.time.advance_to(due);
  CHECK(world.started() == "2026-01-01T01:00:00Z");
}

TEST_CASE("scheduler: everything that is wrong with a document is said at once") {
  World world;
  Process process(world.engine, world.time);
  auto result = process.put(
      "bad", R"j({"expression": "cron(99 * * * ? *)", "timezone": "Mars/Base", "start_date": "today",
      "flexible_window_minutes": 0, "missed": "maybe", "colour": 1
  })j",
      R"j(, "input": 5, "nonsense": true)j");
  REQUIRE_FALSE(result.has_value());
  std::string where;
  for (const auto& finding : result.error().diagnostics) where += finding.location + " ";
  CHECK(where ==
        "/schedule/expression /schedule/timezone /schedule/start_date /schedule/flexible_window_minutes "
        "/schedule/missed /schedule/colour /nonsense ");
  auto never = process.put("never", R"j({"expression": "cron(0 0 30 2 ? *)"
  })j");
  REQUIRE_FALSE(never.has_value());
  CHECK(never.error().diagnostics[0].message == "this schedule never fires");
  CHECK(world.engine.catalog.empty());
}

TEST_CASE("scheduler: of several nodes one is in charge, and another goes on where it left off") {
  World world;
  testing::ManualTime other_time;
  other_time.now = world.time.now;
  bool other_in_charge = false;
  Process here(world.engine, world.time, [&] { return !other_in_charge; });
  REQUIRE(here.put("hourly", kEveryHour).has_value());
  Process other(world.engine, other_time, [&] { return other_in_charge; });
  const auto advance = [&](const char* until) {
    world.time.advance_to(World::at(until));
    other_time.advance_to(World::at(until));
  };
  advance("2026-01-01T02:30:00Z");
  CHECK(world.started() == "2026-01-01T01:00:00Z 2026-01-01T02:00:00Z");
  CHECK(here.starter.status("hourly").fired == 2);
  CHECK(other.starter.status("hourly").fired + other.starter.status("hourly").duplicates == 0);
  CHECK(other.scheduler.next_due_ms("hourly") == World::at("2026-01-01T03:00:00Z"));

  other_in_charge = true;
  advance("2026-01-01T03:30:00Z");
  CHECK(world.started() == "2026-01-01T01:00:00Z 2026-01-01T02:00:00Z 2026-01-01T03:00:00Z");
  CHECK(other.starter.status("hourly").fired == 1);
  CHECK(here.starter.status("hourly").duplicates == 0);
  CHECK(here.scheduler.next_due_ms("hourly") != 0);
}

TEST_CASE("scheduler: a tick of a node that died is started by the one that takes over, once") {
  World world;
  bool in_charge = false;
  Process standing_by(world.engine, world.time, [&] { return in_charge; });
  REQUIRE(standing_by.put("hourly", kEveryHour).has_value());
  world.time.advance_to(World::at("2026-01-01T01:00:03Z"));  // nobody has started it
  CHECK(world.started().empty());
  in_charge = true;
  world.time.advance_to(World::at("2026-01-01T01:00:10Z"));
  CHECK(world.started() == "2026-01-01T01:00:00Z");
}
