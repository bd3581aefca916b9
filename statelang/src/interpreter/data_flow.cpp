// Data flow of a state in both query languages: input, output, variables, and evaluation of every kind of
// field.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "stepper.h"

namespace statelang::interpreter {
namespace {

bool needs_context(const Template& field) {
  return std::visit([](const auto& compiled) { return !compiled.is_static(); }, field);
}

bool passes_all(const std::optional<PathOrNull>& path) {
  return !path ||
         (!path->is_null && path->path.is_root_only() && path->path.root() == json_path::Root::Input);
}

StateFailure from_path_error(const json_path::Path& path, const json_path::Error& error) {
  if (error.kind == json_path::Error::Kind::MissingVariable) {
    return runtime_failure("Invalid path '" + path.text() + "': " + error.text);
  }
  return runtime_failure("Invalid path '" + path.text() + "' : " + error.text);
}

// The place of a number in its state: those of the reader and the batcher lie deeper.
std::string place_of(const NumberField& field) {
  if (field.name == "MaxItems") return "ItemReader/ReaderConfig/MaxItems";
  return (field.name.ends_with("PerBatch") ? "ItemBatcher/" : "") + field.name;
}

// What counts of variables: their values as JSON, without the names.
size_t value_bytes(const Value& variables) {
  size_t bytes = 0;
  for (const auto& [name, value] : variables.as_object()) bytes += to_json(value).size();
  return bytes;
}

// $states as JSONata sees it.
Value states_object(const Data& data, const Value& context) {
  Value states = Value::object({{"input", data.input ? *data.input : Value::object()}});
  states.set("context", context);
  if (data.result) states.set("result", *data.result);
  if (data.error) states.set("errorOutput", *data.error);
  return states;
}

}  // namespace

StateFailure runtime_failure(std::string cause) {
  return {Failure{std::string(errors::kRuntime), std::move(cause)}};
}

StateFailure unexpected_type(const templates::JsonataTemplate& field, std::string_view place,
                             std::string_view expected, const Value& value) {
  const char* type = value.is_string()    ? "string"
                     : value.is_number()  ? "number"
                     : value.is_boolean() ? "boolean"
                     : value.is_array()   ? "array"
                     : value.is_object()  ? "object"
                                          : "null";
  return {{std::string(errors::kQueryEvaluationError),
           "The JSONata expression '" + std::string(field.expression_text()) + "' specified for the field '" +
               std::string(place) + "' returned an unexpected result type. Expected '" +
               std::string(expected) + "', but was '" + type + "' for value: " + to_json(value)},
          std::string(place)};
}

StateFailure refused_value(const NumberField& field, std::string cause) {
  if (!std::holds_alternative<templates::JsonataTemplate>(field.value))
    return runtime_failure(std::move(cause));
  return {{std::string(errors::kQueryEvaluationError), std::move(cause)}, place_of(field)};
}

std::optional<int64_t> integer_in(const Value& value) {
  if (value.is_integer()) return value.as_integer();
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.as_string();
  int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int64_t> integer_of(const NumberField& field, const Value& value) {
  if (!std::holds_alternative<templates::JsonataTemplate>(field.value)) return integer_in(value);
  if (!value.is_number()) return std::nullopt;
  constexpr double kExact = 9007199254740992.0;  // whole numbers above come as doubles
  const double number = value.as_double();
  if (number != std::floor(number)) return std::nullopt;
  return static_cast<int64_t>(std::clamp(number, -kExact, kExact));
}

StateFailure not_a_valid(const NumberField& field, const Value& value, std::string_view kind) {
  const std::string shown = value.is_string() ? std::string(value.as_string()) : to_json(value);
  if (const auto* expression = std::get_if<templates::JsonataTemplate>(&field.value)) {
    if (!value.is_number()) return unexpected_type(*expression, place_of(field), "number", value);
    return refused_value(field, "The " + field.name + " field cannot be parsed as an integer: " + shown);
  }
  const auto* path = std::get_if<json_path::Path>(&field.value);
  return runtime_failure("The " + field.name + " field refers to value \"" + shown +
                         "\" which is not a valid " + std::string(kind) + (path ? ": " + path->text() : ""));
}

const Value* VisibleVariables::find(std::string_view name) const {
  for (const Value& level : levels) {
    if (const Value* found = level.find(name)) return found;
  }
  return nullptr;
}

const VisibleVariables& Stepper::variables(const Scope& scope) {
  if (cached_scope_ != scope.id) forget_caches(), cached_scope_ = scope.id;
  if (cached_variables_) return *cached_variables_;
  VisibleVariables visible;
  ScopeId id = scope.id;
  while (id != ScopeId::None) {
    Value own = storage_.variables(id);
    if (own.size() > 0) visible.levels.push_back(std::move(own));
    const Scope* level = storage_.find_scope(id);
    id = level ? level->parent : ScopeId::None;
  }
  return cached_variables_.emplace(std::move(visible));
}

Outcome<Value> Stepper::evaluate(Scope& scope, const Template& field, Data data) {
  if (const auto* payload = std::get_if<templates::PayloadTemplate>(&field)) {
    static const Value kEmpty = Value::object();
    const bool dynamic = needs_context(field);
    templates::Environment environment;
    environment.roots.input = data.input;
    environment.roots.context = dynamic ? &context_object(scope) : &kEmpty;
    environment.roots.variables = dynamic ? &variables(scope) : nullptr;
    environment.random = &random_;
    auto value = payload->evaluate(environment);
    if (!value) return Unexpected{StateFailure{value.error()}};
    return std::move(*value);
  }
  const auto& jsonata = std::get<templates::JsonataTemplate>(field);
  jsonata::Environment environment;
  environment.now_ms = now();
  environment.random_seed = random_.next();
  environment.limits = jsonata::Limits::aws();
  jsonata::Bindings bindings;
  if (!jsonata.is_static()) {
    bindings.values.set("states", states_object(data, context_object(scope)));
    for (const Value& level : variables(scope).levels) bindings.scopes.push_back(&level.as_object());
  }
  auto value = jsonata.evaluate(bindings, environment);
  if (!value) return Unexpected{StateFailure{value.error().failure, value.error().location}};
  return std::move(*value);
}

Outcome<Value> Stepper::evaluate_path(Scope& scope, const json_path::Path& path, const Value& input) {
  json_path::Roots roots;
  roots.input = &input;
  if (path.root() == json_path::Root::Context) roots.context = &context_object(scope);
  if (!path.variables().empty()) roots.variables = &variables(scope);
  auto value = path.evaluate(roots);
  if (!value) return Unexpected{from_path_error(path, value.error())};
  return std::move(*value);
}

Outcome<Value> Stepper::evaluate_text(Scope& scope, const TextField& field, const Value& input) {
  if (const auto* literal = std::get_if<std::string>(&field.value)) return Value(*literal);
  if (const auto* jsonata = std::get_if<templates::JsonataTemplate>(&field.value)) {
    return evaluate(scope, Template(*jsonata), {&input});
  }
  const auto& expression = std::get<templates::Expression>(field.value);
  templates::Environment environment;
  environment.roots.input = &input;
  environment.roots.context = &context_object(scope);
  environment.roots.variables = &variables(scope);
  environment.random = &random_;
  auto value = expression.evaluate(environment, field.name);
  if (!value) return Unexpected{StateFailure{value.error()}};
  return std::move(*value);
}

Outcome<Value> Stepper::evaluate_number(Scope& scope, const NumberField& field, const Value& input) {
  if (field.is_literal()) {
    const double number = field.literal();
    return number == std::floor(number) ? Value(static_cast<int64_t>(number)) : Value(number);
  }
  if (const auto* path = std::get_if<json_path::Path>(&field.value))
    return evaluate_path(scope, *path, input);
  return evaluate(scope, Template(std::get<templates::JsonataTemplate>(field.value)), {&input});
}

Outcome<Payload> Stepper::checked_size(const std::string& what, Payload payload) const {
  if (payload.size_bytes() <= context_.limits.payload_bytes_max) return payload;
  return Unexpected{StateFailure{
      {std::string(errors::kDataLimitExceeded),
       "The state/task '" + what +
           "' returned a result with a size exceeding the maximum number of bytes service limit."}}};
}

// JSONPath: InputPath, then Parameters. JSONata: the raw input.
Outcome<Payload> Stepper::effective_input(Scope& scope, const State& state) {
  if (state.is_jsonata()) return scope.input;
  Payload input = scope.input;
  if (!passes_all(state.input_path)) {
    if (state.input_path->is_null) {
      input = Payload();
    } else {
      auto selected = evaluate_path(scope, state.input_path->path, scope.input.value());
      if (!selected) return Unexpected{selected.error()};
      input = Payload::from_value(std::move(*selected));
    }
  }
  inspect(Inspector::Point::AfterInputPath, input);
  if (state.parameters) {
    auto parameters = evaluate(scope, *state.parameters, {&input.value()});
    if (!parameters) return Unexpected{parameters.error()};
    input = Payload::from_value(std::move(*parameters));
  }
  inspect(Inspector::Point::AfterParameters, input);
  return input;
}

// What a Task and the branches of a Parallel are given: in JSONata Arguments, where the state has them.
Outcome<Payload> Stepper::given_input(Scope& scope, const State& state) {
  if (!state.is_jsonata() || !state.parameters) return effective_input(scope, state);
  auto arguments = evaluate(scope, *state.parameters, {&scope.input.value()});
  if (!arguments) return Unexpected{arguments.error()};
  Payload input = Payload::from_value(std::move(*arguments));
  inspect(Inspector::Point::AfterArguments, input);
  return input;
}

// JSONPath: ResultPath (when `merge`) into the raw input, then OutputPath. JSONata: Output, or the result
// itself.
Outcome<Payload> Stepper::state_output(Scope& scope, const State& state, const Payload& effective,
                                       const Payload& result, bool merge) {
  if (state.is_jsonata()) {
    if (!state.output) return result;
    Data data{&effective.value()};
    if (merge && state.type != StateType::Pass) data.result = &result.value();
    auto output = evaluate(scope, *state.output, data);
    if (!output) return Unexpected{output.error()};
    return Payload::from_value(std::move(*output));
  }
  Payload output = result;
  if (merge && !passes_all(state.result_path)) {
    if (state.result_path->is_null) {
      output = scope.input;
    } else {
      auto merged = json_path::write(state.result_path->path, scope.input.value(), result.value());
      if (!merged) {
        return Unexpected{StateFailure{{std::string(errors::kResultPathMatchFailure),
                                        "Unable to apply Reference Path " + state.result_path->path.text() +
                                            " to input " + scope.input.text()}}};
      }
      output = Payload::from_value(std::move(*merged));
    }
  }
  if (merge) inspect(Inspector::Point::AfterResultPath, output);
  if (passes_all(state.output_path)) return output;
  if (state.output_path->is_null) return Payload();
  auto selected = evaluate_path(scope, state.output_path->path, output.value());
  if (!selected) return Unexpected{selected.error()};
  return Payload::from_value(std::move(*selected));
}

// Evaluates Assign with the values as of state entry and writes the variables; returns the new ones.
Outcome<Value> Stepper::assign_variables(Scope& scope, const Template& field, Data data) {
  auto assigned = evaluate(scope, field, data);
  if (!assigned) return assigned;
  const auto too_big = [&](const std::string& what) {
    return Unexpected{StateFailure{{std::string(errors::kDataLimitExceeded), what}}};
  };
  if (value_bytes(*assigned) > context_.limits.variable_bytes_max) {
    return too_big("The variables assigned in one state exceed " +
                   std::to_string(context_.limits.variable_bytes_max) + " bytes.");
  }
  Value all = storage_.variables(scope.id);
  if (!all.is_object()) all = Value::object();
  for (const auto& [name, value] : assigned->as_object()) all.set(name.as_string(), value);
  if (value_bytes(all) > context_.limits.variables_bytes_max) {
    return too_big("The variables of the execution exceed " +
                   std::to_string(context_.limits.variables_bytes_max) + " bytes.");
  }
  storage_.set_variables(scope.id, std::move(all));
  forget_caches();
  return assigned;
}

}  // namespace statelang::interpreter
