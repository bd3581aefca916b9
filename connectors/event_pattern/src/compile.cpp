#include <connectors/event_pattern/event_pattern.h>
#include <statelang/json_pointer.h>

#include "node.h"

namespace connectors::event_pattern {

using statelang::Diagnostic;
using statelang::Value;

namespace {

constexpr int kDepthMax = 50;

class Compiler {
 public:
  std::vector<Diagnostic> findings;

  Node object(const Value& value, const std::string& at, int depth) {
    Node node;
    if (!value.is_object() || value.size() == 0) {
      complain(at, "must be an object with at least one field");
      return node;
    }
    if (depth > kDepthMax) {
      complain(at, "is nested more than " + std::to_string(kDepthMax) + " deep");
      return node;
    }
    for (const auto& [key, member] : value.as_object()) {
      const std::string name(key.as_string());
      const std::string pointer = at + "/" + statelang::pointer_token(name);
      if (name == "$or") {
        node.alternatives.push_back(choices(member, pointer, depth));
        continue;
      }
      Field field;
      field.name = name;
      if (member.is_object()) {
        field.nested = std::make_unique<Node>(object(member, pointer, depth + 1));
      } else {
        field.matchers = values(member, pointer);
      }
      node.fields.push_back(std::move(field));
    }
    return node;
  }

 private:
  void complain(const std::string& at, std::string message) {
    Diagnostic finding;
    finding.code = "INVALID_EVENT_PATTERN";
    finding.location = at;
    finding.message = std::move(message);
    findings.push_back(std::move(finding));
  }

  std::vector<Node> choices(const Value& value, const std::string& at, int depth) {
    std::vector<Node> nodes;
    if (!value.is_array() || value.size() < 2) {
      complain(at, "must be an array of at least two patterns");
      return nodes;
    }
    for (size_t i = 0; i < value.size(); i++) {
      nodes.push_back(object(value[i], at + "/" + std::to_string(i), depth + 1));
    }
    return nodes;
  }

  std::vector<Matcher> values(const Value& value, const std::string& at) {
    std::vector<Matcher> matchers;
    if (!value.is_array() || value.size() == 0) {
      complain(at, "must be an array of values, or an object of fields");
      return matchers;
    }
    for (size_t i = 0; i < value.size(); i++) {
      const std::string pointer = at + "/" + std::to_string(i);
      if (value[i].is_object()) {
        matchers.push_back(operation(value[i], pointer));
      } else {
        matchers.push_back(equals(value[i], pointer));
      }
    }
    return matchers;
  }

  Matcher equals(const Value& value, const std::string& at) {
    Matcher matcher;
    matcher.value = value;
    if (value.is_array() || value.is_object())
      complain(at, "must be a string, a number, true, false or null");
    return matcher;
  }

  Matcher operation(const Value& value, const std::string& at) {
    Matcher matcher;
    if (value.size() != 1) {
      complain(at, "must have exactly one operator");
      return matcher;
    }
    const auto& [key, operand] = value.as_object()[0];
    const std::string name(key.as_string());
    const std::string pointer = at + "/" + statelang::pointer_token(name);
    if (name == "exists") {
      matcher.kind = Matcher::Kind::Exists;
      matcher.value = operand;
      if (!operand.is_boolean()) complain(pointer, "must be true or false");
    } else if (name == "numeric") {
      numeric(matcher, operand, pointer);
    } else if (name == "cidr") {
      matcher.kind = Matcher::Kind::Cidr;
      auto range = operand.is_string() ? parse_range(std::string(operand.as_string())) : std::nullopt;
      if (range) matcher.range = *range;
      if (!range) complain(pointer, "must be an address range such as \"10.0.0.0/24\"");
    } else if (name == "anything-but") {
      anything_but(matcher, operand, pointer);
    } else if (!text_operation(matcher, name, operand, pointer)) {
      complain(at, "\"" + name +
                       "\" is no operator; there are prefix, suffix, equals-ignore-case, wildcard, "
                       "anything-but, numeric, exists and cidr");
    }
    return matcher;
  }

  bool text_operation(Matcher& matcher, const std::string& name, const Value& given, const std::string& at) {
    const Value* operand = &given;
    if (name == "prefix" || name == "suffix") {
      matcher.kind = name == "prefix" ? Matcher::Kind::Prefix : Matcher::Kind::Suffix;
      if (const Value* inner = given.find("equals-ignore-case"); inner != nullptr && given.size() == 1) {
        matcher.ignore_case = true;
        operand = inner;
      }
    } else if (name == "equals-ignore-case") {
      matcher.kind = Matcher::Kind::IgnoreCase;
    } else if (name == "wildcard") {
      matcher.kind = Matcher::Kind::Wildcard;
    } else {
      return false;
    }
    if (!operand->is_string()) {
      complain(at, "must be a string");
      return true;
    }
    matcher.text = operand->as_string();
    if (matcher.kind == Matcher::Kind::Wildcard) check_wildcard(matcher.text, at);
    return true;
  }

  void check_wildcard(const std::string& text, const std::string& at) {
    for (size_t i = 0; i < text.size(); i++) {
      if (text[i] == '\\') {
        if (i + 1 == text.size() || (text[i + 1] != '*' && text[i + 1] != '\\')) {
          complain(at, "a backslash must stand before * or another backslash");
        }
        i++;
      } else if (text[i] == '*' && i + 1 < text.size() && text[i + 1] == '*') {
        complain(at, "two * must not follow each other");
      }
    }
  }

  // One comparison, or a range from below to above; what no number can satisfy is a mistake.
  void numeric(Matcher& matcher, const Value& operand, const std::string& at) {
    matcher.kind = Matcher::Kind::Numeric;
    bool fine = operand.is_array() && (operand.size() == 2 || operand.size() == 4);
    for (size_t i = 0; fine && i < operand.size(); i += 2) {
      const Value& sign = operand[i];
      fine = sign.is_string() && operand[i + 1].is_number();
      if (!fine) break;
      const std::string text(sign.as_string());
      fine = text == "<" || text == "<=" || text == ">" || text == ">=" || text == "=";
      matcher.comparisons.emplace_back(text, operand[i + 1].as_double());
    }
    if (!fine) {
      complain(at, "must be one comparison or a range, such as [\">\", 0, \"<=\", 5]");
    } else if (operand.size() == 4) {
      const auto& [low_sign, low] = matcher.comparisons[0];
      const auto& [high_sign, high] = matcher.comparisons[1];
      if (low_sign.front() != '>' || high_sign.front() != '<') {
        complain(at, "a range begins with > or >= and ends with < or <=");
      } else if (low >= high) {
        complain(at, "the range holds no number: its lower end must be less than its upper end");
      }
    }
  }

  void anything_but(Matcher& matcher, const Value& operand, const std::string& at) {
    matcher.kind = Matcher::Kind::AnythingBut;
    if (operand.is_object()) {
      if (operand.size() != 1) {
        complain(at, "must have exactly one operator");
        return;
      }
      const auto& [key, inner] = operand.as_object()[0];
      const std::string name(key.as_string());
      const Value list = inner.is_array() ? inner : Value::array({inner});
      for (size_t i = 0; i < list.size(); i++) {
        Matcher excluded;
        if (!text_operation(excluded, name, list[i], at + "/" + statelang::pointer_token(name))) {
          complain(at, "anything-but takes values, prefix, suffix, equals-ignore-case or wildcard");
        } else if (list[i].is_string() && list[i].as_string().empty() && name != "equals-ignore-case") {
          complain(at + "/" + statelang::pointer_token(name), "must not be empty");
        }
        matcher.excluded.push_back(std::move(excluded));
      }
    } else {
      const Value list = operand.is_array() ? operand : Value::array({operand});
      bool numbers = false;
      bool texts = false;
      for (size_t i = 0; i < list.size(); i++) {
        matcher.excluded.push_back(equals(list[i], at));
        numbers = numbers || list[i].is_number();
        texts = texts || list[i].is_string();
        if (!list[i].is_number() && !list[i].is_string()) complain(at, "excludes strings or numbers");
      }
      if (numbers && texts) complain(at, "excludes strings or numbers, not both");
    }
    if (matcher.excluded.empty()) complain(at, "must exclude something");
  }
};

}  // namespace

statelang::Expected<EventPattern, std::vector<Diagnostic>> EventPattern::compile(const Value& pattern) {
  Compiler compiler;
  auto root = std::make_shared<const Node>(compiler.object(pattern, "", 1));
  if (!compiler.findings.empty()) return statelang::Unexpected<std::vector<Diagnostic>>{compiler.findings};
  return EventPattern(std::move(root));
}

}  // namespace connectors::event_pattern
