// Functions at the end of a path: `$.prices.sum()`.
#include <cmath>
#include <limits>
#include <utility>

#include "json_path/path_content.h"

namespace statelang::json_path {
namespace {

struct FunctionName {
  std::string_view name;
  Function function;
};
constexpr FunctionName kFunctions[] = {
    {"length", Function::Length}, {"min", Function::Min},       {"max", Function::Max},
    {"avg", Function::Avg},       {"sum", Function::Sum},       {"stddev", Function::Stddev},
    {"concat", Function::Concat}, {"append", Function::Append}, {"keys", Function::Keys},
    {"first", Function::First},   {"last", Function::Last},     {"index", Function::Index},
    {"size", Function::Length},
};

void add_numbers(const Value& value, std::vector<double>& numbers) {
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

// An argument's texts: its own, or those of its items, whatever their types.
void add_texts(const Value& value, std::string& out) {
  const auto add = [&](const Value& item) {
    if (item.is_string()) {
      out += item.as_string();
    } else if (!item.is_null()) {
      out += to_json(item);
    }
  };
  if (!value.is_array()) return add(value);
  for (const Value& item : value.as_array()) add(item);
}

std::string concatenated(const Value& value, const std::vector<Value>& arguments) {
  std::string text;
  if (value.is_array()) {
    for (const Value& item : value.as_array()) {
      if (item.is_string()) text += item.as_string();
    }
  }
  for (const Value& argument : arguments) add_texts(argument, text);
  return text;
}

Value item_of(const Value& value, int64_t index) {
  if (!value.is_array()) return Value::undefined();
  const auto size = static_cast<int64_t>(value.size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? value[static_cast<size_t>(index)] : Value::undefined();
}

Value keys_of(const Value& value) {
  if (!value.is_object()) return Value(nullptr);
  Array keys;
  for (const auto& [key, member] : value.as_object()) keys.push_back(key);
  return Value(std::move(keys));
}

Value appended(Value value, const std::vector<Value>& arguments) {
  if (!value.is_array()) return value;
  for (const Value& argument : arguments) value.push_back(argument);
  return value;
}

}  // namespace

std::optional<Function> function_named(std::string_view name) {
  for (const FunctionName& candidate : kFunctions) {
    if (candidate.name == name) return candidate.function;
  }
  return std::nullopt;
}

std::string_view name_of(Function function) {
  for (const FunctionName& candidate : kFunctions) {
    if (candidate.function == function) return candidate.name;
  }
  return {};
}

// The number of items or members. Texts have none. `$.length($.list)` asks for those of a path that starts at
// the value itself.
Value Evaluator::length_of(const FunctionCall& call, const Value& value) {
  const bool countable = value.is_array() || value.is_object();
  if (call.arguments.empty() || !call.arguments[0].path)
    return countable ? Value(static_cast<int64_t>(value.size())) : Value(nullptr);
  const Value* document = std::exchange(document_, &value);
  const Value inner = result_of(*call.arguments[0].path);
  document_ = document;
  if (error_ || inner.is_undefined()) return Value::undefined();
  return Value(inner.is_array() || inner.is_object() ? static_cast<int64_t>(inner.size()) : 0);
}

Value Evaluator::apply(const FunctionCall& call, const Value& value) {
  if (!spend(value.size() + 1)) return Value::undefined();
  if (call.function == Function::Length) return length_of(call, value);
  std::vector<Value> arguments;
  for (const Operand& operand : call.arguments) {
    arguments.push_back(value_of(operand));
    if (arguments.back().is_undefined()) {
      fail(Error::Kind::NoResults,
           "No results for path: " + normalized(*operand.path, operand.path->steps.size()));
      return Value::undefined();
    }
  }
  return apply(call.function, value, arguments);
}

// `$..x.sum()` is `$.sum($..x)`, whatever arguments it had, and length counts what is inside the values
// found.
Value Evaluator::apply_to_found(const FunctionCall& call, const Value& root, Value found) {
  if (!spend(found.size() + 1)) return Value::undefined();
  if (call.function != Function::Length) return apply(call.function, root, {std::move(found)});
  int64_t inside = 0;
  for (const Value& value : found.as_array()) inside += static_cast<int64_t>(value.size());
  return Value(inside);
}

Value Evaluator::apply(Function function, const Value& value, const std::vector<Value>& arguments) {
  const bool picks = function == Function::First || function == Function::Last || function == Function::Index;
  if (picks && !value.is_array()) return no_values();
  switch (function) {
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
    case Function::Concat:
      return Value(concatenated(value, arguments));
    default:
      break;
  }
  std::vector<double> numbers;
  add_numbers(value, numbers);
  for (const Value& argument : arguments) {
    if (argument.is_number()) numbers.push_back(argument.as_double());
    add_numbers(argument, numbers);
  }
  return numbers.empty() ? no_values() : Value(aggregate(function, numbers));
}

Value Evaluator::no_values() {
  fail(Error::Kind::InvalidValue, "Aggregation function attempted to calculate value using empty array");
  return Value::undefined();
}

}  // namespace statelang::json_path
