#include <catch2/catch.hpp>

#include <connectors/schedule/expression.h>
#include <connectors/schedule/time_zone.h>

#include "posix_rule.h"

using namespace connectors::schedule;

namespace {

TimeZone zone(const char* name) {
  auto loaded = TimeZone::load(name);
  REQUIRE(loaded.has_value());
  return *loaded;
}
std::string local_of(const TimeZone& in, const char* instant) {
  return instant_text(in.to_local(*parse_instant_ms(instant) / 1000) * 1000);
}

}  // namespace

TEST_CASE("time zone: offsets of the past, the listed years and the far future") {
  auto berlin = zone("Europe/Berlin");
  CHECK(local_of(berlin, "1880-01-01T00:00:00Z") == "1880-01-01T00:53:28Z");
  CHECK(local_of(berlin, "1980-01-01T00:00:00Z") == "1980-01-01T01:00:00Z");
  CHECK(local_of(berlin, "2026-03-29T00:59:59Z") == "2026-03-29T01:59:59Z");
  CHECK(local_of(berlin, "2026-03-29T01:00:00Z") == "2026-03-29T03:00:00Z");
  CHECK(local_of(berlin, "2150-07-01T00:00:00Z") == "2150-07-01T02:00:00Z");
}

TEST_CASE("time zone: local times that are skipped or repeated") {
  auto berlin = zone("Europe/Berlin");
  auto at = [&](const char* local) { return berlin.from_local(*parse_local_seconds(local)); };
  CHECK(at("2026-03-29T02:00:00").kind == TimeZone::LocalTime::Skipped);
  CHECK(at("2026-03-29T03:00:00").kind == TimeZone::LocalTime::Unique);
  CHECK(at("2026-10-25T02:00:00").kind == TimeZone::LocalTime::Repeated);
  CHECK(at("2026-10-25T02:00:00").utc_s * 1000 == *parse_instant_ms("2026-10-25T00:00:00Z"));
  CHECK(at("2026-10-25T03:00:00").kind == TimeZone::LocalTime::Unique);
  // Half an hour on Lord Howe Island, a whole day in Samoa.
  auto howe = zone("Australia/Lord_Howe");
  CHECK(howe.from_local(*parse_local_seconds("2026-10-04T02:15:00")).kind == TimeZone::LocalTime::Skipped);
  CHECK(howe.from_local(*parse_local_seconds("2026-10-04T02:30:00")).kind == TimeZone::LocalTime::Unique);
  auto samoa = zone("Pacific/Apia");
  CHECK(samoa.from_local(*parse_local_seconds("2011-12-30T12:00:00")).kind == TimeZone::LocalTime::Skipped);
  CHECK(samoa.from_local(*parse_local_seconds("2011-12-31T12:00:00")).kind == TimeZone::LocalTime::Unique);
}

TEST_CASE("time zone: unknown and dangerous names are refused") {
  for (const char* name :
       {"", "Europe/Nowhere", "../../../etc/passwd", "/etc/passwd", "Europe", "zone.tab", "Europe/Berlin "}) {
    INFO(name);
    CHECK_FALSE(TimeZone::load(name).has_value());
  }
}

TEST_CASE("posix rule: every form is read") {
  auto moment = [](const char* instant) { return *parse_instant_ms(instant) / 1000; };
  auto berlin = parse_posix_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  REQUIRE(berlin.has_value());
  CHECK(berlin->offset_at(moment("2060-01-01T00:00:00Z")) == 3600);
  CHECK(berlin->offset_at(moment("2060-06-01T00:00:00Z")) == 7200);
  auto south = parse_posix_rule("AEST-10AEDT,M10.1.0,M4.1.0/3");
  REQUIRE(south.has_value());
  CHECK(south->offset_at(moment("2060-01-01T00:00:00Z")) == 39600);
  CHECK(south->offset_at(moment("2060-06-01T00:00:00Z")) == 36000);
  auto named = parse_posix_rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
  REQUIRE(named.has_value());
  CHECK(named->offset_at(moment("2060-06-01T00:00:00Z")) == -3600);
  auto fixed = parse_posix_rule("<+0530>-5:30");
  REQUIRE(fixed.has_value());
  CHECK(fixed->offset_at(0) == 19800);
  auto julian = parse_posix_rule("AAA0BBB,J60/0,300/0");
  REQUIRE(julian.has_value());
  CHECK(julian->offset_at(moment("2028-02-29T12:00:00Z")) ==
        0);  // J60 is the 1st of March also in leap years
  CHECK(julian->offset_at(moment("2028-03-01T12:00:00Z")) == 3600);
  for (const char* text :
       {"", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "<+05", "C-1"}) {
    INFO(text);
    CHECK_FALSE(parse_posix_rule(text).has_value());
  }
}
