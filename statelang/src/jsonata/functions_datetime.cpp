// $now, $millis, $fromMillis, $toMillis.
#include <charconv>
#include <cmath>
#include <map>

#include "date_picture.h"
#include "evaluator.h"
#include "regex.h"
#include "text.h"

namespace statelang::jsonata {
namespace {

// Minutes east of UTC, of a time zone written +hhmm.
int64_t zone_minutes(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  number = std::min<int64_t>(std::max<int64_t>(number, -9999), 9999);
  return number / 100 * 60 + number % 100;
}

std::string zone_text(const DatePart& part, int64_t minutes) {
  if (minutes == 0 && part.traditional) return "Z";
  const IntegerPicture& picture = *part.number;
  const int64_t size = std::abs(minutes);
  const auto joined = static_cast<double>(size / 60 * 100 + size % 60);
  std::string out;
  if (picture.regular > 0 || picture.mandatory_digits == 3 || picture.mandatory_digits == 4) {
    out = picture.format(joined);
  } else if (picture.mandatory_digits == 1 || picture.mandatory_digits == 2) {
    out = picture.format(static_cast<double>(size / 60));
    if (size % 60 != 0) out += ":" + format_integer(static_cast<double>(size % 60), "00");
  } else {
    raise("D3134", Value(static_cast<int64_t>(picture.mandatory_digits)));
  }
  return (part.component == 'z' ? "GMT" : "") + std::string(minutes < 0 ? "-" : "+") + out;
}

std::string cased(std::string_view text, LetterCase letter_case) {
  if (letter_case == LetterCase::Upper) return to_upper(text);
  return letter_case == LetterCase::Lower ? to_lower(text) : std::string(text);
}

std::string part_text(const DatePart& part, int64_t local_ms, int64_t minutes) {
  switch (part.component) {
    case 0:
      return part.literal;
    case 'Z':
    case 'z':
      return zone_text(part, minutes);
    case 'C':
    case 'E':
      return "ISO";
    case 'P': {
      const std::string_view text = date_component(local_ms, 'P') > 0 ? "pm" : "am";
      return part.named && part.name_case == LetterCase::Upper ? to_upper(text) : std::string(text);
    }
    default:
      break;
  }
  double value = date_component(local_ms, part.component);
  if (part.component == 'Y' && part.year_digits >= 0)
    value = std::fmod(value, std::pow(10, part.year_digits));
  if (!part.named) return part.number->format(value);
  std::string_view name;
  if (part.component == 'M' || part.component == 'x') {
    name = month_name(static_cast<size_t>(value) - 1);
  } else if (part.component == 'F') {
    name = weekday_name(static_cast<size_t>(value) - 1);
  } else {
    raise("D3133", Value(std::string(1, part.component)));
  }
  if (part.width_max) name = name.substr(0, *part.width_max);
  return cased(name, part.name_case);
}

const std::vector<DatePart>& iso_picture() {
  static const auto kParts = analyse_date_picture("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]");
  return kParts;
}

constexpr double kLargestTime = 8.64e15;  // as a JavaScript Date

}  // namespace

std::string format_date_time(double milliseconds, const Value& picture, const Value& time_zone) {
  const int64_t minutes = time_zone.is_string() ? zone_minutes(time_zone.as_string()) : 0;
  if (!(std::fabs(milliseconds) <= kLargestTime)) raise("D1001", Value(milliseconds));
  const int64_t local = static_cast<int64_t>(std::floor(milliseconds)) + minutes * 60'000;
  std::vector<DatePart> made;
  if (picture.is_string()) made = analyse_date_picture(picture.as_string());
  std::string out;
  for (const DatePart& part : picture.is_string() ? made : iso_picture())
    out += part_text(part, local, minutes);
  return out;
}

// ------------------------------------------------------------------------------------------ reading

namespace {

std::string literal_regex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(".*+?^${}()|[]\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string zone_regex(const DatePart& part) {
  std::string out = part.component == 'z' ? "GMT[-+][0-9]+" : "[-+][0-9]+";
  if (part.number->regular > 0) {
    std::string separator;
    append_code_point(separator, part.number->separators[0].character);
    out += literal_regex(separator) + "[0-9]+";
  }
  return out;
}

std::string part_regex(const DatePart& part) {
  if (part.component == 0) return literal_regex(part.literal);
  if (part.component == 'Z' || part.component == 'z') return zone_regex(part);
  if (part.component == 'f') return "[0-9]+";
  if (part.number) return part.number->regex();
  const bool name =
      part.component == 'M' || part.component == 'x' || part.component == 'F' || part.component == 'P';
  if (!name) raise("D3133", Value(std::string(1, part.component)));
  return "[a-zA-Z]+";
}

double to_number(std::string_view text) {
  int64_t number = 0;
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::from_chars(text.data(), text.data() + text.size(), number);
  return static_cast<double>(number);
}

// Minutes east of UTC.
double parse_zone(const DatePart& part, std::string_view text) {
  if (part.component == 'z') text.remove_prefix(3);
  const double sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  size_t hours = text.find_first_not_of("0123456789");
  size_t minutes = hours == std::string_view::npos ? hours : hours + 1;
  if (hours == std::string_view::npos) hours = minutes = text.size() <= 2 ? text.size() : 2;
  return sign *
         (to_number(text.substr(0, hours)) * 60 + to_number(text.substr(std::min(minutes, text.size()))));
}

// A month, a weekday or am/pm; nothing when the name is unknown. Names are known as "March", in no other
// case.
std::optional<double> parse_name(const DatePart& part, std::string_view text) {
  if (part.component == 'P') {
    if (text == "am" || text == "AM") return 0;
    if (text == "pm" || text == "PM") return 1;
    return std::nullopt;
  }
  const bool weekday = part.component == 'F';
  for (size_t i = 0; i < (weekday ? 7u : 12u); ++i) {
    std::string_view name = weekday ? weekday_name(i) : month_name(i);
    if (part.width_max) name = name.substr(0, *part.width_max);
    if (name == text) return static_cast<double>(i + 1);
  }
  return std::nullopt;
}

using Components = std::map<char, double>;

std::optional<double> parse_part(const DatePart& part, std::string_view text) {
  if (part.component == 'Z' || part.component == 'z') return parse_zone(part, text);
  if (part.component == 'f') return std::round(parse_double("0." + std::string(text.substr(0, 3))) * 1000);
  if (!part.number) return parse_name(part, text);
  const double number = part.number->parse(text);
  return std::isnan(number) ? std::nullopt : std::optional(number);
}

// Which set of components the text has: those of `wanted` and no other of `all`.
bool has_set(const Components& components, std::string_view all, std::string_view wanted) {
  bool any = false;
  for (const char c : all) {
    const auto found = components.find(c);
    const bool given = found != components.end() && found->second != 0;
    if (given && wanted.find(c) == std::string_view::npos) return false;
    any = any || given;
  }
  return any;
}

// Missing components before the first given one come from now, those behind the last one are the least; a gap
// in between is an error.
void fill_gaps(Components& components, std::string_view order, int64_t now_ms) {
  bool started = false;
  bool ended = false;
  for (const char c : order) {
    if (components.contains(c)) {
      if (ended) raise("D3136");
      started = true;
    } else if (started) {
      components[c] = c == 'M' || c == 'D' || c == 'd' ? 1 : 0;
      ended = true;
    } else {
      components[c] = date_component(now_ms, c);
    }
  }
}

double moment(Components& components, bool by_day_of_year, bool half_days) {
  auto year = static_cast<int64_t>(components['Y']);
  if (year >= 0 && year <= 99) year += 1900;  // as Date.UTC has it
  double month = std::max(1.0, components['M']);
  double day = components['D'];
  if (by_day_of_year) {  // the 366th of a short year is the first of the same one
    const auto date =
        civil_from_days(days_from_civil(year, 1, 1) + static_cast<int64_t>(components['d']) - 1);
    month = date.month;
    day = date.day;
  }
  double hour = components['H'];
  if (half_days) hour = (components['h'] == 12 ? 0 : components['h']) + (components['P'] == 1 ? 12 : 0);
  const auto months = static_cast<int64_t>(month) - 1;  // beyond December runs into the next year
  const int64_t days = days_from_civil(year + months / 12, static_cast<int>(months % 12) + 1, 1);
  return (static_cast<double>(days) + day - 1) * 86'400'000 + hour * 3'600'000 + components['m'] * 60'000 +
         components['s'] * 1'000 + components['f'];
}

}  // namespace

Value parse_date_time(std::string_view text, std::string_view picture, int64_t now_ms) {
  const std::vector<DatePart> parts = analyse_date_picture(picture);
  std::string pattern = "^";
  for (const DatePart& part : parts) pattern += "(" + part_regex(part) + ")";
  const auto regex = CompiledRegex::compile(pattern + "$", "i", 0);
  std::vector<std::string_view> groups;
  if (!regex->search(text, 0, groups)) return Value::undefined();
  Components components;
  bool any = false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].component == 0) continue;
    any = true;
    components.erase(parts[i].component);  // the last of two counts, also when it means nothing
    if (const auto value = parse_part(parts[i], groups[i + 1])) components[parts[i].component] = *value;
  }
  if (!any) return Value::undefined();
  constexpr std::string_view kDate = "YXMxWwdD";
  constexpr std::string_view kTime = "PHhmsf";
  const bool by_date = has_set(components, kDate, "YMD");
  const bool by_day_of_year = !by_date && has_set(components, kDate, "Yd");
  const bool by_week_of_month = has_set(components, kDate, "Xxw");
  const bool by_week = !by_week_of_month && has_set(components, kDate, "XW");
  const bool half_days = !has_set(components, kTime, "Hmsf") && has_set(components, kTime, "Phmsf");
  // A day of the year is looked for as "D", so a time behind it is refused: as in the reference.
  const std::string date = by_day_of_year ? "YD" : by_week_of_month ? "XxwF" : by_week ? "XWF" : "YMD";
  fill_gaps(components, date + (half_days ? "Phmsf" : "Hmsf"), now_ms);
  if (by_week_of_month || by_week) raise("D3136");  // reading week dates is not defined
  double result = moment(components, by_day_of_year, half_days);
  result -= (components['Z'] != 0 ? components['Z'] : components['z']) * 60'000;
  return number_value(result);
}

// YYYY[-MM[-DD]][Thh:mm:ss][.fraction][Z|±hh:mm|±hhmm]
Value parse_iso_8601(std::string_view text) {
  size_t at = 0;
  const auto refuse = [&]() { raise("D3110", Value(text)); };
  const auto digits = [&](size_t count) {
    int number = 0;
    if (at + count > text.size()) refuse();
    for (size_t i = 0; i < count; ++i, ++at) {
      if (text[at] < '0' || text[at] > '9') refuse();
      number = number * 10 + (text[at] - '0');
    }
    return number;
  };
  const auto take = [&](char c) { return at < text.size() && text[at] == c ? (++at, true) : false; };
  // '-' may start a month, a day or, with two more digits, a time zone.
  const auto dash_part = [&] {
    return at + 3 <= text.size() && text[at] == '-' &&
           (at + 3 == text.size() || text[at + 3] == '-' || text[at + 3] == 'T' || text[at + 3] == '.' ||
            text[at + 3] == '+' || text[at + 3] == 'Z');
  };
  const int year = digits(4);
  int month = 1, day = 1, hour = 0, minute = 0, second = 0;
  double fraction = 0;
  int64_t zone = 0;
  if (dash_part()) ++at, month = digits(2);
  if (dash_part()) ++at, day = digits(2);
  if (take('T')) {
    hour = digits(2);
    if (!take(':')) refuse();
    minute = digits(2);
    if (!take(':')) refuse();
    second = digits(2);
  }
  if (take('.')) {
    const size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == start) refuse();
    fraction = std::floor(parse_double("0." + std::string(text.substr(start, at - start))) * 1000 + 1e-9);
  }
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    const int sign = text[at++] == '-' ? -1 : 1;
    const int hours = digits(2);
    take(':');
    zone = sign * (hours * 60 + digits(2));
  } else {
    take('Z');
  }
  if (at != text.size() || month > 19 || day > 39 || hour > 29 || minute > 59 || second > 59) refuse();
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24) return Value(std::nan(""));
  const auto days = static_cast<double>(days_from_civil(year, month, day));
  return number_value(days * 86'400'000 + hour * 3'600'000.0 + minute * 60'000.0 + second * 1'000.0 +
                      fraction - static_cast<double>(zone) * 60'000);
}

namespace {

Value now(NativeCall& call) {
  return Value(format_date_time(static_cast<double>(call.evaluator.environment().now_ms), call[0], call[1]));
}

Value millis(NativeCall& call) {
  return Value(call.evaluator.environment().now_ms);
}

Value from_millis(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  return call.evaluator.string(format_date_time(call[0].as_double(), call[1], call[2]));
}

Value to_millis(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  call.evaluator.note_not_finite();  // a date that does not exist
  if (call[1].is_undefined()) return parse_iso_8601(call[0].as_string());
  return parse_date_time(call[0].as_string(), call[1].as_string(), call.evaluator.environment().now_ms);
}

constexpr Builtin kFunctions[] = {
    {"now", "<s?s?:s>", now, 2},
    {"millis", "<:n>", millis, 0},
    {"fromMillis", "<n-s?s?:s>", from_millis, 3},
    {"toMillis", "<s-s?:n>", to_millis, 2},
};

}  // namespace

std::span<const Builtin> datetime_functions() {
  return kFunctions;
}

}  // namespace statelang::jsonata
