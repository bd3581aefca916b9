#include "date_picture.h"

#include <array>
#include <charconv>

#include "failure.h"
#include "text.h"

namespace statelang::jsonata {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};
constexpr int64_t kDay = 86'400'000;

std::string_view default_presentation(char component) {
  switch (component) {
    case 'Y':
    case 'M':
    case 'D':
    case 'd':
    case 'W':
    case 'w':
    case 'X':
    case 'x':
    case 'H':
    case 'h':
    case 'f':
      return "1";
    case 'F':
    case 'P':
    case 'C':
    case 'E':
      return "n";
    case 'm':
    case 's':
      return "01";
    case 'Z':
    case 'z':
      return "01:01";
    default:
      return {};
  }
}

std::optional<size_t> width(std::string_view text) {
  size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return std::min<size_t>(number, 1000);
}

void analyse_year(DatePart& part) {
  if (part.width_max) {
    part.year_digits = static_cast<int>(*part.width_max);
    part.number->mandatory_digits = *part.width_max;
    return;
  }
  const size_t digits = part.number->mandatory_digits + part.number->optional_digits;
  if (digits >= 2) part.year_digits = static_cast<int>(digits);
}

DatePart analyse_marker(std::string_view marker, std::vector<DatePart>& before) {
  DatePart part;
  part.component = marker.empty() ? '?' : marker[0];
  std::string_view presentation = marker.empty() ? marker : marker.substr(1);
  if (const size_t comma = presentation.rfind(','); comma != std::string_view::npos) {
    const std::string_view bounds = presentation.substr(comma + 1);
    const size_t dash = bounds.find('-');
    part.width_min = width(bounds.substr(0, dash));
    if (dash != std::string_view::npos) part.width_max = width(bounds.substr(dash + 1));
    presentation = presentation.substr(0, comma);
  }
  char modifier = 0;
  if (presentation.size() > 1 &&
      std::string_view("atco").find(presentation.back()) != std::string_view::npos) {
    modifier = presentation.back();
    presentation.remove_suffix(1);
  }
  part.traditional = modifier == 't';
  const std::string_view standard = default_presentation(part.component);
  if (standard.empty()) {
    size_t end = 0;
    if (!marker.empty()) next_code_point(marker, end);
    raise("D3132", Value(marker.substr(0, end)));
  }
  if (presentation.empty()) presentation = standard;
  if (presentation[0] == 'n' || presentation[0] == 'N') {
    part.named = true;
    part.name_case = presentation[0] == 'n'             ? LetterCase::Lower
                     : presentation.substr(1, 1) == "n" ? LetterCase::Title
                                                        : LetterCase::Upper;
  } else if (std::string_view("YMDdFWwXxHhmsf").find(part.component) != std::string_view::npos) {
    std::string picture(presentation);
    if (modifier) picture.append(";").append(1, modifier);
    part.number = IntegerPicture::analyse(picture);
    if (part.width_min && part.number->mandatory_digits < *part.width_min) {
      part.number->mandatory_digits = *part.width_min;
    }
    if (part.component == 'Y') analyse_year(part);
    // Two numbers without a text between them: the first must have a known width to be read.
    if (!before.empty() && before.back().number) {
      before.back().number->parse_width = before.back().number->mandatory_digits;
    }
  }
  if (part.component == 'Z' || part.component == 'z') part.number = IntegerPicture::analyse(presentation);
  return part;
}

int64_t floor_divide(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// 1 = Monday … 7 = Sunday.
int weekday(int64_t days) {
  return static_cast<int>(((days + 3) % 7 + 7) % 7) + 1;
}

// The Monday of the week that holds the first Thursday of a month.
int64_t first_week(int64_t year, int month) {
  const int64_t first = days_from_civil(year, month, 1);
  const int day = weekday(first);
  return day > 4 ? first + 8 - day : first - (day - 1);
}

struct YearMonth {
  int64_t year;
  int month;
  YearMonth next() const { return month == 12 ? YearMonth{year + 1, 1} : YearMonth{year, month + 1}; }
  YearMonth previous() const { return month == 1 ? YearMonth{year - 1, 12} : YearMonth{year, month - 1}; }
  int64_t first_week() const { return jsonata::first_week(year, month); }
};

int64_t week_of_year(int64_t today, int64_t year) {
  int64_t start = first_week(year, 1);
  if (today < start) {
    start = first_week(year - 1, 1);
  } else if (today >= first_week(year + 1, 1)) {
    return 1;
  }
  return floor_divide(today - start, 7) + 1;
}

int64_t week_of_month(int64_t today, YearMonth month) {
  if (today >= month.next().first_week()) return 1;
  const int64_t start = today < month.first_week() ? month.previous().first_week() : month.first_week();
  return floor_divide(today - start, 7) + 1;
}

int64_t week_month(int64_t today, YearMonth month) {
  if (today < month.first_week()) return month.previous().month;
  if (today >= month.next().first_week()) return month.next().month;
  return month.month;
}

int64_t week_year(int64_t today, int64_t year) {
  if (today < first_week(year, 1)) return year - 1;
  return today >= first_week(year + 1, 1) ? year + 1 : year;
}

}  // namespace

std::string_view month_name(size_t index) {
  return kMonths[index];
}
std::string_view weekday_name(size_t index) {
  return kWeekdays[index];
}

std::vector<DatePart> analyse_date_picture(std::string_view picture) {
  std::vector<DatePart> parts;
  std::string literal;
  const auto flush = [&] {
    if (literal.empty()) return;
    parts.push_back({.literal = std::exchange(literal, {})});
  };
  for (size_t i = 0; i < picture.size(); ++i) {
    const std::string_view two = picture.substr(i, 2);
    if (two == "[[" || two == "]]") {
      literal += two[0];
      ++i;
    } else if (picture[i] == '[') {
      flush();
      const size_t end = picture.find(']', i);
      if (end == std::string_view::npos) raise("D3135");
      std::string marker;  // white space inside means nothing
      for (const char c : picture.substr(i + 1, end - i - 1)) {
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') marker += c;
      }
      DatePart part = analyse_marker(marker, parts);
      parts.push_back(std::move(part));
      i = end;
    } else {
      literal += picture[i];
    }
  }
  flush();
  return parts;
}

int64_t days_from_civil(int64_t year, int month, int day) {
  // Years start in March, so the leap day is the last; 400 years are 146,097 days.
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = floor_divide(y, 400);
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

CivilDate civil_from_days(int64_t days) {
  const int64_t shifted = days + 719'468;
  const int64_t era = floor_divide(shifted, 146'097);
  const int64_t day_of_era = shifted - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  const int month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<int>(day_of_year - (153 * march_month + 2) / 5 + 1)};
}

double date_component(int64_t milliseconds, char component) {
  const int64_t days = floor_divide(milliseconds, kDay);
  const int64_t time = milliseconds - days * kDay;
  const CivilDate date = civil_from_days(days);
  const YearMonth month{date.year, date.month};
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  switch (component) {
    case 'Y':
      return number(date.year);
    case 'M':
      return date.month;
    case 'D':
      return date.day;
    case 'd':
      return number(days - days_from_civil(date.year, 1, 1) + 1);
    case 'F':
      return weekday(days);
    case 'W':
      return number(week_of_year(days, date.year));
    case 'w':
      return number(week_of_month(days, month));
    case 'X':
      return number(week_year(days, date.year));
    case 'x':
      return number(week_month(days, month));
    case 'H':
      return number(time / 3'600'000);
    case 'h':
      return number((time / 3'600'000 + 11) % 12 + 1);
    case 'P':
      return time >= 43'200'000 ? 1 : 0;
    case 'm':
      return number(time / 60'000 % 60);
    case 's':
      return number(time / 1'000 % 60);
    case 'f':
      return number(time % 1'000);
    default:
      return 0;
  }
}

}  // namespace statelang::jsonata
