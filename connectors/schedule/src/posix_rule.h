// The footer of a TZif file: the POSIX TZ string that says what holds after the last listed transition
// (RFC 8536 section 3.3), e.g. "CET-1CEST,M3.5.0,M10.5.0/3".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace connectors::schedule {

struct PosixRule {
  struct Change {
    enum class Kind { MonthWeekDay, JulianWithoutLeapDay, DayOfYear } kind = Kind::MonthWeekDay;
    int month = 0, week = 0, day = 0;
    int time_s = 7200;  // local, may be negative or beyond a day
  };
  int standard_offset_s = 0;
  bool has_daylight = false;
  int daylight_offset_s = 0;
  Change daylight_begins, daylight_ends;

  int offset_at(int64_t utc_s) const;
};

std::optional<PosixRule> parse_posix_rule(std::string_view text);

}  // namespace connectors::schedule
