#include <functional>
#include <unordered_set>

#include <catch2/catch.hpp>

#include <connectors/schedule/expression.h>

using namespace connectors::schedule;

namespace {

Schedule schedule_of(const std::string& text, const std::string& zone = "UTC") {
  auto expression = parse_expression(text);
  INFO(text << (expression ? "" : ": " + expression.error()));
  REQUIRE(expression.has_value());
  auto loaded = TimeZone::load(zone);
  REQUIRE(loaded.has_value());
  Schedule schedule;
  schedule.expression = *expression;
  schedule.zone = *loaded;
  return schedule;
}

// The next `count` ticks after an instant, as text, separated by blanks.
std::string ticks(const Schedule& schedule, const std::string& after, int count) {
  std::string out;
  int64_t at = *parse_instant_ms(after);
  for (int i = 0; i < count; i++) {
    auto tick = next_tick(schedule, at);
    out += (out.empty() ? "" : " ") + (tick ? instant_text(*tick) : "never");
    if (!tick) break;
    at = *tick;
  }
  return out;
}
std::string cron(const std::string& fields, const std::string& after, int count = 1,
                 const std::string& zone = "UTC") {
  return ticks(schedule_of("cron(" + fields + ")", zone), after, count);
}
std::string refused(const std::string& text) {
  auto expression = parse_expression(text);
  return expression ? "accepted" : expression.error();
}

}  // namespace

TEST_CASE("cron: every quarter of an hour") {
  CHECK(cron("0/15 * * * ? *", "2026-01-01T10:07:00Z", 3) ==
        "2026-01-01T10:15:00Z 2026-01-01T10:30:00Z 2026-01-01T10:45:00Z");
  CHECK(cron("*/15 * * * ? *", "2026-12-31T23:45:00Z") == "2027-01-01T00:00:00Z");
}

TEST_CASE("cron: a tick is never at the time asked about") {
  CHECK(cron("15 10 * * ? *", "2026-01-01T10:15:00Z") == "2026-01-02T10:15:00Z");
  CHECK(cron("15 10 * * ? *", "2026-01-01T10:14:59.999Z") == "2026-01-01T10:15:00Z");
  CHECK(cron("15 10 * * ? *", "2026-01-01T10:15:00.001Z") == "2026-01-02T10:15:00Z");
}

TEST_CASE("cron: ranges, lists and steps with names") {
  CHECK(cron("0/30 8-9 ? * MON-FRI *", "2026-11-20T09:30:00Z", 2) ==
        "2026-11-23T08:00:00Z 2026-11-23T08:30:00Z");
  CHECK(cron("0 0 1 JAN,jul ? *", "2026-01-01T00:00:00Z", 2) == "2026-07-01T00:00:00Z 2027-01-01T00:00:00Z");
  CHECK(cron("5,10-12,40/10 1 1 1 ? 2027", "2026-01-01T00:00:00Z", 7) ==
        "2027-01-01T01:05:00Z 2027-01-01T01:10:00Z 2027-01-01T01:11:00Z 2027-01-01T01:12:00Z "
        "2027-01-01T01:40:00Z 2027-01-01T01:50:00Z never");
  CHECK(cron("0 0 10-20/5 * ? *", "2026-01-01T00:00:00Z", 3) ==
        "2026-01-10T00:00:00Z 2026-01-15T00:00:00Z 2026-01-20T00:00:00Z");
}

TEST_CASE("cron: a range may wrap around") {
  CHECK(cron("0 12 ? * SAT-MON *", "2026-11-20T12:00:00Z", 4) ==
        "2026-11-21T12:00:00Z 2026-11-22T12:00:00Z 2026-11-23T12:00:00Z 2026-11-28T12:00:00Z");
  CHECK(cron("0 22-1 * * ? *", "2026-01-01T12:00:00Z", 4) ==
        "2026-01-01T22:00:00Z 2026-01-01T23:00:00Z 2026-01-02T00:00:00Z 2026-01-02T01:00:00Z");
}

TEST_CASE("cron: L is the last day of the month") {
  CHECK(cron("0 18 L * ? *", "2028-01-31T18:00:00Z", 3) ==
        "2028-02-29T18:00:00Z 2028-03-31T18:00:00Z 2028-04-30T18:00:00Z");
  CHECK(cron("0 0 15,L 2 ? *", "2027-01-01T00:00:00Z", 2) == "2027-02-15T00:00:00Z 2027-02-28T00:00:00Z");
}

TEST_CASE("cron: nL is the last such weekday of the month, L alone is Saturday") {
  CHECK(cron("0 9 ? * 6L *", "2026-11-01T00:00:00Z", 2) == "2026-11-27T09:00:00Z 2026-12-25T09:00:00Z");
  CHECK(cron("0 9 ? * FRIL *", "2026-11-01T00:00:00Z") == "2026-11-27T09:00:00Z");
  CHECK(cron("0 9 ? * L *", "2026-11-01T00:00:00Z") == "2026-11-07T09:00:00Z");
}

TEST_CASE("cron: W is the nearest weekday and stays in the month") {
  CHECK(cron("0 8 3W * ? *", "2026-10-01T00:00:00Z", 2) == "2026-10-02T08:00:00Z 2026-11-03T08:00:00Z");
  CHECK(cron("0 8 1W 8 ? *", "2026-01-01T00:00:00Z") == "2026-08-03T08:00:00Z");     // the 1st is a Saturday
  CHECK(cron("0 8 31W 5 ? *", "2026-01-01T00:00:00Z") == "2026-05-29T08:00:00Z");    // the 31st is a Sunday
  CHECK(cron("0 8 31W 2,3 ? *", "2026-01-01T00:00:00Z") == "2026-03-31T08:00:00Z");  // February has no 31st
}

TEST_CASE("cron: # is the n-th such weekday") {
  CHECK(cron("0 9 ? * 2#1 *", "2026-11-02T09:00:00Z") == "2026-12-07T09:00:00Z");
  CHECK(cron("0 9 ? * MON#5 *", "2026-11-01T00:00:00Z", 2) == "2026-11-30T09:00:00Z 2027-03-29T09:00:00Z");
}

TEST_CASE("cron: the year ends a schedule") {
  CHECK(cron("0 0 29 2 ? 2025-2027", "2025-01-01T00:00:00Z") == "never");
  CHECK(cron("0 0 29 2 ? *", "2096-03-01T00:00:00Z") == "2104-02-29T00:00:00Z");
  CHECK(cron("59 23 31 12 ? 2199", "2026-01-01T00:00:00Z", 2) == "2199-12-31T23:59:00Z never");
  CHECK(cron("0 0 30 2 ? *", "2026-01-01T00:00:00Z") == "never");
  CHECK(cron("0 0 1 1 ? 2026/2", "2026-06-01T00:00:00Z") == "2028-01-01T00:00:00Z");
}

TEST_CASE("cron: local times follow the zone") {
  CHECK(cron("0 9 * * ? *", "2026-01-10T00:00:00Z", 1, "Europe/Berlin") == "2026-01-10T08:00:00Z");
  CHECK(cron("0 9 * * ? *", "2026-07-10T00:00:00Z", 1, "Europe/Berlin") == "2026-07-10T07:00:00Z");
  CHECK(cron("0 9 * * ? *", "2026-01-10T00:00:00Z", 1, "Asia/Kolkata") == "2026-01-10T03:30:00Z");
  CHECK(cron("0 0 1 1 ? *", "2026-06-01T00:00:00Z", 1, "Pacific/Auckland") == "2026-12-31T11:00:00Z");
}

TEST_CASE("cron: a skipped local time has no tick") {
  // Berlin, 2026-03-29: 02:00 becomes 03:00.
  CHECK(cron("30 2 * * ? *", "2026-03-28T00:00:00Z", 2, "Europe/Berlin") ==
        "2026-03-28T01:30:00Z 2026-03-30T00:30:00Z");
  CHECK(cron("0/30 1-3 29 3 ? 2026", "2026-03-28T00:00:00Z", 5, "Europe/Berlin") ==
        "2026-03-29T00:00:00Z 2026-03-29T00:30:00Z 2026-03-29T01:00:00Z 2026-03-29T01:30:00Z never");
}

TEST_CASE("cron: a repeated local time has one tick, at its first occurrence") {
  // Berlin, 2026-10-25: 03:00 becomes 02:00.
  CHECK(cron("30 2 * * ? *", "2026-10-24T12:00:00Z", 2, "Europe/Berlin") ==
        "2026-10-25T00:30:00Z 2026-10-26T01:30:00Z");
  CHECK(cron("30 2 * * ? *", "2026-10-25T01:10:00Z", 1, "Europe/Berlin") == "2026-10-26T01:30:00Z");
  CHECK(cron("0 1 1 11 ? 2026", "2026-10-01T00:00:00Z", 2, "America/New_York") ==
        "2026-11-01T05:00:00Z never");
}

namespace {

// The instants at which the clock of the zone is put forward or back, to the quarter of an hour before.
std::vector<int64_t> changes_of(const TimeZone& zone, int64_t from_s, int64_t until_s) {
  std::vector<int64_t> found;
  for (int64_t at = from_s; at < until_s; at += 900) {
    if (zone.to_local(at + 900) - (at + 900) != zone.to_local(at) - at) found.push_back(at);
  }
  return found;
}

}  // namespace

// The clock is walked minute by minute instead: what it shows for the first time, and the expression takes,
// is a tick.
TEST_CASE(
    "cron: around every change of the clock of many zones, ticks are what a walk over the clock finds") {
  struct Case {
    const char* fields;
    std::function<bool(int64_t minute, int64_t hour)> takes;
  };
  const Case cases[] = {
      {"* * * * ? *", [](int64_t, int64_t) { return true; }},
      {"0/13 0-4,22,23 * * ? *",
       [](int64_t minute, int64_t hour) { return minute % 13 == 0 && (hour <= 4 || hour >= 22); }},
  };
  constexpr int64_t kHour = 3600, kFrom = 1'262'304'000, kUntil = 1'893'456'000;  // 2010 to 2030
  size_t changes = 0;
  for (const char* zone :
       {"Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca",
        "Asia/Tehran", "Pacific/Apia", "America/Sao_Paulo", "Asia/Beirut", "America/Havana",
        "Antarctica/Troll", "Europe/Dublin", "Pacific/Chatham"}) {
    Schedule schedule = schedule_of("cron(* * * * ? *)", zone);
    for (const int64_t change : changes_of(schedule.zone, kFrom, kUntil)) {
      changes++;
      for (const Case& one : cases) {
        schedule.expression = schedule_of("cron(" + std::string(one.fields) + ")").expression;
        std::unordered_set<int64_t> shown;
        std::vector<int64_t> expected, found;
        for (int64_t at = change - 30 * kHour; at < change + 4 * kHour; at += 60) {
          const int64_t local = schedule.zone.to_local(at);
          const bool first = shown.insert(local).second;
          if (at > change - 4 * kHour && first && one.takes(local / 60 % 60, local / kHour % 24))
            expected.push_back(at);
        }
        for (auto tick = next_tick(schedule, (change - 4 * kHour) * 1000);
             tick && *tick < (change + 4 * kHour) * 1000; tick = next_tick(schedule, *tick))
          found.push_back(*tick / 1000);
        if (found == expected) continue;
        INFO(zone << " at " << instant_text(change * 1000) << ": " << one.fields);
        REQUIRE(found == expected);
      }
    }
  }
  CHECK(changes > 300);
}

TEST_CASE("cron: rules after the last listed transition still hold") {
  CHECK(cron("0 9 * 7 ? 2100", "2099-01-01T00:00:00Z", 1, "Europe/Berlin") == "2100-07-01T07:00:00Z");
  CHECK(cron("0 9 * 1 ? 2100", "2099-01-01T00:00:00Z", 1, "Europe/Berlin") == "2100-01-01T08:00:00Z");
  CHECK(cron("0 9 * 1 ? 2100", "2099-01-01T00:00:00Z", 1, "Australia/Sydney") == "2099-12-31T22:00:00Z");
}

TEST_CASE("rate: counts from its anchor, with a tick at the anchor") {
  auto schedule = schedule_of("rate(5 minutes)");
  schedule.anchor_ms = *parse_instant_ms("2026-01-01T00:02:00Z");
  CHECK(ticks(schedule, "2025-01-01T00:00:00Z", 2) == "2026-01-01T00:02:00Z 2026-01-01T00:07:00Z");
  CHECK(ticks(schedule, "2026-01-01T12:00:00Z", 1) == "2026-01-01T12:02:00Z");
  CHECK(ticks(schedule, "2026-01-01T12:02:00Z", 1) == "2026-01-01T12:07:00Z");
  auto daily = schedule_of("rate(1 day)", "Europe/Berlin");  // 24 hours, whatever the clock does
  daily.anchor_ms = *parse_instant_ms("2026-03-28T12:00:00Z");
  CHECK(ticks(daily, "2026-03-28T12:00:00Z", 2) == "2026-03-29T12:00:00Z 2026-03-30T12:00:00Z");
}

TEST_CASE("at: happens once, on the zone's clock") {
  CHECK(ticks(schedule_of("at(2026-11-20T13:00:00)", "America/New_York"), "2026-01-01T00:00:00Z", 2) ==
        "2026-11-20T18:00:00Z never");
  CHECK(ticks(schedule_of("at(2026-03-29T02:30:00)", "Europe/Berlin"), "2026-01-01T00:00:00Z", 1) ==
        "2026-03-29T01:30:00Z");
}

TEST_CASE("schedule: start and end bound the ticks") {
  auto schedule = schedule_of("cron(0 * * * ? *)");
  schedule.start_ms = parse_instant_ms("2026-01-01T10:00:00Z");
  schedule.end_ms = parse_instant_ms("2026-01-01T12:00:00Z");
  CHECK(ticks(schedule, "2025-06-01T00:00:00Z", 3) == "2026-01-01T10:00:00Z 2026-01-01T11:00:00Z never");
}

TEST_CASE("expression: what is wrong is said") {
  CHECK(refused("every day") == "a schedule expression is at(...), rate(...) or cron(...)");
  CHECK(refused("") == "a schedule expression is at(...), rate(...) or cron(...)");
  CHECK(refused("cron(0 9 * * ?)").find("6 fields") != std::string::npos);
  CHECK(refused("cron(0 9 * * * *)").find("exactly one") != std::string::npos);
  CHECK(refused("cron(0 9 ? * ? *)").find("exactly one") != std::string::npos);
  CHECK(refused("cron(60 9 * * ? *)") == "cron: minutes \"60\" must be from 0 to 59");
  CHECK(refused("cron(0 24 * * ? *)") == "cron: hours \"24\" must be from 0 to 23");
  CHECK(refused("cron(0 0 32 * ? *)") == "cron: day-of-month \"32\" must be from 1 to 31");
  CHECK(refused("cron(0 0 1 FOO ? *)") == "cron: month \"FOO\" must be from 1 to 12");
  CHECK(refused("cron(0 0 ? * 2#6 *)").find("from 1 to 5") != std::string::npos);
  CHECK(refused("cron(0 0 ? * 2#1,3#1 *)").find("one weekday") != std::string::npos);
  CHECK(refused("cron(0 0 ? * 1/2 *)").find("may not have a step") != std::string::npos);
  CHECK(refused("cron(*/0 0 * * ? *)").find("step of 1 or more") != std::string::npos);
  CHECK(refused("cron(0 0 1 1 ? 1969)").find("from 1970 to 2199") != std::string::npos);
  CHECK(refused("cron(1,,2 0 1 1 ? *)").find("minutes \"\"") != std::string::npos);
  CHECK(refused("rate(0 minutes)").find("positive") != std::string::npos);
  CHECK(refused("rate(5 seconds)").find("minute(s)") != std::string::npos);
  CHECK(refused("at(2026-02-30T00:00:00)").find("at:") == 0);
  CHECK(refused("at(2026-02-20T24:00:00)").find("at:") == 0);
}

TEST_CASE("flexible window: the offset is inside it, fixed for a tick, spread over ticks") {
  CHECK(flexible_offset_ms("a", 1000, 0) == 0);
  int64_t lowest = INT64_MAX, highest = 0;
  for (int64_t tick = 0; tick < 200; tick++) {
    int64_t offset = flexible_offset_ms("nightly", tick * 60'000, 15);
    CHECK(offset == flexible_offset_ms("nightly", tick * 60'000, 15));
    lowest = std::min(lowest, offset);
    highest = std::max(highest, offset);
  }
  CHECK(lowest >= 0);
  CHECK(lowest < 60'000);
  CHECK(highest < 15 * 60'000);
  CHECK(highest > 14 * 60'000);
}

TEST_CASE("instants: text and back") {
  CHECK(instant_text(*parse_instant_ms("2026-11-21T05:00:00Z")) == "2026-11-21T05:00:00Z");
  CHECK(instant_text(*parse_instant_ms("2026-11-21T05:00:00.250+01:00")) == "2026-11-21T04:00:00.250Z");
  for (const char* text : {"", "2026-11-21", "2026-11-21T05:00:00", "2026-13-21T05:00:00Z",
                           "2026-11-21T05:00:00.Z", "2026-11-21T05:00:00+1:00"}) {
    INFO(text);
    CHECK_FALSE(parse_instant_ms(text).has_value());
  }
}
