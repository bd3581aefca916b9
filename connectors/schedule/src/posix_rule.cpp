#include "posix_rule.h"

#include <chrono>

namespace connectors::schedule {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool at_end() const { return text_.empty(); }
  bool skip(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name() {
    if (skip('<')) {
      size_t end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    size_t letters = 0;
    while (letters < text_.size() && (text_[letters] | 0x20) >= 'a' && (text_[letters] | 0x20) <= 'z')
      letters++;
    text_.remove_prefix(letters);
    return letters >= 3;
  }
  bool number(int& out) {
    size_t digits = 0;
    out = 0;
    while (digits < text_.size() && digits < 4 && text_[digits] >= '0' && text_[digits] <= '9') {
      out = out * 10 + (text_[digits++] - '0');
    }
    text_.remove_prefix(digits);
    return digits > 0;
  }
  // [+-]hh[:mm[:ss]]
  bool clock(int& seconds) {
    bool negative = skip('-');
    if (!negative) skip('+');
    int hours = 0, minutes = 0, rest = 0;
    if (!number(hours)) return false;
    if (skip(':') && !number(minutes)) return false;
    if (skip(':') && !number(rest)) return false;
    seconds = (hours * 3600 + minutes * 60 + rest) * (negative ? -1 : 1);
    return true;
  }
  bool change(PosixRule::Change& out) {
    using Kind = PosixRule::Change::Kind;
    if (skip('M')) {
      out.kind = Kind::MonthWeekDay;
      if (!number(out.month) || !skip('.') || !number(out.week) || !skip('.') || !number(out.day))
        return false;
      if (out.month < 1 || out.month > 12 || out.week < 1 || out.week > 5 || out.day > 6) return false;
    } else {
      out.kind = skip('J') ? Kind::JulianWithoutLeapDay : Kind::DayOfYear;
      if (!number(out.day) || out.day > 365) return false;
    }
    return !skip('/') || clock(out.time_s);
  }

 private:
  std::string_view text_;
};

// Local seconds of a change in a year, as if the wall clock were UTC.
int64_t local_time_of(const PosixRule::Change& change, std::chrono::year year) {
  using namespace std::chrono;
  using Kind = PosixRule::Change::Kind;
  sys_days date;
  if (change.kind == Kind::MonthWeekDay) {
    weekday day{static_cast<unsigned>(change.day)};
    month month_of{static_cast<unsigned>(change.month)};
    date = change.week == 5 ? sys_days(year / month_of / day[last])
                            : sys_days(year / month_of / day[static_cast<unsigned>(change.week)]);
  } else {
    date = sys_days(year / January / 1);
    if (change.kind == Kind::DayOfYear) {
      date += days(change.day);
    } else {  // counted from 1, the 29th of February never counts
      date += days(change.day - 1 + (year.is_leap() && change.day >= 60 ? 1 : 0));
    }
  }
  return date.time_since_epoch().count() * int64_t{86400} + change.time_s;
}

}  // namespace

int PosixRule::offset_at(int64_t utc_s) const {
  using namespace std::chrono;
  if (!has_daylight) return standard_offset_s;
  year_month_day date(floor<days>(sys_seconds(seconds(utc_s + standard_offset_s))));
  int64_t begins = local_time_of(daylight_begins, date.year()) - standard_offset_s;
  int64_t ends = local_time_of(daylight_ends, date.year()) - daylight_offset_s;
  bool daylight = begins < ends ? utc_s >= begins && utc_s < ends : utc_s >= begins || utc_s < ends;
  return daylight ? daylight_offset_s : standard_offset_s;
}

std::optional<PosixRule> parse_posix_rule(std::string_view text) {
  Reader reader(text);
  PosixRule rule;
  int west = 0;  // POSIX counts west of Greenwich as positive
  if (!reader.name() || !reader.clock(west)) return std::nullopt;
  rule.standard_offset_s = -west;
  if (reader.at_end()) return rule;
  rule.has_daylight = true;
  rule.daylight_offset_s = rule.standard_offset_s + 3600;
  if (!reader.name()) return std::nullopt;
  if (!reader.skip(',')) {
    if (!reader.clock(west) || !reader.skip(',')) return std::nullopt;
    rule.daylight_offset_s = -west;
  }
  if (!reader.change(rule.daylight_begins) || !reader.skip(',')) return std::nullopt;
  if (!reader.change(rule.daylight_ends) || !reader.at_end()) return std::nullopt;
  return rule;
}

}  // namespace connectors::schedule
