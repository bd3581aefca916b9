// Pass, Wait, Choice, Succeed and Fail.
#include <algorithm>

#include <statelang/timestamps/timestamp.h>

#include "stepper.h"

namespace statelang::interpreter {

void Stepper::run_pass(Scope& scope, const State& state) {
  auto effective = effective_input(scope, state);
  if (!effective) return fail(scope, effective.error());
  const auto& fields = state.as<PassFields>();
  const Payload result = fields.result ? Payload::from_value(*fields.result) : *effective;
  if (fields.result) inspect(Inspector::Point::Result, result);
  if (!state.is_jsonata()) inspect(Inspector::Point::AfterResultSelector, result);
  auto output = state_output(scope, state, *effective, result, true);
  if (!output) return fail(scope, output.error());
  leave(scope, *output, state.assign, {&result.value()}, state.next);
}

namespace {

std::string shown(const Value& value) {
  return value.is_string() ? std::string(value.as_string()) : to_json(value);
}

}  // namespace

Outcome<int64_t> Stepper::wait_due(Scope& scope, const State& state, const Value& input) {
  const auto& fields = state.as<WaitFields>();
  if (fields.seconds) {
    const NumberField& field = *fields.seconds;
    auto seconds = evaluate_number(scope, field, input);
    const bool by_path = std::holds_alternative<json_path::Path>(field.value);
    if (!seconds) {
      if (!by_path) return Unexpected{seconds.error()};
      return Unexpected{runtime_failure("The SecondsPath parameter does not reference an input value: " +
                                        std::get<json_path::Path>(field.value).text())};
    }
    const std::string place =
        by_path ? std::get<json_path::Path>(field.value).text() + " == " + shown(*seconds) : "";
    if (by_path ? !seconds->is_integer() : !integer_of(field, *seconds)) {
      return Unexpected{
          by_path ? runtime_failure("The SecondsPath parameter cannot be parsed as a long value: " + place)
                  : not_a_valid(field, *seconds, "integer")};
    }
    constexpr double kBeyond = static_cast<double>(kSecondsMax) + 1;
    const auto whole = static_cast<int64_t>(std::clamp(seconds->as_double(), -kBeyond, kBeyond));
    if (by_path && whole < 0) {
      return Unexpected{runtime_failure("The SecondsPath parameter references a negative value: " + place)};
    }
    if (!by_path && (whole < 0 || whole > kSecondsMax)) {
      return Unexpected{refused_value(field, "Seconds must be between 0 and " + std::to_string(kSecondsMax) +
                                                 " but was: " + to_json(*seconds))};
    }
    return now() + std::min(whole, kSecondsMax) * 1000;
  }
  const TextField& field = *fields.timestamp;
  auto text = evaluate_text(scope, field, input);
  const auto* path = std::get_if<templates::Expression>(&field.value);
  if (!text) {
    if (!path) return Unexpected{text.error()};
    return Unexpected{
        runtime_failure("The TimestampPath parameter does not reference an input value: " + path->text())};
  }
  if (const auto* expression = std::get_if<templates::JsonataTemplate>(&field.value);
      expression && !text->is_string()) {
    return Unexpected{unexpected_type(*expression, "Timestamp", "string", *text)};
  }
  const auto time = text->is_string() ? timestamps::parse(text->as_string()) : std::nullopt;
  if (time) return time->seconds * 1000;  // AWS: whole seconds
  if (path) {
    return Unexpected{
        runtime_failure("The TimestampPath parameter does not reference a valid ISO-8601 extended offset "
                        "date-time format string: " +
                        path->text() + " == " + shown(*text))};
  }
  return Unexpected{StateFailure{
      {std::string(errors::kQueryEvaluationError),
       "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: " +
           shown(*text)},
      "Timestamp"}};
}

void Stepper::run_wait(Scope& scope, const State& state) {
  auto effective = effective_input(scope, state);
  if (!effective) return fail(scope, effective.error());
  auto due = wait_due(scope, state, effective->value());
  if (!due) return fail(scope, due.error());
  if (*due > now()) {
    scope.phase = ScopePhase::WaitingForTimer;
    return arm(TimerKind::Wait, scope, scope.timeout_due_ms = *due);
  }
  auto output = state_output(scope, state, *effective, *effective, false);
  if (!output) return fail(scope, output.error());
  leave(scope, *output, state.assign, {&effective->value()}, state.next);
}

void Stepper::run_choice(Scope& scope, const State& state) {
  auto effective = effective_input(scope, state);
  if (!effective) return fail(scope, effective.error());
  const auto& fields = state.as<ChoiceFields>();
  const Value& input = effective->value();
  json_path::Roots roots;
  if (!state.is_jsonata()) {
    roots.input = &input;
    roots.context = &context_object(scope);
    roots.variables = &variables(scope);
  }
  const auto take = [&](const std::optional<Template>& assign, const std::optional<Template>& output,
                        StateIndex next) {
    auto out = output && state.is_jsonata() ? [&]() -> Outcome<Payload> {
      auto value = evaluate(scope, *output, {&input});
      if (!value) return Unexpected{value.error()};
      return Payload::from_value(std::move(*value));
    }()
        : (state.is_jsonata() ? Outcome<Payload>(*effective)
                              : state_output(scope, state, *effective, *effective, false));
    if (!out) return fail(scope, out.error());
    leave(scope, *out, assign, {&input}, next);
  };
  for (const ChoiceRule& rule : fields.rules) {
    bool matches = false;
    if (const auto* test = std::get_if<choice::Rule>(&rule.condition)) {
      auto result = test->matches(roots);
      if (!result) return fail(scope, StateFailure{result.error()});
      matches = *result;
    } else if (const auto* literal = std::get_if<bool>(&rule.condition)) {
      matches = *literal;
    } else {
      const auto& condition = std::get<templates::JsonataTemplate>(rule.condition);
      auto result = evaluate(scope, Template(condition), {&input});
      if (!result) return fail(scope, result.error());
      const auto index = static_cast<size_t>(&rule - fields.rules.data());
      const std::string place = "Choices[" + std::to_string(index) + "]/Condition";
      if (!result->is_boolean()) return fail(scope, unexpected_type(condition, place, "boolean", *result));
      matches = result->as_boolean();
    }
    if (matches) return take(rule.assign, rule.output, rule.next);
  }
  if (fields.otherwise) return take(state.assign, state.output, *fields.otherwise);
  fail(scope, StateFailure{
                  {std::string(errors::kNoChoiceMatched), "No choice rule matched and no Default is given"}});
}

void Stepper::run_succeed(Scope& scope, const State& state) {
  auto effective = effective_input(scope, state);
  if (!effective) return fail(scope, effective.error());
  auto output = state_output(scope, state, *effective, *effective, false);
  if (!output) return fail(scope, output.error());
  leave(scope, *output, std::nullopt, {}, std::nullopt);
}

void Stepper::run_fail(Scope& scope, const State& state) {
  const auto& fields = state.as<FailFields>();
  Failure failure{{}, {}, fields.error.has_value(), fields.cause.has_value()};
  const auto text = [&](const std::optional<TextField>& field, std::string& out) -> Outcome<bool> {
    if (!field) return true;
    auto value = evaluate_text(scope, *field, scope.input.value());
    if (!value) return Unexpected{value.error()};
    if (const auto* expression = std::get_if<templates::JsonataTemplate>(&field->value);
        expression && !value->is_string()) {
      return Unexpected{unexpected_type(*expression, field->name, "string", *value)};
    }
    if (!value->is_string()) {
      return Unexpected{runtime_failure("The " + field->name +
                                        " field refers to a value that is not a string: " + to_json(*value))};
    }
    out = value->as_string();
    return true;
  };
  if (auto ok = text(fields.error, failure.error); !ok) return fail(scope, ok.error());
  if (auto ok = text(fields.cause, failure.cause); !ok) return fail(scope, ok.error());
  fail_scope(scope, failure);
}

}  // namespace statelang::interpreter
