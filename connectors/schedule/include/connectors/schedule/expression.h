// Schedule expressions of EventBridge Scheduler: at(...), rate(...), cron(...), and the pure function that
// finds the next tick. Source: Amazon EventBridge Scheduler User Guide, "Schedule types".
//
// Thread rule: plain data, pure functions. All times are milliseconds since the Unix epoch.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <connectors/schedule/time_zone.h>
#include <statelang/expected.h>

namespace connectors::schedule {

// One time, on the wall clock of the schedule's zone.
struct At {
  int64_t local_s = 0;
};
// Every `period_ms` from the schedule's anchor on; a day is 24 hours.
struct Rate {
  int64_t period_ms = 0;
};
// cron(minutes hours day-of-month month day-of-week year) on the wall clock of the schedule's zone.
struct Cron {
  static constexpr int kYearMin = 1970, kYearMax = 2199;
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<13> months;  // 1..12
  std::bitset<kYearMax - kYearMin + 1> years;
  // Exactly one of the two day fields is "?" and then matches every day.
  std::bitset<32> month_days;              // 1..31
  bool last_day_of_month = false;          // L
  std::vector<int> nearest_weekday;        // nW
  std::bitset<8> week_days;                // 1..7, 1 is Sunday
  std::vector<int> last_week_days;         // nL: the last such day of the month
  std::optional<std::pair<int, int>> nth;  // n#k: the k-th such day of the month
  bool by_week_day = false;                // day-of-month is "?"
};
using Expression = std::variant<At, Rate, Cron>;

// Fails with a sentence that says which field is wrong and what it may be.
statelang::Expected<Expression, std::string> parse_expression(std::string_view text);

struct Schedule {
  Expression expression;
  TimeZone zone;
  int64_t anchor_ms = 0;            // Rate: the first tick (StartDate, else when the schedule was made)
  std::optional<int64_t> start_ms;  // no tick before
  std::optional<int64_t> end_ms;    // no tick at or after
};

// The first tick after `after_ms`; nothing when there is none any more. A local time that the clock skips has
// no tick, one that it repeats has one, at the first of the two (as EventBridge Scheduler does).
std::optional<int64_t> next_tick(const Schedule& schedule, int64_t after_ms);

// Where in a flexible window of `window_minutes` a tick is to happen: spread over the window by schedule and
// tick, always the same for the same tick. 0 without a window.
int64_t flexible_offset_ms(std::string_view schedule_name, int64_t tick_ms, int window_minutes);

// "2026-11-21T05:00:00" as local seconds; "2026-11-21T05:00:00Z" or with "+01:00" as epoch milliseconds.
std::optional<int64_t> parse_local_seconds(std::string_view text);
std::optional<int64_t> parse_instant_ms(std::string_view text);
std::string instant_text(int64_t epoch_ms);  // 2026-11-21T05:00:00Z, with milliseconds if there are any

}  // namespace connectors::schedule
