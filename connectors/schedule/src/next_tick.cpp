#include <chrono>

#include <connectors/schedule/expression.h>

namespace connectors::schedule {
namespace {

using namespace std::chrono;

int days_in(year_month month) {
  return static_cast<int>(static_cast<unsigned>((month / last).day()));
}

// 1 is Sunday, as in cron expressions.
int cron_week_day(sys_days date) {
  return static_cast<int>(weekday(date).c_encoding()) + 1;
}

// nW: the weekday (Monday to Friday) nearest to day n, without leaving the month.
int nearest_weekday(year_month month, int day) {
  int length = days_in(month);
  if (day > length) return 0;
  int week_day = cron_week_day(sys_days(month / static_cast<unsigned>(day)));
  if (week_day == 7) return day > 1 ? day - 1 : day + 2;
  if (week_day == 1) return day < length ? day + 1 : day - 2;
  return day;
}

bool day_matches(const Cron& cron, year_month month, int day) {
  int length = days_in(month);
  if (!cron.by_week_day) {
    if (cron.month_days.test(static_cast<size_t>(day)) || (cron.last_day_of_month && day == length))
      return true;
    for (int wanted : cron.nearest_weekday) {
      if (nearest_weekday(month, wanted) == day) return true;
    }
    return false;
  }
  int week_day = cron_week_day(sys_days(month / static_cast<unsigned>(day)));
  if (cron.week_days.test(static_cast<size_t>(week_day))) return true;
  if (cron.nth && cron.nth->first == week_day && (day - 1) / 7 + 1 == cron.nth->second) return true;
  for (int wanted : cron.last_week_days) {
    if (wanted == week_day && day + 7 > length) return true;
  }
  return false;
}

// The first matching time of a day, not before `from_s` seconds into it, whose instant exists and is after
// `after_s`.
std::optional<int64_t> tick_of_day(const Cron& cron, const TimeZone& zone, sys_days date, int64_t from_s,
                                   int64_t after_s) {
  int64_t midnight = date.time_since_epoch().count() * int64_t{86400};
  for (size_t hour = static_cast<size_t>(from_s / 3600); hour < 24; hour++) {
    if (!cron.hours.test(hour)) continue;
    for (size_t minute = 0; minute < 60; minute++) {
      if (!cron.minutes.test(minute)) continue;
      auto instant = zone.from_local(midnight + static_cast<int64_t>(hour * 3600 + minute * 60));
      if (instant.kind != TimeZone::LocalTime::Skipped && instant.utc_s > after_s) return instant.utc_s;
    }
  }
  return std::nullopt;
}

std::optional<int64_t> next_cron(const Cron& cron, const TimeZone& zone, int64_t after_s) {
  // Instants grow with local times (a repeated one stands for its first), so the search may start at the
  // local time of `after_s`.
  int64_t local = zone.to_local(after_s);
  sys_days today{floor<days>(sys_seconds(seconds(local)))};
  year_month_day date(today);
  int64_t from_s = local - today.time_since_epoch().count() * int64_t{86400};
  int first_day = static_cast<int>(static_cast<unsigned>(date.day()));
  int first_month = static_cast<int>(static_cast<unsigned>(date.month()));
  for (int year = static_cast<int>(date.year()); year <= Cron::kYearMax; year++) {
    if (year >= Cron::kYearMin && cron.years.test(static_cast<size_t>(year - Cron::kYearMin))) {
      for (int month = first_month; month <= 12; month++) {
        if (!cron.months.test(static_cast<size_t>(month))) continue;
        year_month in = std::chrono::year(year) / month;
        bool this_month = in == date.year() / date.month();
        for (int day = this_month ? first_day : 1; day <= days_in(in); day++) {
          if (!day_matches(cron, in, day)) continue;
          bool this_day = this_month && day == first_day;
          auto tick = tick_of_day(cron, zone, sys_days(in / static_cast<unsigned>(day)),
                                  this_day ? from_s : 0, after_s);
          if (tick) return tick;
        }
      }
    }
    first_month = 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> next_tick(const Schedule& schedule, int64_t after_ms) {
  if (schedule.start_ms) after_ms = std::max(after_ms, *schedule.start_ms - 1);
  std::optional<int64_t> tick;
  if (auto* cron = std::get_if<Cron>(&schedule.expression)) {
    auto seconds_of = next_cron(*cron, schedule.zone, floor<seconds>(milliseconds(after_ms)).count());
    if (seconds_of) tick = *seconds_of * 1000;
  } else if (auto* rate = std::get_if<Rate>(&schedule.expression)) {
    int64_t since = after_ms - schedule.anchor_ms;
    tick = schedule.anchor_ms + (since < 0 ? 0 : (since / rate->period_ms + 1) * rate->period_ms);
  } else {
    int64_t instant = schedule.zone.from_local(std::get<At>(schedule.expression).local_s).utc_s * 1000;
    if (instant > after_ms) tick = instant;
  }
  if (tick && schedule.end_ms && *tick >= *schedule.end_ms) return std::nullopt;
  return tick;
}

int64_t flexible_offset_ms(std::string_view schedule_name, int64_t tick_ms, int window_minutes) {
  if (window_minutes <= 0) return 0;
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  auto mix = [&](uint8_t byte) { hash = (hash ^ byte) * 1099511628211u; };
  for (char c : schedule_name) mix(static_cast<uint8_t>(c));
  for (int shift = 0; shift < 64; shift += 8)
    mix(static_cast<uint8_t>(static_cast<uint64_t>(tick_ms) >> shift));
  hash ^= hash >> 33;  // FNV's low bits are weak
  hash *= 0xff51afd7ed558ccdu;
  hash ^= hash >> 33;
  return static_cast<int64_t>(hash % (static_cast<uint64_t>(window_minutes) * 60'000));
}

}  // namespace connectors::schedule
