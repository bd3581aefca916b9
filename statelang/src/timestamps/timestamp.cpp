#include <cstdio>
#include <limits>

#include <statelang/timestamps/timestamp.h>

namespace statelang::timestamps {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int kOffsetHoursMax = 18;  // java.time.ZoneOffset

// Days since 1970-01-01 of a date in the proleptic Gregorian calendar, counted in eras of 400 years that
// start on the first of March, so that the leap day is the last of its year.
int64_t days_from_civil(int64_t year, int month, int day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

struct Date {
  int64_t year;
  int month, day;
};

Date civil_from_days(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {year_of_era + era * 400 + (month <= 2), month, day};
}

int days_in_month(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool at_end() const { return at_ == text_.size(); }

  // Exactly `digits` digits, within [least, most].
  bool read(int digits, int least, int most, int& out) {
    int number = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      if (at_ >= text_.size() || text_[at_] < '0' || text_[at_] > '9') return false;
      number = number * 10 + (text_[at_] - '0');
    }
    out = number;
    return number >= least && number <= most;
  }

  // Four digits, or a sign and five to nine, as Java writes years outside 0..9999.
  bool read_year(int64_t& year) {
    const bool minus = take('-');
    const bool plus = !minus && take('+');
    int digits = 0;
    year = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && digits < 10) {
      year = year * 10 + (text_[at_++] - '0');
      ++digits;
    }
    if (minus) year = -year;
    if (plus) return digits >= 5 && digits <= 9;
    return minus ? digits >= 4 && digits <= 9 && year != 0 : digits == 4;
  }

  // One to nine digits as nanoseconds.
  bool read_fraction(int32_t& nanoseconds) {
    int digits = 0;
    nanoseconds = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_, ++digits) {
      if (digits == 9) return false;
      nanoseconds = nanoseconds * 10 + (text_[at_] - '0');
    }
    for (int i = digits; i < 9; ++i) nanoseconds *= 10;
    return digits > 0;
  }

  // `Z` or +hh:mm with optional :ss, as seconds east of UTC.
  bool read_offset(int& seconds) {
    seconds = 0;
    if (take('Z')) return true;
    const bool minus = take('-');
    if (!minus && !take('+')) return false;
    int hours = 0, minutes = 0, rest = 0;
    if (!read(2, 0, kOffsetHoursMax, hours) || !take(':') || !read(2, 0, 59, minutes)) return false;
    if (take(':') && !read(2, 0, 59, rest)) return false;
    seconds = hours * 3600 + minutes * 60 + rest;
    if (seconds > kOffsetHoursMax * 3600) return false;
    if (minus) seconds = -seconds;
    return true;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

std::string format(int64_t epoch_ms, bool trim) {
  const int64_t day_ms = kSecondsPerDay * 1000;
  int64_t days = epoch_ms / day_ms;
  int64_t rest = epoch_ms % day_ms;
  if (rest < 0) {
    rest += day_ms;
    --days;
  }
  const Date date = civil_from_days(days);
  char text[64];
  const char* layout = date.year > 9999 ? "+%lld" : date.year < 0 ? "-%04lld" : "%04lld";
  int size = std::snprintf(text, sizeof text, layout,
                           static_cast<long long>(date.year < 0 ? -date.year : date.year));
  size += std::snprintf(text + size, sizeof text - static_cast<size_t>(size),
                        "-%02d-%02dT%02d:%02d:%02d.%03d", date.month, date.day,
                        static_cast<int>(rest / 3'600'000), static_cast<int>(rest / 60'000 % 60),
                        static_cast<int>(rest / 1000 % 60), static_cast<int>(rest % 1000));
  std::string out(text, static_cast<size_t>(size));
  if (trim) {
    while (out.back() == '0') out.pop_back();
    if (out.back() == '.') out.pop_back();
  }
  return out + 'Z';
}

}  // namespace

int64_t Timestamp::epoch_ms() const {
  constexpr int64_t kSecondsMax = std::numeric_limits<int64_t>::max() / 1000;
  if (seconds >= kSecondsMax) return std::numeric_limits<int64_t>::max();
  if (seconds < -kSecondsMax) return std::numeric_limits<int64_t>::min();
  return seconds * 1000 + nanoseconds / 1'000'000;
}

std::optional<Timestamp> parse(std::string_view text) {
  Reader reader(text);
  int64_t year = 0;
  int month = 0, day = 0, hour = 0, minute = 0, second = 0, offset = 0;
  Timestamp time;
  if (!reader.read_year(year) || !reader.take('-') || !reader.read(2, 1, 12, month)) return std::nullopt;
  if (!reader.take('-') || !reader.read(2, 1, days_in_month(year, month), day)) return std::nullopt;
  if (!reader.take('T') || !reader.read(2, 0, 23, hour)) return std::nullopt;
  if (!reader.take(':') || !reader.read(2, 0, 59, minute)) return std::nullopt;
  if (reader.take(':')) {
    if (!reader.read(2, 0, 59, second)) return std::nullopt;
    if (reader.take('.') && !reader.read_fraction(time.nanoseconds)) return std::nullopt;
  }
  if (!reader.read_offset(offset) || !reader.at_end()) return std::nullopt;
  time.seconds =
      days_from_civil(year, month, day) * kSecondsPerDay + hour * 3600 + minute * 60 + second - offset;
  return time;
}

std::string format_epoch_ms(int64_t epoch_ms) {
  return format(epoch_ms, true);
}
std::string format_epoch_ms_fixed(int64_t epoch_ms) {
  return format(epoch_ms, false);
}

}  // namespace statelang::timestamps
