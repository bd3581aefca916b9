// The built-in functions: one table per group, one line per function.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <statelang/jsonata/expression.h>

#include "signature.h"

namespace statelang::jsonata {

class Evaluator;
class Frame;

// One call of a built-in: the arguments are checked against its signature already.
struct NativeCall {
  Evaluator& evaluator;
  std::vector<Value>& arguments;
  const Value& input;  // context
  Frame* frame;
  const Value& operator[](size_t i) const;  // Undefined behind the last
};
using Native = Value (*)(NativeCall&);

struct Builtin {
  enum class Where : uint8_t { Everywhere, PlainOnly, AwsOnly };
  std::string_view name;
  std::string_view signature;  // empty: arguments are not checked
  Native native;
  uint8_t arity;  // parameters a higher-order function may fill
  Where where = Where::Everywhere;
};

// nullptr when the dialect has no such function.
const Builtin* find_builtin(std::string_view name, Dialect dialect);
// One shared function value per built-in; it holds a BuiltinFunction.
const Value& function_value(const Builtin& builtin);

std::span<const Builtin> string_functions();
std::span<const Builtin> regex_functions();
std::span<const Builtin> number_functions();
std::span<const Builtin> array_functions();
std::span<const Builtin> object_functions();
std::span<const Builtin> higher_order_functions();
std::span<const Builtin> datetime_functions();
std::span<const Builtin> aws_functions();

// Shared between groups and operators.
bool truthy(const Value& value);  // false for undefined
Value to_string_value(Evaluator& evaluator, const Value& value, bool pretty = false);
// Changes `a` in place where nobody else holds it.
Value append_values(Evaluator& evaluator, Value a, const Value& b);
Value lookup_key(const Value& input, std::string_view key);
bool is_number(const Value& value);  // throws D1001 for infinite numbers
bool deep_equal(const Value& a, const Value& b);
double round_half_even(double number, int precision);

// Number and date pictures.
std::string format_number(double number, std::string_view picture, const Value& options);
std::string format_integer(double number, std::string_view picture);
Value parse_integer(std::string_view text, std::string_view picture);
std::string format_date_time(double milliseconds, const Value& picture, const Value& time_zone);
Value parse_date_time(std::string_view text, std::string_view picture, int64_t now_ms);
Value parse_iso_8601(std::string_view text);

}  // namespace statelang::jsonata
