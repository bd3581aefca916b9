#include "constraints.h"

#include <algorithm>
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
  void add(std::string_view member, const std::string& value, const std::string& constraint) {
    if (count_++ > 0) text_ += "; ";
    text_ += "Value " + value + "at '" + std::string(member) +
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

// As the service prints it: texts bare, structures as SHAPE(member=value, ...).
std::string printed(const Value& value, std::string_view shape) {
  if (value.is_string()) return std::string(value.as_string());
  std::string out;
  const auto next = [&]() -> std::string& { return out += out.empty() ? "" : ", "; };
  if (value.is_array()) {
    for (const Value& item : value.as_array()) next() += printed(item, shape);
    return "[" + out + "]";
  }
  if (!value.is_object() || shape.empty()) return to_json(value);
  for (const auto& [key, member] : value.as_object())
    next() += std::string(key.as_string()) + "=" + printed(member, {});
  return std::string(shape) + "(" + out + ")";
}

// Members whose values no message repeats (the service model's trait `sensitive`). Of these, payloads have a
// size in bytes.
constexpr std::string_view kPayloads[] = {
    "context", "input", "mock.result", "output", "stateConfiguration.mapItemReaderData", "variables"};
constexpr std::string_view kSensitive[] = {"cause",
                                           "definition",
                                           "description",
                                           "error",
                                           "mock.errorOutput.cause",
                                           "mock.errorOutput.error",
                                           "stateConfiguration.errorCausedByState",
                                           "stateName",
                                           "taskToken",
                                           "versionDescription"};

bool is_payload(std::string_view member) {
  return std::find(std::begin(kPayloads), std::end(kPayloads), member) != std::end(kPayloads);
}
bool is_sensitive(std::string_view member) {
  return is_payload(member) ||
         std::find(std::begin(kSensitive), std::end(kSensitive), member) != std::end(kSensitive);
}

struct Measure {
  double size = 0;
  std::string shown;
};

// nullopt: nothing about it is bounded.
std::optional<Measure> measure(const Member& member, const Value& value) {
  const auto quoted = [](const std::string& text) { return "'" + text + "' "; };
  switch (member.type) {
    case MemberType::String: {
      const std::string_view text = value.as_string();
      const auto size = is_payload(member.name) ? static_cast<int64_t>(text.size()) : characters(text);
      return Measure{static_cast<double>(size), is_sensitive(member.name) ? "" : quoted(std::string(text))};
    }
    case MemberType::Float:
      return Measure{value.as_double(), quoted(to_json(value))};
    case MemberType::Integer: {
      const int64_t whole = value.is_integer() ? value.as_integer() : static_cast<int64_t>(value.as_double());
      return Measure{static_cast<double>(whole), quoted(std::to_string(whole))};
    }
    case MemberType::List:
      return Measure{static_cast<double>(value.size()), quoted(printed(value, member.element_shape))};
    case MemberType::Boolean:
    case MemberType::Structure:
      break;
  }
  return std::nullopt;
}

void check_member(const Member& member, std::string_view name, const Value& value, Findings& findings) {
  const auto measured = measure(member, value);
  if (!measured) return;
  const bool is_number = member.type == MemberType::Integer || member.type == MemberType::Float;
  const bool in_bytes = is_payload(member.name);
  const std::string what = is_number ? "have value " : in_bytes ? "have size " : "have length ";
  if (!member.pattern.empty() && !matches(member.pattern, value.as_string())) {
    findings.add(name, measured->shown, "satisfy regular expression pattern: " + std::string(member.pattern));
  }
  if (member.max >= 0 && measured->size > static_cast<double>(member.max)) {
    findings.add(name, measured->shown,
                 what + "less than or equal to " + std::to_string(member.max) +
                     (in_bytes ? " bytes in UTF-8 encoding" : ""));
  }
  if (member.min >= 0 && measured->size < static_cast<double>(member.min)) {
    findings.add(name, measured->shown, what + "greater than or equal to " + std::to_string(member.min));
  }
  if (!member.enumeration.empty() && !in_enumeration(member.enumeration, value.as_string())) {
    findings.add(name, measured->shown, "satisfy enum value set: " + std::string(member.enumeration));
  }
}

bool has_null(const Value& value) {
  if (value.is_array())
    return std::any_of(value.as_array().begin(), value.as_array().end(),
                       [](const Value& item) { return item.is_object() && has_null(item); });
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

bool matches(std::string_view pattern, std::string_view text) {
  const auto all = [text](auto&& is) { return std::all_of(text.begin(), text.end(), is); };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (pattern == kAscii) return all([](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (pattern == kVisible) return !text.empty() && all([](char c) { return c > 0x20 && c < 0x7F; });
  return !all(is_digit) && all([&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  });
}

Value without_nulls(Value input) {
  if (!has_null(input) || input.is_null()) return input;
  if (input.is_array()) {
    Value items = Value::array();
    for (const Value& item : input.as_array()) items.push_back(without_nulls(item));
    return items;
  }
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

namespace {

constexpr std::string_view kEach = "[]";

// What breaks the rules of a list of texts, as one finding about the whole list.
void check_texts(const Member& member, std::string_view name, const Value& list, Findings& findings) {
  const auto breaks = [&](const Value& item) {
    const double length = static_cast<double>(characters(item.as_string()));
    return length > static_cast<double>(member.max) || length < static_cast<double>(member.min);
  };
  const auto& items = list.as_array();
  if (std::none_of(items.begin(), items.end(), breaks)) return;
  findings.add(name, "'" + printed(list, {}) + "' ",
               "satisfy constraint: [Member must have length less than or equal to " +
                   std::to_string(member.max) + ", Member must have length greater than or equal to " +
                   std::to_string(member.min) + "]");
}

ConstraintError wrong_type(std::string_view name) {
  return {"SerializationException", "Unexpected value type in payload for member " + std::string(name)};
}

// The error that ends the check: a value of another type.
std::optional<ConstraintError> check_one(const Member& member, std::string_view path, const std::string& name,
                                         const Value& around, Findings& findings) {
  const Value* value = find_member(around, path);
  if (!value || value->is_null()) {
    if (member.required && has_parent(around, path))
      findings.add(name, is_sensitive(member.name) ? "" : "null ", "not be null");
    return std::nullopt;
  }
  if (!right_type(member.type, *value)) return wrong_type(name);
  check_member(member, name, *value, findings);
  return std::nullopt;
}

std::optional<ConstraintError> check_elements(const Member& member, const Value& input, Findings& findings) {
  const size_t each = member.name.find(kEach);
  const std::string list_name(member.name.substr(0, each));
  const Value* list = find_member(input, list_name);
  if (!list || !list->is_array()) return std::nullopt;
  const bool of_structures = each + kEach.size() < member.name.size();
  size_t number = 0;
  for (const Value& item : list->as_array()) {
    const std::string name = list_name + "." + std::to_string(++number) + ".member";
    if (!of_structures) {
      if (!item.is_string()) return wrong_type(name);
      continue;
    }
    if (!item.is_object()) return wrong_type(name);
    const std::string_view path = member.name.substr(each + kEach.size() + 1);
    if (auto broken = check_one(member, path, name + "." + std::string(path), item, findings)) return broken;
  }
  if (!of_structures) check_texts(member, list_name, *list, findings);
  return std::nullopt;
}

}  // namespace

std::optional<ConstraintError> check_constraints(const std::vector<Member>& members, const Value& input) {
  Findings findings;
  for (const Member& member : members) {
    auto broken = member.name.find(kEach) == std::string_view::npos
                      ? check_one(member, member.name, std::string(member.name), input, findings)
                      : check_elements(member, input, findings);
    if (broken) return broken;
  }
  return findings.result();
}

}  // namespace engine::api::aws
