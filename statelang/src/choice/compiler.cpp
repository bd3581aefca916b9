// Rule JSON to Test, collecting every mistake.
#include <algorithm>
#include <array>

#include <statelang/json_pointer.h>

#include "choice/rule_content.h"

namespace statelang::choice {
namespace {

constexpr Operator kOperators[] = {
    {"StringEquals", Subject::String, Relation::Equals},
    {"StringEqualsPath", Subject::String, Relation::Equals, true},
    {"StringLessThan", Subject::String, Relation::LessThan},
    {"StringLessThanPath", Subject::String, Relation::LessThan, true},
    {"StringGreaterThan", Subject::String, Relation::GreaterThan},
    {"StringGreaterThanPath", Subject::String, Relation::GreaterThan, true},
    {"StringLessThanEquals", Subject::String, Relation::LessThanEquals},
    {"StringLessThanEqualsPath", Subject::String, Relation::LessThanEquals, true},
    {"StringGreaterThanEquals", Subject::String, Relation::GreaterThanEquals},
    {"StringGreaterThanEqualsPath", Subject::String, Relation::GreaterThanEquals, true},
    {"StringMatches", Subject::StringMatches},
    {"NumericEquals", Subject::Numeric, Relation::Equals},
    {"NumericEqualsPath", Subject::Numeric, Relation::Equals, true},
    {"NumericLessThan", Subject::Numeric, Relation::LessThan},
    {"NumericLessThanPath", Subject::Numeric, Relation::LessThan, true},
    {"NumericGreaterThan", Subject::Numeric, Relation::GreaterThan},
    {"NumericGreaterThanPath", Subject::Numeric, Relation::GreaterThan, true},
    {"NumericLessThanEquals", Subject::Numeric, Relation::LessThanEquals},
    {"NumericLessThanEqualsPath", Subject::Numeric, Relation::LessThanEquals, true},
    {"NumericGreaterThanEquals", Subject::Numeric, Relation::GreaterThanEquals},
    {"NumericGreaterThanEqualsPath", Subject::Numeric, Relation::GreaterThanEquals, true},
    {"BooleanEquals", Subject::Boolean},
    {"BooleanEqualsPath", Subject::Boolean, Relation::Equals, true},
    {"TimestampEquals", Subject::Timestamp, Relation::Equals},
    {"TimestampEqualsPath", Subject::Timestamp, Relation::Equals, true},
    {"TimestampLessThan", Subject::Timestamp, Relation::LessThan},
    {"TimestampLessThanPath", Subject::Timestamp, Relation::LessThan, true},
    {"TimestampGreaterThan", Subject::Timestamp, Relation::GreaterThan},
    {"TimestampGreaterThanPath", Subject::Timestamp, Relation::GreaterThan, true},
    {"TimestampLessThanEquals", Subject::Timestamp, Relation::LessThanEquals},
    {"TimestampLessThanEqualsPath", Subject::Timestamp, Relation::LessThanEquals, true},
    {"TimestampGreaterThanEquals", Subject::Timestamp, Relation::GreaterThanEquals},
    {"TimestampGreaterThanEqualsPath", Subject::Timestamp, Relation::GreaterThanEquals, true},
    {"IsNull", Subject::IsNull},
    {"IsPresent", Subject::IsPresent},
    {"IsNumeric", Subject::IsNumeric},
    {"IsString", Subject::IsString},
    {"IsBoolean", Subject::IsBoolean},
    {"IsTimestamp", Subject::IsTimestamp},
};
static_assert(std::size(kOperators) == 39);

bool ends_in_open_escape(std::string_view pattern) {
  bool open = false;
  for (char c : pattern) open = c == '\\' && !open;
  return open;
}

class Compiler {
 public:
  Test compile(const Value& json, const std::string& pointer, size_t depth) {
    Test test;
    if (!json.is_object()) {
      fail(pointer, "A Choice Rule must be an object");
    } else if (depth > kRuleDepthMax) {
      fail(pointer, "Choice Rules are nested too deeply");
    } else {
      compile_object(test, json.as_object(), pointer, depth);
    }
    return test;
  }

  std::vector<CompileError> errors;
  std::vector<std::string> variables;

 private:
  void fail(const std::string& pointer, std::string message) {
    errors.push_back({pointer, std::move(message)});
  }

  void fail_field(const std::string& pointer, std::string_view field, std::string message) {
    errors.push_back({pointer, std::move(message), std::string(field)});
  }

  void compile_object(Test& test, const Object& rule, const std::string& pointer, size_t depth) {
    const Value* variable = nullptr;
    size_t tests = 0;
    for (const auto& [key, value] : rule) {
      const std::string_view name = key.as_string();
      const std::string at = pointer + "/" + pointer_token(name);
      if (name == "Variable") {
        variable = &value;
      } else if (name == "And" || name == "Or") {
        test.kind = name == "And" ? Test::Kind::And : Test::Kind::Or;
        ++tests;
        compile_list(test, value, at, depth);
      } else if (name == "Not") {
        test.kind = Test::Kind::Not;
        ++tests;
        test.children.push_back(compile(value, at, depth + 1));
      } else if (const Operator* op = find_operator(name)) {
        test.op = op;
        ++tests;
        compile_operand(test, value, at);
      } else if (std::find(std::begin(kRuleFields), std::end(kRuleFields), name) == std::end(kRuleFields)) {
        fail_field(pointer, name, "Field '" + std::string(name) + "' is not supported");
      } else if (depth > 1 && name != "Comment") {
        fail_field(pointer, name,
                   "Field '" + std::string(name) + "' is allowed in a top-level Choice Rule only");
      }
    }
    if (tests == 0) fail(pointer, "A Choice Rule needs a comparison operator or one of And, Or and Not");
    if (tests > 1) fail(pointer, "A Choice Rule must have exactly one comparison operator");
    if (test.op) compile_variable(test, variable, pointer);
    if (variable && tests > 0 && !test.op)
      fail_field(pointer, "Variable", "Field 'Variable' is not supported");
  }

  void compile_list(Test& test, const Value& list, const std::string& pointer, size_t depth) {
    if (!list.is_array() || list.size() == 0) return fail(pointer, "Value must be a non-empty array");
    for (size_t i = 0; i < list.size(); ++i) {
      test.children.push_back(compile(list[i], pointer + "/" + std::to_string(i), depth + 1));
    }
  }

  void compile_variable(Test& test, const Value* variable, const std::string& pointer) {
    if (!variable) return fail(pointer, "These fields are required: [Variable]");
    if (auto path = compile_path(*variable, pointer + "/Variable")) test.variable = std::move(*path);
  }

  std::optional<json_path::Path> compile_path(const Value& text, const std::string& pointer) {
    if (text.is_string()) {
      auto path = json_path::Path::parse(text.as_string());
      if (path) {
        for (std::string& name : path->variables()) {
          if (std::find(variables.begin(), variables.end(), name) == variables.end()) {
            variables.push_back(std::move(name));
          }
        }
        return std::move(*path);
      }
    }
    const bool starts = text.is_string() && text.as_string().starts_with("$");
    fail(pointer, starts ? "Value is not a Reference Path"
                         : "Value is not a Reference Path: Reference path didn't start with '$'");
    return std::nullopt;
  }

  void compile_operand(Test& test, const Value& value, const std::string& pointer) {
    test.operand = value;
    if (test.op->path) {
      test.operand_path = compile_path(value, pointer);
      return;
    }
    switch (test.op->subject) {
      case Subject::String:
        if (!value.is_string()) fail(pointer, "Expected value of type String");
        break;
      case Subject::StringMatches:
        if (!value.is_string()) return fail(pointer, "Expected value of type String");
        if (ends_in_open_escape(value.as_string())) fail(pointer, "The pattern ends in an open escape");
        break;
      case Subject::Numeric:
        if (!value.is_number()) fail(pointer, "Expected value of type Number");
        break;
      case Subject::Timestamp:
        if (value.is_string()) test.operand_time = timestamps::parse(value.as_string());
        if (!test.operand_time) fail(pointer, "String does not match RFC3339 timestamp");
        break;
      default:
        if (!value.is_boolean()) fail(pointer, "Expected value of type Boolean");
    }
  }
};

}  // namespace

const Operator* find_operator(std::string_view name) {
  for (const Operator& op : kOperators) {
    if (op.name == name) return &op;
  }
  return nullptr;
}

const std::vector<std::string_view>& comparison_operators() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Operator& op : kOperators) all.push_back(op.name);
    return all;
  }();
  return names;
}

Expected<Rule, std::vector<CompileError>> Rule::compile(const Value& json) {
  Compiler compiler;
  auto content = std::make_shared<Content>();
  content->test = compiler.compile(json, "", 1);
  if (!compiler.errors.empty()) return Unexpected<std::vector<CompileError>>{std::move(compiler.errors)};
  content->variables = std::move(compiler.variables);
  return Rule(std::move(content));
}

}  // namespace statelang::choice
