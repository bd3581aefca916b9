#include <cmath>

#include <statelang/utf8.h>

#include "evaluator.h"
#include "text.h"

namespace statelang::jsonata {

bool is_number(const Value& value) {
  if (value.is_integer()) return true;
  if (!value.is_double()) return false;
  const double number = value.as_double();
  if (std::isnan(number)) return false;
  if (std::isinf(number)) raise("D1001", value);
  return true;
}

bool truthy(const Value& value) {
  switch (value.type()) {
    case Value::Type::Boolean:
      return value.as_boolean();
    case Value::Type::String:
      return !value.as_string().empty();
    case Value::Type::Integer:
      return value.as_integer() != 0;
    case Value::Type::Double:
      return is_number(value) && value.as_double() != 0;
    case Value::Type::Object:
      return value.size() > 0;
    case Value::Type::Array:
      for (const Value& item : value.as_array()) {
        if (truthy(item)) return true;
      }
      return false;
    default:
      return false;
  }
}

bool deep_equal(const Value& a, const Value& b) {
  if (a.is_double() && b.is_double()) return a.as_double() == b.as_double();
  return a == b;
}

Value Evaluator::eval_negate(const Node& node, const Value& input, Frame* frame) {
  const Value value = eval(*node.lhs, input, frame);
  if (value.is_undefined()) return value;
  if (!is_number(value)) raise_at("D1002", node.position, "-", value);
  return number_value(-value.as_double());
}

namespace {

double calculate(Operator op, double a, double b) {
  switch (op) {
    case Operator::Add:
      return a + b;
    case Operator::Subtract:
      return a - b;
    case Operator::Multiply:
      return a * b;
    case Operator::Divide:
      return a / b;
    default:
      return std::fmod(a, b);
  }
}

// True when the result is exact and `out` holds it: whole numbers below 2^53 behave as doubles do.
bool whole(Operator op, int64_t a, int64_t b, int64_t& out) {
  constexpr int64_t kExact = 9007199254740992;
  const auto small = [](int64_t n, int64_t bound) { return n <= bound && n >= -bound; };
  if (!small(a, kExact) || !small(b, kExact)) return false;
  switch (op) {
    case Operator::Add:
      out = a + b;
      break;
    case Operator::Subtract:
      out = a - b;
      break;
    case Operator::Multiply:
      if (__builtin_mul_overflow(a, b, &out)) return false;
      break;
    default:
      return false;
  }
  return small(out, kExact);
}

}  // namespace

Value Evaluator::eval_arithmetic(const Node& node, const Value& input, Frame* frame) {
  const Value a = eval(*node.lhs, input, frame);
  const Value b = eval(*node.rhs, input, frame);
  int64_t exact = 0;
  if (a.is_integer() && b.is_integer() && whole(node.op, a.as_integer(), b.as_integer(), exact)) {
    return Value(exact);
  }
  try {
    if (!a.is_undefined() && !is_number(a)) raise("T2001", a);
    if (!b.is_undefined() && !is_number(b)) raise("T2002", b);
  } catch (Raised& raised) {
    raised.position = node.position;
    raised.token = node.value.as_string();
    throw;
  }
  if (a.is_undefined() || b.is_undefined()) return Value::undefined();
  const double result = calculate(node.op, a.as_double(), b.as_double());
  if (!std::isfinite(result)) note_not_finite();
  return number_value(result);
}

namespace {

bool holds(Operator op, int order) {
  switch (op) {
    case Operator::Less:
      return order < 0;
    case Operator::LessEqual:
      return order <= 0;
    case Operator::Greater:
      return order > 0;
    default:
      return order >= 0;
  }
}

}  // namespace

Value Evaluator::eval_comparison(const Node& node, const Value& input, Frame* frame) {
  const Value a = eval(*node.lhs, input, frame);
  const Value b = eval(*node.rhs, input, frame);
  if (node.kind == Kind::Equality) {
    if (a.is_undefined() || b.is_undefined()) return Value(false);
    return Value(deep_equal(a, b) == (node.op == Operator::Equal));
  }
  const auto comparable = [](const Value& value) {
    return value.is_undefined() || value.is_string() || value.is_number();
  };
  if (!comparable(a) || !comparable(b)) {
    raise_at("T2010", node.position, std::string(node.value.as_string()),
             a.is_string() || a.is_number() ? b : a);
  }
  if (a.is_undefined() || b.is_undefined()) return Value::undefined();
  if (a.is_string() != b.is_string()) {
    throw Raised{.code = "T2009",
                 .position = node.position,
                 .value = a,
                 .value2 = b,
                 .token = std::string(node.value.as_string())};
  }
  if (a.is_string()) return Value(holds(node.op, compare_code_units(a.as_string(), b.as_string())));
  const double x = a.as_double();
  const double y = b.as_double();
  if (std::isnan(x) || std::isnan(y)) return Value(false);
  return Value(holds(node.op, x < y ? -1 : x > y ? 1 : 0));
}

Value Evaluator::eval_logic(const Node& node, const Value& input, Frame* frame) {
  const bool is_and = node.kind == Kind::And;
  const Value left = eval(*node.lhs, input, frame);
  try {
    if (truthy(left) != is_and) return Value(!is_and);
    return Value(truthy(eval(*node.rhs, input, frame)));
  } catch (
      Raised& raised) {  // whatever fails on the right is told as the operator's, as the reference has it
    raised.position = node.position;
    raised.token = is_and ? "and" : "or";
    throw;
  }
}

Value Evaluator::eval_concatenate(const Node& node, const Value& input, Frame* frame) {
  const Value a = eval(*node.lhs, input, frame);
  const Value b = eval(*node.rhs, input, frame);
  std::string text;
  try {
    for (const Value* operand : {&a, &b}) {
      if (operand->is_string()) {
        text += operand->as_string();
      } else if (!operand->is_undefined()) {
        text += to_string_value(*this, *operand).as_string();
      }
    }
    return string(std::move(text));
  } catch (Raised& raised) {
    raised.position = node.position;
    throw;
  }
}

Value Evaluator::eval_membership(const Node& node, const Value& input, Frame* frame) {
  const Value a = eval(*node.lhs, input, frame);
  const Value b = eval(*node.rhs, input, frame);
  if (a.is_undefined() || b.is_undefined()) return Value(false);
  const auto identical = [&](const Value& item) {
    const bool container = a.is_array() || a.is_object() || a.is_opaque();
    return container ? a.same_content(item) : a == item;
  };
  if (!b.is_array()) return Value(identical(b));
  for (const Value& item : b.as_array()) {
    if (identical(item)) return Value(true);
  }
  return Value(false);
}

}  // namespace statelang::jsonata
