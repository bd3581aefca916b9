// What AWS answered to machines of one Pass state or of one Choice over Pass states, read from the public
// corpus.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <statelang/choice/comparison.h>
#include <statelang/templates/payload_template.h>

#include "json_path/scopes.h"

namespace statelang {
namespace {

namespace fs = std::filesystem;
using json_path::Roots;

fs::path corpus() {
  if (const char* set = std::getenv("STEPSTREAM_CORPUS")) return set;
  const char* source = std::getenv("STEPSTREAM_SOURCE_DIR");
  return fs::path(source ? source : ".") / "../shared/data";
}

std::vector<Value> cases(std::string_view group) {
  const fs::path folder = corpus() / "sfn_conformance/cases";
  std::vector<Value> all;
  if (!fs::exists(folder)) {
    std::cout << "skipped: no corpus of recorded cases (" << group << ")\n";
    return all;
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      auto value = parse_json(line);
      const Value* name = value ? value->find("group") : nullptr;
      if (name && name->as_string() == group) all.push_back(*value);
    }
  }
  return all;
}

const Value* find(const Value* value, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) value = value ? value->find(key) : nullptr;
  return value;
}

const Value& definition(const Value& recorded) {
  static const Value none;
  const Value* machines = recorded.find("state_machines");
  const Value* found = machines && machines->size() > 0 ? (*machines)[0].find("definition") : nullptr;
  return found ? *found : none;
}

// The final output in the history AWS gave, or nullptr when the execution did not succeed.
const Value* recorded_output(const Value& recorded, const Value& execution) {
  const Value* key = execution.find("expected_history");
  const Value* events = key ? find(&recorded, {"expected", key->as_string(), "events"}) : nullptr;
  if (!events || events->size() == 0) return nullptr;
  return find(&(*events)[events->size() - 1], {"executionSucceededEventDetails", "output"});
}

// Texts the recording replaced (random values, names, dates) cannot be compared.
bool is_replaced(const Value& output) {
  const std::string text = to_json(output);
  return text.find("RandomNumberGenerated") != std::string::npos || text.find('<') != std::string::npos;
}

TEST_CASE("recorded cases: intrinsic functions give what AWS gave") {
  size_t compared = 0;
  for (const Value& recorded : cases("intrinsic_functions")) {
    const Value& machine = definition(recorded);
    const Value* start = find(&machine, {"StartAt"});
    const Value* state = start ? find(&machine, {"States", start->as_string()}) : nullptr;
    const Value* parameters = state ? state->find("Parameters") : nullptr;
    if (!parameters || state->find("ResultPath") || state->find("OutputPath") ||
        machine.find("QueryLanguage"))
      continue;
    const std::string id(recorded.find("id")->as_string());
    auto compiled = templates::PayloadTemplate::compile(*parameters);
    INFO(id);
    REQUIRE(compiled);
    for (const Value& execution : recorded.find("executions")->as_array()) {
      const Value* input = execution.find("input");
      const Value* expected = recorded_output(recorded, execution);
      if (!input || !expected || is_replaced(*expected)) continue;
      const Value context = Value::object({{"Execution", Value::object({{"Input", *input}})}});
      auto value = compiled->evaluate({Roots{input, &context, nullptr}, nullptr});
      INFO(to_json(*input));
      REQUIRE(value);
      INFO(to_json(*value) << " for " << to_json(*expected));
      CHECK(*value == *expected);
      ++compared;
    }
  }
  std::cout << "recorded intrinsic calls compared: " << compared << "\n";
}

TEST_CASE("recorded cases: choice rules pick what AWS picked") {
  size_t compared = 0;
  for (const Value& recorded : cases("choice_operators")) {
    const Value* state = find(&definition(recorded), {"States", "CheckValues"});
    const Value* pairs = find(&recorded, {"expected", "cases"});
    const Value* executions = recorded.find("executions");
    if (!state || !pairs || !executions || executions->size() != pairs->size()) continue;
    const Value* machines = recorded.find("state_machines");
    for (size_t i = 0; i < executions->size(); ++i) {
      const Value* which = (*executions)[i].find("state_machine");
      const Value* input = (*executions)[i].find("input");
      const Value* output = (*pairs)[i].find("output");
      if (!which || !input || !output) continue;
      const Value& machine = *(*machines)[static_cast<size_t>(which->as_integer())].find("definition");
      const Value& choices = *find(&machine, {"States", "CheckValues", "Choices"});
      auto rule = choice::Rule::compile(choices[0]);
      INFO(recorded.find("id")->as_string() << " " << to_json(choices) << " " << to_json(*input));
      REQUIRE(rule);
      auto picked = rule->matches({input, nullptr, nullptr});
      REQUIRE(picked);
      CHECK(*picked == (to_json(*output).find("ConditionTrue") != std::string::npos));
      ++compared;
    }
  }
  std::cout << "recorded choices compared: " << compared << "\n";
}

}  // namespace
}  // namespace statelang
