// Runs a definition in memory for a test and shows its history as text.
#pragma once

#include <string>

#include <catch2/catch.hpp>

#include <statelang/test_runner/test_runner.h>

namespace statelang {

struct Machine {
  std::string states;  // content of "States"
  std::string start;   // StartAt
  std::string input = "{}";
  std::string mocks = "{}";  // {state: [answers]}
  std::string extra;         // further members of the machine, with a comma before
  map_run::ObjectStore* objects = nullptr;
};

inline std::string mock_config(const std::string& mocks) {
  const Value by_state = parse_json(mocks).value();
  Value responses = Value::object(), states = Value::object();
  for (const auto& [state, answers] : by_state.as_object()) {
    Value response = Value::object();
    for (size_t i = 0; i < answers.size(); ++i) response.set(std::to_string(i), answers.as_array()[i]);
    responses.set(state.as_string(), std::move(response));
    states.set(state.as_string(), state);
  }
  return to_json(Value::object(
      {{"MockedResponses", responses},
       {"StateMachines",
        Value::object({{"M", Value::object({{"TestCases", Value::object({{"case", states}})}})}})}}));
}

inline test_runner::Result run(const Machine& machine) {
  const std::string text =
      R"({"StartAt": ")" + machine.start + R"(", "States": {)" + machine.states + "}" + machine.extra + "}";
  auto definition = Definition::parse(text);
  if (!definition) {
    for (const auto& found : definition.error()) UNSCOPED_INFO(found.location + ": " + found.message);
    FAIL("the definition is invalid: " + text);
  }
  const auto mocks = test_runner::MockConfiguration::parse(mock_config(machine.mocks));
  REQUIRE(mocks);
  test_runner::Options options;
  options.state_machine_name = "M";
  options.test_case = "case";
  options.objects = machine.objects;
  return test_runner::run(**definition, Payload::from_text(machine.input), *mocks, options);
}

// "2<0 PassStateEntered, 3<2 PassStateExited".
inline std::string links(const test_runner::Result& result) {
  std::string out;
  for (const HistoryEvent& event : result.events) {
    if (!out.empty()) out += ", ";
    out += std::to_string(event.id) + "<" + std::to_string(event.previous_id) + " " +
           std::string(to_string(event.type));
  }
  return out;
}

}  // namespace statelang
