// Dates and times as text.
#include <chrono>
#include <cstdio>

#include <connectors/schedule/expression.h>

namespace connectors::schedule {
namespace {

std::optional<int> digits(std::string_view text, size_t at, size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int number = 0;
  for (char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

std::optional<int64_t> parse_local_seconds(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() != kShape.size()) return std::nullopt;
  for (size_t i = 0; i < kShape.size(); i++) {
    if (kShape[i] != 'd' && text[i] != kShape[i]) return std::nullopt;
  }
  auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  using namespace std::chrono;
  year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return sys_days(date).time_since_epoch().count() * int64_t{86400} + *hour * 3600 + *minute * 60 + *second;
}

std::optional<int64_t> parse_instant_ms(std::string_view text) {
  auto local = parse_local_seconds(text.substr(0, 19));
  if (!local) return std::nullopt;
  std::string_view rest = text.substr(19);
  int64_t milliseconds = 0;
  if (!rest.empty() && rest[0] == '.') {
    size_t end = rest.find_first_not_of("0123456789", 1);
    std::string fraction(rest.substr(1, end == std::string_view::npos ? end : end - 1));
    if (fraction.empty() || fraction.size() > 9) return std::nullopt;
    fraction.resize(3, '0');
    milliseconds = *digits(fraction, 0, 3);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  }
  if (rest == "Z") return *local * 1000 + milliseconds;
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':') return std::nullopt;
  auto hours = digits(rest, 1, 2), minutes = digits(rest, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  int64_t offset = (*hours * 60 + *minutes) * 60 * (rest[0] == '-' ? -1 : 1);
  return (*local - offset) * 1000 + milliseconds;
}

std::string instant_text(int64_t epoch_ms) {
  using namespace std::chrono;
  sys_time<milliseconds> instant{milliseconds(epoch_ms)};
  auto day = floor<days>(instant);
  year_month_day date(day);
  hh_mm_ss<milliseconds> clock(instant - day);
  char text[48];
  int written =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()));
  std::string out(text, static_cast<size_t>(written));
  if (int64_t rest = clock.subseconds().count(); rest != 0) {
    std::snprintf(text, sizeof text, ".%03d", static_cast<int>(rest));
    out += text;
  }
  return out + "Z";
}

}  // namespace connectors::schedule
