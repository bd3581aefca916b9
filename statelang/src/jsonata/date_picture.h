// Date pictures (F&O 9.8.4): text with [components], written by $fromMillis and read by $toMillis.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integer_picture.h"

namespace statelang::jsonata {

struct DatePart {
  std::string literal;  // used when component is 0
  char component = 0;
  bool named = false;  // as a name, not a number
  LetterCase name_case = LetterCase::Lower;
  std::optional<size_t> width_min, width_max;
  bool traditional = false;  // 't': UTC is written Z
  int year_digits = -1;      // only so many digits of the year; -1 = all
  std::optional<IntegerPicture> number;
};

// Throws Raised D3132, D3135.
std::vector<DatePart> analyse_date_picture(std::string_view picture);

// The calendar, for any number of days around 1970 (proleptic Gregorian).
struct CivilDate {
  int64_t year;
  int month;  // 1 to 12
  int day;    // 1 to 31
};
int64_t days_from_civil(int64_t year, int month, int day);
CivilDate civil_from_days(int64_t days);

// The number a component stands for at a moment. C, E, P, Z and z have none.
double date_component(int64_t milliseconds, char component);

std::string_view month_name(size_t index);    // 0 = January
std::string_view weekday_name(size_t index);  // 0 = Monday

}  // namespace statelang::jsonata
