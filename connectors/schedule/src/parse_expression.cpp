#include <algorithm>
#include <array>
#include <cctype>

#include <connectors/schedule/expression.h>

namespace connectors::schedule {
namespace {

using Problem = std::optional<std::string>;

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekDays = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; (at = text.find_first_not_of(" \t", at)) != std::string_view::npos;) {
    size_t end = std::min(text.find_first_of(" \t", at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end;
  }
  return parts;
}

std::optional<int> parse_number(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  int number = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

struct Field {
  std::string_view name;
  int min = 0, max = 0;
  bool steps = true;  // "/" allowed
  const std::string_view* names = nullptr;
  size_t names_count = 0;

  Problem problem(std::string_view item, std::string_view why) const {
    return "cron: " + std::string(name) + " \"" + std::string(item) + "\" " + std::string(why);
  }
  std::optional<int> number(std::string_view text) const {
    for (size_t i = 0; i < names_count; i++) {
      if (std::equal(text.begin(), text.end(), names[i].begin(), names[i].end(),
                     [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; })) {
        return static_cast<int>(i) + min;
      }
    }
    auto found = parse_number(text);
    if (!found || *found < min || *found > max) return std::nullopt;
    return found;
  }
  std::string range_text() const {
    return "must be from " + std::to_string(min) + " to " + std::to_string(max);
  }

  // One item of a list: "*", "5", "1-5", "*/15", "0/15", "10-40/10". A range may wrap: FRI-MON.
  template <class Mark>
  Problem item(std::string_view text, Mark mark) const {
    int step = 0;
    std::string_view range = text;
    if (size_t slash = text.find('/'); slash != std::string_view::npos) {
      auto every = parse_number(text.substr(slash + 1));
      if (!steps) return problem(text, "may not have a step (/)");
      if (!every || *every < 1) return problem(text, "needs a step of 1 or more after \"/\"");
      step = *every;
      range = text.substr(0, slash);
    }
    int from = min, to = max;
    size_t dash = range.find('-');
    if (range != "*") {
      auto first = number(range.substr(0, dash));
      auto last = dash == std::string_view::npos ? first : number(range.substr(dash + 1));
      if (!first || !last) return problem(text, range_text());
      from = *first;
      to = dash == std::string_view::npos && step > 0 ? max : *last;
    }
    int count = to >= from ? to - from : to - from + (max - min + 1);
    for (int i = 0; i <= count; i += std::max(step, 1))
      mark(from + i > max ? from + i - (max - min + 1) : from + i);
    return std::nullopt;
  }
  template <class Mark>
  Problem list(std::string_view text, Mark mark) const {
    for (std::string_view part : split(text, ',')) {
      if (Problem wrong = item(part, mark)) return wrong;
    }
    return std::nullopt;
  }
};

Problem parse_month_days(std::string_view text, Cron& cron) {
  const Field field{"day-of-month", 1, 31};
  for (std::string_view part : split(text, ',')) {
    if (part == "L") {
      cron.last_day_of_month = true;
    } else if (part.size() > 1 && part.back() == 'W') {
      auto day = field.number(part.substr(0, part.size() - 1));
      if (!day) return field.problem(part, field.range_text() + " before W");
      cron.nearest_weekday.push_back(*day);
    } else if (Problem wrong =
                   field.item(part, [&](int day) { cron.month_days.set(static_cast<size_t>(day)); })) {
      return wrong;
    }
  }
  return std::nullopt;
}

Problem parse_week_days(std::string_view text, Cron& cron) {
  const Field field{"day-of-week", 1, 7, false, kWeekDays.data(), kWeekDays.size()};
  if (size_t hash = text.find('#'); hash != std::string_view::npos) {
    auto day = field.number(text.substr(0, hash));
    auto which = parse_number(text.substr(hash + 1));
    if (!day || !which || *which < 1 || *which > 5) {
      return field.problem(text, "must be one weekday and a number from 1 to 5, such as 2#1 or MON#1");
    }
    cron.nth = std::pair(*day, *which);
    return std::nullopt;
  }
  for (std::string_view part : split(text, ',')) {
    if (part == "L") {
      cron.week_days.set(7);  // the last day of the week: Saturday
    } else if (part.size() > 1 && part.back() == 'L') {
      auto day = field.number(part.substr(0, part.size() - 1));
      if (!day) return field.problem(part, "must be a weekday before L");
      cron.last_week_days.push_back(*day);
    } else if (Problem wrong =
                   field.item(part, [&](int day) { cron.week_days.set(static_cast<size_t>(day)); })) {
      return wrong;
    }
  }
  return std::nullopt;
}

statelang::Expected<Expression, std::string> parse_cron(std::string_view text) {
  auto fields = words(text);
  if (fields.size() != 6) {
    return statelang::Unexpected<std::string>{
        "cron: there must be 6 fields (minutes hours day-of-month month day-of-week year), not " +
        std::to_string(fields.size())};
  }
  Cron cron;
  cron.by_week_day = fields[2] == "?";
  if (cron.by_week_day == (fields[4] == "?")) {
    return statelang::Unexpected<std::string>{
        "cron: exactly one of day-of-month and day-of-week must be \"?\""};
  }
  const Field minutes{"minutes", 0, 59}, hours{"hours", 0, 23}, years{"year", Cron::kYearMin, Cron::kYearMax};
  const Field months{"month", 1, 12, true, kMonths.data(), kMonths.size()};
  Problem wrong = minutes.list(fields[0], [&](int n) { cron.minutes.set(static_cast<size_t>(n)); });
  if (!wrong) wrong = hours.list(fields[1], [&](int n) { cron.hours.set(static_cast<size_t>(n)); });
  if (!wrong) wrong = cron.by_week_day ? parse_week_days(fields[4], cron) : parse_month_days(fields[2], cron);
  if (!wrong) wrong = months.list(fields[3], [&](int n) { cron.months.set(static_cast<size_t>(n)); });
  if (!wrong)
    wrong = years.list(fields[5], [&](int n) { cron.years.set(static_cast<size_t>(n - Cron::kYearMin)); });
  if (wrong) return statelang::Unexpected<std::string>{*wrong};
  return Expression(cron);
}

statelang::Expected<Expression, std::string> parse_rate(std::string_view text) {
  auto parts = words(text);
  auto value = parts.size() == 2 ? parse_number(parts[0]) : std::nullopt;
  int64_t unit = 0;
  if (value) {
    if (parts[1] == "minute" || parts[1] == "minutes") unit = 60'000;
    if (parts[1] == "hour" || parts[1] == "hours") unit = 3'600'000;
    if (parts[1] == "day" || parts[1] == "days") unit = 86'400'000;
  }
  if (!value || *value < 1 || unit == 0) {
    return statelang::Unexpected<std::string>{
        "rate: must be a positive number and minute(s), hour(s) or day(s), such as rate(5 minutes)"};
  }
  return Expression(Rate{*value * unit});
}

}  // namespace

statelang::Expected<Expression, std::string> parse_expression(std::string_view text) {
  size_t open = text.find('(');
  std::string_view kind = text.substr(0, open);
  if (open == std::string_view::npos || text.back() != ')' ||
      (kind != "at" && kind != "rate" && kind != "cron")) {
    return statelang::Unexpected<std::string>{"a schedule expression is at(...), rate(...) or cron(...)"};
  }
  std::string_view inner = text.substr(open + 1, text.size() - open - 2);
  if (kind == "cron") return parse_cron(inner);
  if (kind == "rate") return parse_rate(inner);
  auto local = parse_local_seconds(inner);
  if (!local) {
    return statelang::Unexpected<std::string>{
        "at: must be a date and a time such as at(2026-11-20T13:00:00)"};
  }
  return Expression(At{*local});
}

}  // namespace connectors::schedule
