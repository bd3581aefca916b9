// Functions at the end of a path: `$.prices.sum()`.
#include <cmath>
#include <limits>

#include "json_path/path_content.h"

namespace statelang::json_path {
namespace {

void add_numbers(const Value& value, std::vector<double>& numbers) {
  if (value.is_number()) numbers.push_back(value.as_double());
  if (!value.is_array()) return;
  for (const Value& item : value.as_array()) {
    if (item.is_number()) numbers.push_back(item.as_double());
  }
}

double aggregate(Function function, const std::vector<double>& numbers) {
  double sum = 0, least = std::numeric_limits<double>::infinity(), most = -least, squares = 0;
  for (double number : numbers) {
    sum += number;
    squares += number * number;
    least = std::min(least, number);
    most = std::max(most, number);
  }
  const auto count = static_cast<double>(numbers.size());
  switch (function) {
    case Function::Min:
      return least;
    case Function::Max:
      return most;
    case Function::Avg:
      return sum / count;
    case Function::Stddev:
      return std::sqrt(std::max(0.0, squares / count - sum * sum / count / count));
    default:
      return sum;
  }
}

void add_text(const Value& value, std::string& out) {
  if (value.is_string()) {
    out += value.as_string();
  } else if (value.is_array()) {
    for (const Value& item : value.as_array()) add_text(item, out);
  } else if (!value.is_undefined() && !value.is_null()) {
    out += to_json(value);
  }
}

Value length_of(const Value& value) {
  if (value.is_array() || value.is_object()) return Value(static_cast<int64_t>(value.size()));
  if (!value.is_string()) return Value(nullptr);
  int64_t characters = 0;
  for (char c : value.as_string()) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return Value(characters);
}

Value item_of(const Value& value, int64_t index) {
  if (!value.is_array()) return Value::undefined();
  const auto size = static_cast<int64_t>(value.size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? value[static_cast<size_t>(index)] : Value::undefined();
}

Value keys_of(const Value& value) {
  if (!value.is_object()) return Value::undefined();
  Array keys;
  for (const auto& [key, member] : value.as_object()) keys.push_back(key);
  return Value(std::move(keys));
}

Value appended(Value value, const std::vector<Value>& arguments) {
  if (!value.is_array()) return Value::undefined();
  for (const Value& argument : arguments) value.push_back(argument);
  return value;
}

}  // namespace

Value Evaluator::apply(const FunctionCall& call, const Value& value) {
  std::vector<Value> arguments;
  for (const Operand& operand : call.arguments) {
    arguments.push_back(value_of(operand));
    if (arguments.back().is_undefined()) {
      fail(Error::Kind::NoResults,
           "No results for path: " + normalized(*operand.path, operand.path->steps.size()));
      return Value::undefined();
    }
  }
  if (value.is_undefined() || !spend(value.size() + 1)) return Value::undefined();
  switch (call.function) {
    case Function::Length:
      return length_of(arguments.empty() ? value : arguments.front());
    case Function::Keys:
      return keys_of(value);
    case Function::First:
      return item_of(value, 0);
    case Function::Last:
      return item_of(value, -1);
    case Function::Index:
      return arguments.size() == 1 && arguments[0].is_integer() ? item_of(value, arguments[0].as_integer())
                                                                : Value::undefined();
    case Function::Append:
      return appended(value, arguments);
    case Function::Concat: {
      std::string text;
      if (value.is_array()) add_text(value, text);
      for (const Value& argument : arguments) add_text(argument, text);
      return Value(text);
    }
    default:
      break;
  }
  std::vector<double> numbers;
  add_numbers(value, numbers);
  for (const Value& argument : arguments) add_numbers(argument, numbers);
  if (numbers.empty()) {
    fail(Error::Kind::InvalidValue, "Aggregation function attempted to calculate value using empty array");
    return Value::undefined();
  }
  return Value(aggregate(call.function, numbers));
}

}  // namespace statelang::json_path
