#include "time_argument.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string_view>

namespace engine::cli {
namespace {

constexpr size_t kUnixMsDigits = 11;  // fewer are of the year 1970: a number without its unit is meant
constexpr size_t kNumberDigitsMax = 9;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int64_t unit_ms(char unit) {
  switch (unit) {
    case 's':
      return 1000;
    case 'm':
      return 60'000;
    case 'h':
      return 3'600'000;
    case 'd':
      return 86'400'000;
    case 'w':
      return 7 * 86'400'000LL;
    default:
      return 0;
  }
}

// "1h30m".
std::optional<int64_t> read_duration(std::string_view text) {
  int64_t sum = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    size_t digits = 0;
    int64_t number = 0;
    for (; digits < text.size() && is_digit(text[digits]); ++digits) {
      if (digits == kNumberDigitsMax) return std::nullopt;
      number = number * 10 + (text[digits] - '0');
    }
    const int64_t unit = digits > 0 && digits < text.size() ? unit_ms(text[digits]) : 0;
    if (unit == 0) return std::nullopt;
    sum += number * unit;
    text.remove_prefix(digits + 1);
  }
  return sum;
}

// "2026-01-31", "2026-01-31 08:00", "2026-01-31 08:00:00".
std::optional<int64_t> read_local_time(const std::string& text) {
  std::tm local{};
  int used = 0;
  const int fields =
      std::sscanf(text.c_str(), "%4d-%2d-%2d%n%*1[ T]%2d:%2d%n:%2d%n", &local.tm_year, &local.tm_mon,
                  &local.tm_mday, &used, &local.tm_hour, &local.tm_min, &used, &local.tm_sec, &used);
  if (fields < 3 || fields == 4 || used != static_cast<int>(text.size())) return std::nullopt;
  local.tm_year -= 1900;
  local.tm_mon -= 1;
  local.tm_isdst = -1;
  const std::tm meant = local;
  const std::time_t seconds = ::mktime(&local);
  // A day or an hour that there is not would come out as another one.
  if (local.tm_mon != meant.tm_mon || local.tm_mday != meant.tm_mday || local.tm_min != meant.tm_min ||
      local.tm_sec != meant.tm_sec)
    return std::nullopt;
  return static_cast<int64_t>(seconds) * 1000;
}

}  // namespace

std::string time_argument(const std::string& given, int64_t now_ms) {
  if (const auto ago = read_duration(given)) return std::to_string(std::max<int64_t>(0, now_ms - *ago));
  if (const auto local = read_local_time(given)) return std::to_string(std::max<int64_t>(0, *local));
  const bool digits = std::all_of(given.begin(), given.end(), is_digit);
  if (digits) return given.size() >= kUnixMsDigits ? given : std::string();
  const bool zoned = given.size() > 10 && given[10] == 'T' &&
                     (given.back() == 'Z' || given.find_first_of("+-", 11) != std::string::npos);
  return zoned ? given : std::string();
}

}  // namespace engine::cli
