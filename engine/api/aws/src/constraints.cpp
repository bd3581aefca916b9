#include "constraints.h"

#include <cmath>

namespace engine::api::aws {
namespace {

using statelang::Value;

// The service counts characters, not bytes.
int64_t characters(std::string_view text) {
  int64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

// Beyond that a number is none that an integer member can hold.
constexpr double kIntegerMax = 9e18;

bool right_type(MemberType type, const Value& value) {
  switch (type) {
    case MemberType::String:
      return value.is_string();
    case MemberType::Integer:
      return value.is_number() && std::abs(value.as_double()) <= kIntegerMax;
    case MemberType::Float:
      return value.is_number();
    case MemberType::Boolean:
      return value.is_boolean();
    case MemberType::Structure:
      return value.is_object();
    case MemberType::List:
      return value.is_array();
  }
  return false;
}

// `enumeration`: as messages show it, "[A, B]".
bool in_enumeration(std::string_view enumeration, std::string_view word) {
  std::string_view rest = enumeration.substr(1, enumeration.size() - 2);
  for (;;) {
    const size_t comma = rest.find(',');
    if (rest.substr(0, comma) == word) return true;
    if (comma == std::string_view::npos) return false;
    rest.remove_prefix(comma + 2);
  }
}

class Findings {
 public:
  void add(const Member& member, const std::string& value, const std::string& constraint) {
    if (count_++ > 0) text_ += "; ";
    text_ += "Value " + value + "at '" + std::string(member.name) +
             "' failed to satisfy constraint: Member must " + constraint;
  }
  std::optional<ConstraintError> result() const {
    if (count_ == 0) return std::nullopt;
    return ConstraintError{"ValidationException", std::to_string(count_) + " validation error" +
                                                      (count_ > 1 ? "s" : "") + " detected: " + text_};
  }

 private:
  int count_ = 0;
  std::string text_;
};

void check_member(const Member& member, const Value& value, Findings& findings) {
  const bool is_number = member.type == MemberType::Integer || member.type == MemberType::Float;
  double measure = 0;
  std::string shown;
  if (member.type == MemberType::String) {
    measure = static_cast<double>(characters(value.as_string()));
    shown = "'" + std::string(value.as_string()) + "' ";
  } else if (member.type == MemberType::Float) {
    measure = value.as_double();
    shown = "'" + to_json(value) + "' ";
  } else if (is_number) {
    const int64_t whole = value.is_integer() ? value.as_integer() : static_cast<int64_t>(value.as_double());
    measure = static_cast<double>(whole);
    shown = "'" + std::to_string(whole) + "' ";
  } else if (member.type == MemberType::List) {
    measure = static_cast<double>(value.size());
    shown = "'" + to_json(value) + "' ";
  } else {
    return;
  }
  const std::string what = is_number ? "have value " : "have length ";
  if (member.max >= 0 && measure > static_cast<double>(member.max)) {
    findings.add(member, shown, what + "less than or equal to " + std::to_string(member.max));
  }
  if (member.min >= 0 && measure < static_cast<double>(member.min)) {
    findings.add(member, shown, what + "greater than or equal to " + std::to_string(member.min));
  }
  if (!member.enumeration.empty() && !in_enumeration(member.enumeration, value.as_string())) {
    findings.add(member, shown, "satisfy enum value set: " + std::string(member.enumeration));
  }
}

}  // namespace

namespace {

bool has_null(const Value& value) {
  if (!value.is_object()) return value.is_null();
  for (const auto& [key, member] : value.as_object()) {
    if (has_null(member)) return true;
  }
  return false;
}

// Is the structure there that the member is of?
bool has_parent(const Value& input, std::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos || find_member(input, path.substr(0, dot)) != nullptr;
}

}  // namespace

Value without_nulls(Value input) {
  if (!input.is_object() || !has_null(input)) return input;
  Value out = Value::object();
  for (const auto& [key, member] : input.as_object()) {
    if (!member.is_null()) out.set(key.as_string(), without_nulls(member));
  }
  return out;
}

const Value* find_member(const Value& input, std::string_view path) {
  const Value* value = &input;
  while (value && value->is_object()) {
    const size_t dot = path.find('.');
    value = value->find(path.substr(0, dot));
    if (dot == std::string_view::npos) return value;
    path.remove_prefix(dot + 1);
  }
  return nullptr;
}

std::optional<ConstraintError> check_constraints(const std::vector<Member>& members, const Value& input) {
  Findings findings;
  for (const Member& member : members) {
    const Value* value = find_member(input, member.name);
    if (!value || value->is_null()) {
      if (member.required && has_parent(input, member.name)) findings.add(member, "", "not be null");
      continue;
    }
    if (!right_type(member.type, *value)) {
      return ConstraintError{"SerializationException",
                             "Unexpected value type in payload for member " + std::string(member.name)};
    }
    check_member(member, *value, findings);
  }
  return findings.result();
}

}  // namespace engine::api::aws
