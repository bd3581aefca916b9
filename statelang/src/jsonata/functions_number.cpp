#include <cmath>
#include <functional>
#include <limits>

#include "evaluator.h"
#include "text.h"

namespace statelang::jsonata {

double round_half_even(double number, int precision) {
  // Shifting the decimal point in the text keeps 1.005 from becoming 1.00499….
  const auto shifted = [](double value, int by) {
    const std::string text = number_text(value);
    const size_t e = text.find('e');
    const int exponent = e == std::string::npos ? 0 : std::atoi(text.c_str() + e + 1);
    return parse_double(text.substr(0, e) + "e" + std::to_string(exponent + by));
  };
  if (!std::isfinite(number)) return number;
  if (precision != 0) number = shifted(number, precision);
  double result = std::floor(number + 0.5);
  if (std::fabs(result - number) == 0.5 && std::fabs(std::fmod(result, 2)) == 1) result -= 1;
  if (precision != 0 && std::isfinite(result)) result = shifted(result, -precision);
  return result == 0 ? 0 : result;
}

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// -?digits(.digits)?([eE][+-]?digits)?
bool is_decimal(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t start = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > start;
  };
  if (i < text.size() && text[i] == '-') ++i;
  if (!digits()) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

// 0x…, 0o…, 0b…; NaN when it is none of them.
double radix_number(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (text.size() < 3 || text[0] != '0') return kNone;
  const char letter = static_cast<char>(text[1] | 0x20);
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  if (base == 0) return kNone;
  double number = 0;
  for (const char c : text.substr(2)) {
    const size_t digit = kDigits.find(static_cast<char>(c >= 'A' && c <= 'F' ? c | 0x20 : c));
    if (digit >= static_cast<size_t>(base)) return kNone;
    number = number * base + static_cast<double>(digit);
  }
  return number;
}

Value number(NativeCall& call) {
  const Value& value = call[0];
  if (value.is_undefined() || value.is_number()) return value;
  if (value.is_boolean()) return Value(value.as_boolean() ? 1 : 0);
  if (value.is_string()) {
    const std::string_view text = value.as_string();
    const double parsed = is_decimal(text) ? parse_double(text) : radix_number(text);
    if (std::isfinite(parsed)) return number_value(parsed);
  }
  raise("D3030", value);
}

Value absolute(NativeCall& call) {
  return call[0].is_undefined() ? call[0] : number_value(std::fabs(call[0].as_double()));
}
Value floor(NativeCall& call) {
  return call[0].is_undefined() ? call[0] : number_value(std::floor(call[0].as_double()));
}
Value ceil(NativeCall& call) {
  return call[0].is_undefined() ? call[0] : number_value(std::ceil(call[0].as_double()));
}

// A result that may have grown beyond all numbers.
Value checked_number(NativeCall& call, double number) {
  if (!std::isfinite(number)) call.evaluator.note_not_finite();
  return number_value(number);
}

int whole(double number) {
  return static_cast<int>(std::min(std::max(std::trunc(number), -1000.0), 1000.0));
}

Value round(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const int precision = call[1].is_number() ? whole(call[1].as_double()) : 0;
  return checked_number(call, round_half_even(call[0].as_double(), precision));
}

Value sqrt(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  if (call[0].as_double() < 0) raise("D3060", call[0]);
  return number_value(std::sqrt(call[0].as_double()));
}

Value power(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const double exponent =
      call[1].is_number() ? call[1].as_double() : std::numeric_limits<double>::quiet_NaN();
  const double result = std::pow(call[0].as_double(), exponent);
  if (!std::isfinite(result)) raise("D3061", call[0], call[1]);
  return number_value(result);
}

// A number in [0, 1).
double fraction(uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

Value random(NativeCall& call) {
  return Value(fraction(call.evaluator.random()));
}

Value sum(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  double total = 0;
  for (const Value& item : call[0].as_array()) total += item.as_double();
  return checked_number(call, total);
}

Value average(NativeCall& call) {
  if (call[0].is_undefined() || call[0].size() == 0) return Value::undefined();
  double total = 0;
  for (const Value& item : call[0].as_array()) total += item.as_double();
  return checked_number(call, total / static_cast<double>(call[0].size()));
}

// The item that none `beats`; one that is not a number makes the result that.
template <class Beats>
Value extreme(const Value& items, Beats beats) {
  if (items.is_undefined() || items.size() == 0) return Value::undefined();
  double best = items[0].as_double();
  for (const Value& item : items.as_array()) {
    const double number = item.as_double();
    if (beats(number, best) || std::isnan(number)) best = number;
  }
  return number_value(best);
}

Value largest(NativeCall& call) {
  return extreme(call[0], std::greater<>());
}
Value smallest(NativeCall& call) {
  return extreme(call[0], std::less<>());
}

Value format_base(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const double number = round_half_even(call[0].as_double(), 0);
  const double radix = call[1].is_number() ? round_half_even(call[1].as_double(), 0) : 10;
  if (!(radix >= 2 && radix <= 36)) raise("D3100", number_value(radix));
  if (radix == 10 || !std::isfinite(number)) return Value(number_text(number));
  std::string digits;
  for (double rest = std::fabs(number); rest >= 1; rest = std::floor(rest / radix)) {
    digits += "0123456789abcdefghijklmnopqrstuvwxyz"[static_cast<size_t>(std::fmod(rest, radix))];
  }
  if (digits.empty()) digits = "0";
  if (number < 0) digits += '-';
  return Value(std::string(digits.rbegin(), digits.rend()));
}

Value format_number(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const std::string_view picture = call[1].is_string() ? call[1].as_string() : std::string_view{};
  return call.evaluator.string(jsonata::format_number(call[0].as_double(), picture, call[2]));
}

Value format_integer(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const std::string_view picture = call[1].is_string() ? call[1].as_string() : std::string_view{};
  return call.evaluator.string(jsonata::format_integer(std::floor(call[0].as_double()), picture));
}

Value parse_integer(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const std::string_view picture = call[1].is_string() ? call[1].as_string() : std::string_view{};
  call.evaluator.note_not_finite();  // a text that is no number
  return jsonata::parse_integer(call[0].as_string(), picture);
}

constexpr Builtin kFunctions[] = {
    {"number", "<(nsb)-:n>", number, 1},
    {"abs", "<n-:n>", absolute, 1},
    {"floor", "<n-:n>", floor, 1},
    {"ceil", "<n-:n>", ceil, 1},
    {"round", "<n-n?:n>", round, 2},
    {"sqrt", "<n-:n>", sqrt, 1},
    {"power", "<n-n:n>", power, 2},
    {"random", "<:n>", random, 0, Builtin::Where::PlainOnly},
    {"sum", "<a<n>:n>", sum, 1},
    {"average", "<a<n>:n>", average, 1},
    {"max", "<a<n>:n>", largest, 1},
    {"min", "<a<n>:n>", smallest, 1},
    {"formatBase", "<n-n?:s>", format_base, 2},
    {"formatNumber", "<n-so?:s>", format_number, 3},
    {"formatInteger", "<n-s:s>", format_integer, 2},
    {"parseInteger", "<s-s:n>", parse_integer, 2},
};

}  // namespace

std::span<const Builtin> number_functions() {
  return kFunctions;
}

}  // namespace statelang::jsonata
