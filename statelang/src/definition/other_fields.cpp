// Pass, Wait, Choice and Fail.
#include <statelang/timestamps/timestamp.h>

#include "parser.h"

namespace statelang {

void DefinitionParser::parse_pass(Reader& reader, State& state) {
  PassFields pass;
  if (state.is_jsonata()) {
    reader.refuse({"Result"}, "JSONPath states only: use Output.");
  } else if (const Value* result = reader.take("Result")) {
    pass.result = *result;
    if (result->is_object()) {
      for (const auto& [key, value] : result->as_object()) {
        if (key.as_string().ends_with(".$")) {
          findings_.warning("PASS_RESULT_IS_STATIC", reader.at("Result"),
                            "Result is static: paths in it are not evaluated", "Use Parameters instead.");
          break;
        }
      }
    }
  }
  state.fields = std::move(pass);
}

void DefinitionParser::parse_wait(Reader& reader, State& state) {
  WaitFields wait;
  const bool paths = !state.is_jsonata();
  if (state.is_jsonata()) reader.refuse({"SecondsPath", "TimestampPath"}, "JSONPath states only.");
  int given = 0;
  for (const std::string_view field : {"Seconds", "Timestamp"}) given += reader.has(field);
  if (paths) {
    for (const std::string_view field : {"SecondsPath", "TimestampPath"}) given += reader.has(field);
  }
  if (given != 1) {
    findings_.schema(state.pointer,
                     paths ? "Exactly one of these fields is required: [Seconds, SecondsPath, Timestamp, "
                             "TimestampPath]"
                           : "Exactly one of these fields is required: [Seconds, Timestamp]");
  }
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

ChoiceRule DefinitionParser::parse_rule(const Value& json, const std::string& pointer, const State& state,
                                        size_t level) {
  ChoiceRule rule{false, {}, std::nullopt, std::nullopt};
  Reader reader(json, pointer, findings_);
  reader.require(state.is_jsonata() ? std::vector<std::string_view>{"Condition", "Next"}
                                    : std::vector<std::string_view>{"Next"});
  if (const auto next = reader.take_string("Next")) {
    if (const auto found = resolve(*next, reader.at("Next"), level)) rule.next = *found;
  }
  rule.assign = parse_assign(reader, state, level);
  if (!state.is_jsonata()) {
    auto compiled = choice::Rule::compile(json);
    if (compiled) {
      rule.condition = std::move(*compiled);
    } else {
      for (auto& error : compiled.error()) findings_.schema(pointer + error.pointer, error.message);
    }
    return rule;
  }
  reader.take_string("Comment");
  const Value* condition = reader.json().find("Condition");
  if (condition && condition->is_string()) {
    if (auto compiled = parse_template(reader, "Condition", state, false)) {
      rule.condition = std::get<templates::JsonataTemplate>(std::move(*compiled));
    }
    if (!templates::JsonataTemplate::is_expression(condition->as_string())) {
      findings_.schema(reader.at("Condition"), "Expected a boolean or a JSONata expression");
    }
  } else if (const auto literal = reader.take_boolean("Condition")) {
    rule.condition = *literal;
  }
  rule.output = parse_template(reader, "Output", state, false);
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
  if (state.is_jsonata()) reader.refuse({"ErrorPath", "CausePath"}, "JSONPath states only.");
  fail.error = parse_text(reader, state, "Error");
  fail.cause = parse_text(reader, state, "Cause");
  state.fields = std::move(fail);
}

}  // namespace statelang
