// Filter expressions: `[?(@.price < 10 && @.isbn)]`.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <statelang/utf8.h>

#include "json_path/path_content.h"

namespace statelang::json_path {
namespace {

std::optional<double> as_number(const Value& value) {
  if (value.is_number()) return value.as_double();
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.as_string();
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The left side decides: a text equals the number whose text it is, a number equals the text that means it;
// `===` wants the same type. What is missing equals nothing, itself included.
bool equal(const Value& left, const Value& right) {
  if (left.is_undefined() || right.is_undefined()) return false;
  if (left.is_string() && right.is_number()) return left.as_string() == to_json(right);
  if (!left.is_number() || !right.is_string()) return left == right;
  const auto number = as_number(right);
  return number && left.as_double() == *number;
}

bool same_type(const Value& left, const Value& right) {
  const auto json = [](const Value& value) { return value.is_array() || value.is_object(); };
  return left.type() == right.type() || (left.is_number() && right.is_number()) ||
         (json(left) && json(right));
}

// Less than zero, zero, more than zero; nothing for values without an order.
std::optional<int> order(const Value& left, const Value& right) {
  if (left.is_integer() && right.is_integer()) {
    return left.as_integer() < right.as_integer() ? -1 : left.as_integer() > right.as_integer();
  }
  if (left.is_number() && right.is_number()) {
    return left.as_double() < right.as_double() ? -1 : left.as_double() > right.as_double();
  }
  if (left.is_string() && right.is_string()) return left.as_string().compare(right.as_string());
  return std::nullopt;
}

// Whether one of the items equals the value, which is the left side.
bool holds(const Value& list, const Value& value) {
  if (!list.is_array()) return false;
  const Array& items = list.as_array();
  return std::any_of(items.begin(), items.end(), [&](const Value& item) { return equal(value, item); });
}

bool any_in(const Value& left, const Value& right) {
  const Array& items = left.as_array();
  return std::any_of(items.begin(), items.end(), [&](const Value& item) { return holds(right, item); });
}

bool all_in(const Value& left, const Value& right) {
  const Array& items = left.as_array();
  return std::all_of(items.begin(), items.end(), [&](const Value& item) { return holds(right, item); });
}

bool contains(const Value& left, const Value& right) {
  if (left.is_string() && right.is_string())
    return left.as_string().find(right.as_string()) != std::string_view::npos;
  return holds(left, right);
}

// Fractions are cut off. An object has the size -1.
bool size_is(const Value& left, const Value& right) {
  if (!right.is_number()) return false;
  const double expected = std::trunc(right.as_double());
  if (left.is_string()) return static_cast<double>(utf16_units(left.as_string())) == expected;
  if (left.is_array()) return static_cast<double>(left.size()) == expected;
  return left.is_object() && expected == -1;
}

std::optional<bool> is_empty(const Value& left, const Value& right) {
  if (!left.is_array() && !left.is_object() && !left.is_string()) return false;
  if (!right.is_boolean()) return std::nullopt;
  const bool empty = left.is_string() ? left.as_string().empty() : left.size() == 0;
  return empty == right.as_boolean();
}

// Whether both sides are lists: not for objects, and nothing for all that could not be a list at all.
std::optional<bool> both_lists(const Value& left, const Value& right) {
  if (right.is_object()) return false;
  if (!right.is_array()) return std::nullopt;
  if (left.is_object()) return false;
  if (!left.is_array()) return std::nullopt;
  return true;
}

std::optional<bool> is_in(const Value& left, const Value& right) {
  if (!right.is_array() && !right.is_object()) return std::nullopt;
  return holds(right, left);
}

// A pattern looks at the text of numbers and booleans too, at each item of a list, and at "" for the rest.
bool pattern_fits(const RegularExpression& pattern, const Value& value) {
  const auto fits = [&](const Value& item) {
    if (item.is_string()) return pattern.matches(item.as_string());
    return pattern.matches(item.is_number() || item.is_boolean() ? to_json(item) : std::string());
  };
  if (!value.is_array()) return fits(value);
  const Array& items = value.as_array();
  return std::any_of(items.begin(), items.end(), fits);
}

size_t text_size(const Value& value) {
  if (value.is_string()) return value.as_string().size();
  size_t size = 0;
  if (value.is_array()) {
    for (const Value& item : value.as_array()) size += item.is_string() ? item.as_string().size() : 8;
  }
  return size;
}

// How many comparisons of items an operator may make, charged to the budget beforehand.
size_t cost(Comparison comparison, const Value& left, const Value& right) {
  switch (comparison) {
    case Comparison::In:
    case Comparison::NotIn:
      return right.size() + 1;
    case Comparison::Contains:
      return left.size() + 1;
    case Comparison::SubsetOf:
    case Comparison::AnyOf:
    case Comparison::NoneOf:
      return left.size() * right.size() + 1;
    default:
      return 1;
  }
}

}  // namespace

std::optional<bool> compare_values(Comparison comparison, const Value& left, const Value& right) {
  const auto ordered = order(left, right);
  const auto lists = both_lists(left, right);
  switch (comparison) {
    case Comparison::Equal:
      return equal(left, right);
    case Comparison::NotEqual:
      return !equal(left, right);
    case Comparison::StrictEqual:
      return same_type(left, right) && equal(left, right);
    case Comparison::StrictNotEqual:
      return !same_type(left, right) || !equal(left, right);
    case Comparison::Less:
      return ordered && *ordered < 0;
    case Comparison::LessEqual:
      return ordered && *ordered <= 0;
    case Comparison::Greater:
      return ordered && *ordered > 0;
    case Comparison::GreaterEqual:
      return ordered && *ordered >= 0;
    case Comparison::In:
      return is_in(left, right);
    case Comparison::NotIn: {
      const auto in = is_in(left, right);
      return in ? std::optional<bool>(!*in) : std::nullopt;
    }
    case Comparison::SubsetOf:
      return lists ? std::optional<bool>(*lists && all_in(left, right)) : std::nullopt;
    case Comparison::AnyOf:
      return lists ? std::optional<bool>(*lists && any_in(left, right)) : std::nullopt;
    case Comparison::NoneOf:
      return lists ? std::optional<bool>(*lists && !any_in(left, right)) : std::nullopt;
    case Comparison::Size:
      return size_is(left, right);
    case Comparison::Empty:
      return is_empty(left, right);
    case Comparison::Contains:
      return contains(left, right);
    case Comparison::AllOf:
    case Comparison::Type:
      return std::nullopt;  // Jayway reads them, but no text can be the right side that they want
    case Comparison::Matches:
      return false;  // needs a pattern, see Evaluator::compares
  }
  return false;
}

bool Evaluator::accepts(const Filter& filter) {
  switch (filter.kind) {
    case Filter::Kind::Or:
      for (const Filter& child : filter.children) {
        if (accepts(child)) return true;
        if (refused_) return false;
      }
      return false;
    case Filter::Kind::And:
      for (const Filter& child : filter.children) {
        if (!accepts(child)) return false;
      }
      return true;
    case Filter::Kind::Not:
      return !accepts(filter.children.front()) && !refused_ && !error_;
    case Filter::Kind::Exists:
      return exists(filter.left);
    case Filter::Kind::Compare:
      return compares(filter);
  }
  return false;
}

// A path of many values exists when no name in it is missing, even if it finds none.
bool Evaluator::exists(const Operand& operand) {
  const bool outer = std::exchange(wants_all_, true);
  const Value value = value_of(operand);
  wants_all_ = outer;
  return !value.is_undefined() && !error_;
}

bool Evaluator::compares(const Filter& filter) {
  if (filter.comparison == Comparison::Matches) {
    const bool on_right = filter.right.kind == Operand::Kind::Pattern;
    const RegularExpression& pattern = *(on_right ? filter.right : filter.left).pattern;
    const Value value = value_of(on_right ? filter.left : filter.right);
    return spend(text_size(value) * pattern.size() / 8 + 1) && pattern_fits(pattern, value);
  }
  const Value left = value_of(filter.left);
  const Value right = value_of(filter.right);
  if (!spend(cost(filter.comparison, left, right))) return false;
  const auto holds_true = compare_values(filter.comparison, left, right);
  if (!holds_true) refused_ = true;
  return holds_true.value_or(false);
}

// Undefined for a path that leads nowhere: filters never fail on that, as they do on functions without
// numbers.
Value Evaluator::value_of(const Operand& operand) {
  if (operand.kind == Operand::Kind::Literal) return operand.literal;
  if (operand.kind == Operand::Kind::Pattern || !spend(operand.path->steps.size() + 1))
    return Value::undefined();
  const bool outer = std::exchange(in_filter_, true);
  Value value = result_of(*operand.path);
  in_filter_ = outer;
  if (error_ && error_->is_missing()) error_.reset();
  return value;
}

}  // namespace statelang::json_path
