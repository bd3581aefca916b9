#include <set>

#include <statelang/json_syntax.h>
#include <statelang/test_state/test_state.h>

#include "../identifier.h"
#include "checks.h"
#include "state_run.h"

namespace statelang::test_state {
namespace {

// The name that AWS gives to a state that comes without one.
constexpr std::string_view kStateName = "StateName";

Unexpected<Refusal> refuse(std::string message) {
  return Unexpected{Refusal{Refusal::Kind::Validation, std::move(message), {}}};
}

void add_target(const Value& object, std::string_view field, std::set<std::string>& targets) {
  const Value* name = object.find(field);
  if (name && name->is_string()) targets.insert(std::string(name->as_string()));
}

// The states that a state may lead to.
std::set<std::string> targets_of(const Value& state) {
  std::set<std::string> targets;
  add_target(state, "Next", targets);
  add_target(state, "Default", targets);
  for (const std::string_view list : {"Choices", "Catch"}) {
    const Value* entries = state.find(list);
    if (!entries || !entries->is_array()) continue;
    for (const Value& entry : entries->as_array()) {
      if (entry.is_object()) add_target(entry, "Next", targets);
    }
  }
  targets.erase(std::string(kStateName));
  return targets;
}

// One state as a machine: what it leads to stands there as empty states, so that the same parser checks it.
std::string machine_around(const std::string& definition, const Value& state) {
  std::string text = R"({"StartAt":"StateName","States":{"StateName":)" + definition;
  for (const std::string& target : targets_of(state)) {
    text += ',';
    append_json(text, Value(target));
    text += R"(:{"Type":"Succeed"})";
  }
  return text += "}}";
}

Expected<std::shared_ptr<const Definition>, Refusal> parse(const Request& request) {
  std::string text = request.definition;
  if (!request.state_name) {
    const auto state = parse_json(text);
    if (state && state->is_object()) text = machine_around(text, *state);
  }
  auto parsed = Definition::parse(text);
  if (parsed) return std::move(*parsed);
  std::string message = invalid_definition_message(parsed.error());  // AWS: with the place in the machine
  constexpr std::string_view kAround = "/States/StateName";
  const auto given = parse_json(request.definition);
  const bool is_machine = !request.state_name && given && given->find("States") && !given->find("Type");
  for (Diagnostic& diagnostic : parsed.error()) {
    if (is_machine) diagnostic.hint = "This is a whole state machine: name the state to test.";
    const bool inside = !request.state_name && diagnostic.location.starts_with(kAround);
    if (!inside) continue;
    diagnostic.location.erase(0, kAround.size());
    if (diagnostic.pointer.starts_with(kAround)) diagnostic.pointer.erase(0, kAround.size());
  }
  return Unexpected{Refusal{Refusal::Kind::InvalidDefinition, std::move(message), std::move(parsed.error())}};
}

Expected<bool, Refusal> check_data(const Request& request) {
  if (auto input = parse_json(request.input); !input) {
    const auto syntax = find_json_syntax_error(request.input);
    return Unexpected{Refusal{
        Refusal::Kind::InvalidInput,
        "Invalid State Machine Execution Input: '" + (syntax ? syntax->message : input.error().message) + "'",
        {}}};
  }
  if (!request.variables) return true;
  const auto variables = parse_json(*request.variables);
  if (!variables || !variables->is_object()) return refuse("Variables must be a valid JSON object");
  for (const auto& [name, value] : variables->as_object()) {
    if (is_variable_name(name.as_string()))
      continue;  // Assign could not make others, nor an expression see them
    return refuse("Variable name '" + std::string(name.as_string()) + "' is not valid");
  }
  return true;
}

Expected<bool, Refusal> check_state(const Definition& definition, const State& state,
                                    const Request& request) {
  const bool fans_out = state.type == StateType::Map || state.type == StateType::Parallel;
  if (!request.mock && fans_out) {
    return Unexpected{Refusal{Refusal::Kind::InvalidDefinition,
                              "TestState API does not support Map or Parallel states. Supported state types "
                              "include: [Task, Wait, Pass, Succeed, Fail, Choice]",
                              {}}};
  }
  if (request.mock) {
    if (auto wrong = check_mock(state, *request.mock)) return refuse(std::move(*wrong));
  } else if (state.type == StateType::Task) {
    if (auto wrong = check_unmocked_task(state, request)) return refuse(std::move(*wrong));
  }
  if (request.context) {
    if (auto wrong = check_context(state, *request.context)) return refuse(std::move(*wrong));
  }
  const auto& cause = request.configuration.error_caused_by_state;
  if (cause && !definition.find(*cause)) return refuse("State not found in definition");
  return true;
}

}  // namespace

Expected<Result, Refusal> run(const Request& request) {
  if (auto wrong = check_members(request)) return refuse(std::move(*wrong));
  if (auto data = check_data(request); !data) return Unexpected{std::move(data.error())};
  auto definition = parse(request);
  if (!definition) return Unexpected{std::move(definition.error())};
  const State* state = request.state_name ? (*definition)->find(*request.state_name)
                                          : &(*definition)->state((*definition)->root().start_at);
  if (!state) return refuse("State not found in definition");
  if (auto checked = check_state(**definition, *state, request); !checked) {
    return Unexpected{std::move(checked.error())};
  }
  return StateRun(**definition, *state, request).run();
}

}  // namespace statelang::test_state
