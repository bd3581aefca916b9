#include <catch2/catch.hpp>

#include <connectors/schedule/expression.h>
#include <connectors/schedule/time_zone.h>

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
  for (const char* name : {"", "Europe/Nowhere", "../../../etc/passwd", "/etc/passwd", "Europe", "zone.tab",
                           "Europe/Berlin ", "localtime", "Fixed/UTC+05:00:00", "right/Europe/Berlin"}) {
    INFO(name);
    CHECK_FALSE(TimeZone::load(name).has_value());
  }
}
