#include <statelang/choice/comparison.h>
#include <statelang/utf8.h>

#include "choice/rule_content.h"

namespace statelang::choice {
namespace {

Failure runtime_failure(const json_path::Path& path, const json_path::Error& error) {
  const std::string why =
      error.is_missing() ? "The choice state's condition path references an invalid value." : error.text;
  return {std::string(errors::kRuntime), "Invalid path '" + path.text() + "': " + why, true, true};
}

template <class Order>
bool holds(Relation relation, Order order) {
  switch (relation) {
    case Relation::Equals:
      return order == 0;
    case Relation::LessThan:
      return order < 0;
    case Relation::GreaterThan:
      return order > 0;
    case Relation::LessThanEquals:
      return order <= 0;
    case Relation::GreaterThanEquals:
      return order >= 0;
  }
  return false;
}

bool compare_numbers(Relation relation, const Value& a, const Value& b) {
  if (!a.is_number() || !b.is_number()) return false;
  if (a.is_integer() && b.is_integer()) return holds(relation, a.as_integer() <=> b.as_integer());
  return holds(relation, a.as_double() <=> b.as_double());
}

std::optional<timestamps::Timestamp> time_of(const Value& value) {
  return value.is_string() ? timestamps::parse(value.as_string()) : std::nullopt;
}

bool compare(const Test& test, const Value& value, const Value& operand) {
  const Relation relation = test.op->relation;
  switch (test.op->subject) {
    case Subject::String:
      return value.is_string() && operand.is_string() &&
             holds(relation, compare_code_units(value.as_string(), operand.as_string()));
    case Subject::Numeric:
      return compare_numbers(relation, value, operand);
    case Subject::Boolean:
      return value.is_boolean() && operand.is_boolean() && value.as_boolean() == operand.as_boolean();
    case Subject::Timestamp: {
      const auto left = time_of(value);
      const auto right = test.operand_time ? test.operand_time : time_of(operand);
      return left && right && holds(relation, *left <=> *right);
    }
    case Subject::StringMatches:
      return value.is_string() && matches_wildcards(operand.as_string(), value.as_string());
    case Subject::IsNull:
      return value.is_null() == operand.as_boolean();
    case Subject::IsPresent:
      return operand.as_boolean();
    case Subject::IsNumeric:
      return value.is_number() == operand.as_boolean();
    case Subject::IsString:
      return value.is_string() == operand.as_boolean();
    case Subject::IsBoolean:
      return value.is_boolean() == operand.as_boolean();
    case Subject::IsTimestamp:
      return time_of(value).has_value() == operand.as_boolean();
  }
  return false;
}

Expected<bool, Failure> compare_data(const Test& test, const json_path::Roots& roots) {
  const Value* value = test.variable.find(roots);
  Value made;
  if (!value) {
    auto evaluated = test.variable.evaluate(roots);
    if (!evaluated) {
      const json_path::Error& error = evaluated.error();
      const bool absent = error.is_missing() || error.kind == json_path::Error::Kind::MissingVariable;
      if (test.op->subject == Subject::IsPresent && absent) return !test.operand.as_boolean();
      return Unexpected<Failure>{runtime_failure(test.variable, error)};
    }
    made = std::move(*evaluated);
    value = &made;
  }
  if (!test.operand_path) return compare(test, *value, test.operand);
  auto operand = test.operand_path->evaluate(roots);
  if (!operand) return Unexpected<Failure>{runtime_failure(*test.operand_path, operand.error())};
  return compare(test, *value, *operand);
}

Expected<bool, Failure> run(const Test& test, const json_path::Roots& roots) {
  if (test.kind == Test::Kind::Compare) return compare_data(test, roots);
  if (test.kind == Test::Kind::Not) {
    auto result = run(test.children.front(), roots);
    if (result) *result = !*result;
    return result;
  }
  const bool deciding = test.kind == Test::Kind::Or;
  for (const Test& child : test.children) {
    auto result = run(child, roots);
    if (!result || *result == deciding) return result;
  }
  return !deciding;
}

}  // namespace

bool matches_wildcards(std::string_view pattern, std::string_view text) {
  constexpr size_t kNone = std::string_view::npos;
  size_t p = 0, t = 0, star = kNone, star_text = 0;
  // The last star is the only one that ever has to take more: everything before it has matched already.
  while (t < text.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p + escaped] == text[t]) {
      p += escaped ? 2 : 1;
      ++t;
    } else if (star != kNone) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Expected<bool, Failure> Rule::matches(const json_path::Roots& roots) const {
  return run(content_->test, roots);
}
const std::vector<std::string>& Rule::variables() const {
  return content_->variables;
}

}  // namespace statelang::choice
