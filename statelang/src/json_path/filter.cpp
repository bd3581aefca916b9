// Filter expressions: `[?(@.price < 10 && @.isbn)]`.
#include <algorithm>
#include <charconv>
#include <utility>

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

// A number equals the text that spells it; `===` wants the same type.
bool equal(const Value& left, const Value& right) {
  if (left == right) return true;
  const bool mixed = (left.is_number() && right.is_string()) || (left.is_string() && right.is_number());
  if (!mixed) return false;
  const auto a = as_number(left), b = as_number(right);
  return a && b && *a == *b;
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

bool holds(const Value& list, const Value& value) {
  if (!list.is_array()) return false;
  const Array& items = list.as_array();
  return std::any_of(items.begin(), items.end(), [&](const Value& item) { return equal(item, value); });
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

bool size_is(const Value& left, const Value& right) {
  if (!right.is_integer()) return false;
  const auto expected = static_cast<size_t>(right.as_integer());
  if (left.is_string()) return left.as_string().size() == expected;
  return left.is_array() && left.size() == expected;
}

bool is_empty(const Value& left, const Value& right) {
  if (!right.is_boolean() || left.is_undefined()) return false;
  const bool sized = left.is_array() || left.is_object() || left.is_string();
  const bool empty = left.is_string() ? left.as_string().empty() : left.size() == 0;
  return sized && empty == right.as_boolean();
}

bool type_is(const Value& left, const Value& right) {
  if (!right.is_string()) return false;
  const std::string_view name = right.as_string();
  switch (left.type()) {
    case Value::Type::Null:
      return name == "null";
    case Value::Type::Boolean:
      return name == "boolean";
    case Value::Type::Integer:
    case Value::Type::Double:
      return name == "number";
    case Value::Type::String:
      return name == "string";
    case Value::Type::Array:
    case Value::Type::Object:
      return name == "json";
    default:
      return false;
  }
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
    case Comparison::AllOf:
      return left.size() * right.size() + 1;
    default:
      return 1;
  }
}

}  // namespace

bool compare_values(Comparison comparison, const Value& left, const Value& right) {
  const auto ordered = order(left, right);
  const bool lists = left.is_array() && right.is_array();
  switch (comparison) {
    case Comparison::Equal:
      return equal(left, right);
    case Comparison::NotEqual:
      return !equal(left, right);
    case Comparison::StrictEqual:
      return left == right;
    case Comparison::StrictNotEqual:
      return !(left == right);
    case Comparison::Less:
      return ordered && *ordered < 0;
    case Comparison::LessEqual:
      return ordered && *ordered <= 0;
    case Comparison::Greater:
      return ordered && *ordered > 0;
    case Comparison::GreaterEqual:
      return ordered && *ordered >= 0;
    case Comparison::In:
      return holds(right, left);
    case Comparison::NotIn:
      return !holds(right, left);
    case Comparison::SubsetOf:
      return lists && all_in(left, right);
    case Comparison::AnyOf:
      return lists && any_in(left, right);
    case Comparison::NoneOf:
      return lists && !any_in(left, right);
    case Comparison::AllOf:
      return lists && all_in(right, left);
    case Comparison::Size:
      return size_is(left, right);
    case Comparison::Empty:
      return is_empty(left, right);
    case Comparison::Contains:
      return contains(left, right);
    case Comparison::Type:
      return type_is(left, right);
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
      }
      return false;
    case Filter::Kind::And:
      for (const Filter& child : filter.children) {
        if (!accepts(child)) return false;
      }
      return true;
    case Filter::Kind::Not:
      return !accepts(filter.children.front()) && !error_;
    case Filter::Kind::Exists: {
      const Value value = value_of(filter.left);
      if (!filter.left.path->definite && filter.left.path->functions.empty()) return value.size() > 0;
      return !value.is_undefined();
    }
    case Filter::Kind::Compare:
      return compares(filter);
  }
  return false;
}

bool Evaluator::compares(const Filter& filter) {
  if (filter.comparison == Comparison::Matches) {
    const bool on_right = filter.right.kind == Operand::Kind::Pattern;
    const RegularExpression& pattern = *(on_right ? filter.right : filter.left).pattern;
    const Value text = value_of(on_right ? filter.left : filter.right);
    return text.is_string() && spend(text.as_string().size() * pattern.size() / 8 + 1) &&
           pattern.matches(text.as_string());
  }
  const Value left = value_of(filter.left);
  const Value right = value_of(filter.right);
  return spend(cost(filter.comparison, left, right)) && compare_values(filter.comparison, left, right);
}

// Undefined for a path that leads nowhere: filters never fail on that.
Value Evaluator::value_of(const Operand& operand) {
  if (operand.kind == Operand::Kind::Literal) return operand.literal;
  if (operand.kind == Operand::Kind::Pattern || !spend(operand.path->steps.size() + 1))
    return Value::undefined();
  const bool outer = std::exchange(in_filter_, true);
  Value value = result_of(*operand.path);
  in_filter_ = outer;
  if (error_ && error_->kind != Error::Kind::Budget && error_->kind != Error::Kind::MissingVariable)
    error_.reset();
  return value;
}

}  // namespace statelang::json_path
