// Pass, Wait, Choice and Fail.
#include <statelang/timestamps/timestamp.h>

#include "parser.h"

namespace statelang {

void DefinitionParser::parse_pass(Reader& reader, State& state) {
  PassFields pass;
  if (state.is_jsonata()) {
    reader.refuse({"Result"}, QueryLanguage::JsonPath, "Use Output.");
  } else if (const Value* result = reader.take("Result")) {
    pass.result = *result;
    warn_static_result(*result, reader.at("Result"));
  }
  state.fields = std::move(pass);
}

void DefinitionParser::parse_wait(Reader& reader, State& state) {
  WaitFields wait;
  std::vector<std::string_view> forms{"Seconds", "Timestamp"};
  if (!state.is_jsonata()) forms = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"};
  reader.one_of(forms, true);
  wait.seconds = parse_number(reader, state, "Seconds", 0, kSecondsMax);
  wait.timestamp = parse_text(reader, state, "Timestamp");
  if (wait.timestamp) {
    if (const auto* text = std::get_if<std::string>(&wait.timestamp->value);
        text && !timestamps::parse(*text)) {
      findings_.schema(reader.at("Timestamp"), "String does not match RFC3339 timestamp");
    }
  }
  state.fields = std::move(wait);
}

void DefinitionParser::report_rule(const choice::CompileError& error, const std::string& pointer) {
  if (error.field == "Output" || error.field == "Condition") return;  // of the other language, refused there
  if (error.field.empty()) return findings_.schema(pointer + error.pointer, error.message);
  findings_.member(pointer + error.pointer, error.field, error.message);
}

// Comparisons with what looks like a path: StringEquals where StringEqualsPath is meant.
void DefinitionParser::warn_operands(const Value& rule, const std::string& pointer) {
  if (!rule.is_object()) return;
  for (const auto& [key, value] : rule.as_object()) {
    const std::string_view name = key.as_string();
    const std::string at = join_pointer(pointer, name);
    if (name == "Not") warn_operands(value, at);
    if ((name == "And" || name == "Or") && value.is_array()) {
      for (size_t i = 0; i < value.size(); ++i) warn_operands(value[i], at + "/" + std::to_string(i));
    }
    if (value.is_string() && name.starts_with("String") && !name.ends_with("Path") && name != "StringMatches")
      warn_no_path(name, std::string(value.as_string()), at);
  }
}

// A JSONata rule has a Condition; comparisons belong to the other language.
void DefinitionParser::refuse_comparisons(Reader& reader) {
  std::vector<std::string_view> fields{"Variable", "And", "Or", "Not"};
  const auto& operators = choice::comparison_operators();
  fields.insert(fields.end(), operators.begin(), operators.end());
  reader.refuse(fields, QueryLanguage::JsonPath, "Use Condition.");
}

ChoiceRule DefinitionParser::parse_rule(const Value& json, const std::string& pointer, const State& state,
                                        size_t level) {
  ChoiceRule rule{false, {}, std::nullopt, std::nullopt};
  Reader reader(json, pointer, findings_);
  reader.require(state.is_jsonata() ? std::vector<std::string_view>{"Condition", "Next"}
                                    : std::vector<std::string_view>{"Next"});
  if (const auto next = reader.take_string("Next")) {
    if (const auto found = resolve(*next, reader.at("Next"), level)) rule.next = *found;
  }
  rule.assign = parse_assign(reader, state, level, true, templates::StatesAccess::Input);
  if (!state.is_jsonata()) {
    auto compiled = choice::Rule::compile(json);
    if (compiled) {
      rule.condition = std::move(*compiled);
    } else {
      for (auto& error : compiled.error()) report_rule(error, pointer);
    }
    if (json.find("Output")) reader.refuse({"Output"}, QueryLanguage::Jsonata);
    if (json.find("Condition")) reader.refuse({"Condition"}, QueryLanguage::Jsonata);
    warn_operands(json, pointer);
    return rule;
  }
  reader.take_string("Comment");
  const Value* condition = reader.json().find("Condition");
  if (condition && condition->is_string()) {
    if (auto compiled = parse_template(reader, "Condition", state, false)) {
      rule.condition = std::get<templates::JsonataTemplate>(std::move(*compiled));
    }
    if (!templates::JsonataTemplate::is_expression(condition->as_string())) {
      findings_.schema(reader.at("Condition"), "Expected value of type Boolean",
                       "true, false or an expression: {% ... %}.");
    }
  } else if (const auto literal = reader.take_boolean("Condition")) {
    rule.condition = *literal;
  }
  rule.output = parse_template(reader, "Output", state, false);
  refuse_comparisons(reader);
  reader.finish();
  return rule;
}

void DefinitionParser::parse_choice(Reader& reader, State& state, size_t level) {
  ChoiceFields choice;
  reader.require({"Choices"});
  if (const Value* rules = reader.take_array("Choices", false)) {
    for (size_t i = 0; i < rules->size(); ++i) {
      const std::string pointer = reader.at("Choices") + "/" + std::to_string(i);
      if ((*rules)[i].is_object()) {
        choice.rules.push_back(parse_rule((*rules)[i], pointer, state, level));
      } else {
        findings_.schema(pointer, "Expected value of type Object");
      }
    }
  }
  if (const auto otherwise = reader.take_string("Default")) {
    choice.otherwise = resolve(*otherwise, reader.at("Default"), level);
  }
  state.fields = std::move(choice);
}

void DefinitionParser::parse_fail(Reader& reader, State& state) {
  FailFields fail;
  fail.error = parse_text(reader, state, "Error");
  fail.cause = parse_text(reader, state, "Cause");
  state.fields = std::move(fail);
}

}  // namespace statelang
