#include <charconv>

#include <statelang/test_runner/test_runner.h>

namespace statelang::test_runner {
namespace {

// "2" or "1-3".
std::optional<std::pair<uint32_t, uint32_t>> parse_range(std::string_view text) {
  const auto number = [](std::string_view part) -> std::optional<uint32_t> {
    uint32_t value = 0;
    const auto read = std::from_chars(part.data(), part.data() + part.size(), value);
    if (read.ec != std::errc() || read.ptr != part.data() + part.size()) return std::nullopt;
    return value;
  };
  const size_t dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
  if (!first || !last || *last < *first || *last - *first > 10000) return std::nullopt;
  return std::pair{*first, *last};
}

std::optional<MockAnswer> parse_answer(const Value& json) {
  MockAnswer answer;
  if (const Value* output = json.find("Return")) {
    answer.output = Payload::from_value(*output);
    return answer;
  }
  const Value* thrown = json.find("Throw");
  if (!thrown || !thrown->is_object()) return std::nullopt;
  const auto text = [&](std::string_view member, std::string& out, bool& has) {
    const Value* value = thrown->find(member);
    has = value && value->is_string();
    if (has) out = value->as_string();
  };
  text("Error", answer.failure.error, answer.failure.has_error);
  text("Cause", answer.failure.cause, answer.failure.has_cause);
  return answer;
}

// Functions, and whoever holds a task's token, answer with a text of JSON. A mocked text that is one is this
// text; any other text is a string.
Payload answered_text(const Resource& resource, const Payload& answer) {
  const bool by_text = resource.kind == ResourceKind::LambdaFunction ||
                       resource.kind == ResourceKind::Activity ||
                       resource.pattern != IntegrationPattern::RequestResponse;
  if (!by_text || !answer.value().is_string()) return answer;
  auto json = parse_json(answer.value().as_string());
  if (!json) return answer;
  return Payload::from_text(std::string(answer.value().as_string()));
}

}  // namespace

Expected<MockConfiguration, std::string> MockConfiguration::parse(std::string_view text) {
  auto json = parse_json(text);
  if (!json) return Unexpected{json.error().message};
  if (!json->is_object())
    return Unexpected{std::string("must be an object with StateMachines and MockedResponses")};
  if (json->size() > 0 && !json->find("StateMachines"))
    return Unexpected{std::string("has no StateMachines: it mocks nothing")};
  for (const char* name : {"StateMachines", "MockedResponses"}) {
    const Value* part = json->find(name);
    if (part && !part->is_object()) return Unexpected{std::string(name) + " must be an object"};
  }
  MockConfiguration mocks;
  if (const Value* responses = json->find("MockedResponses"); responses && responses->is_object()) {
    for (const auto& [name, calls] : responses->as_object()) {
      Response& response = mocks.responses_[std::string(name.as_string())];
      if (!calls.is_object())
        return Unexpected{"MockedResponses/" + std::string(name.as_string()) + " must be an object"};
      for (const auto& [range_text, answer_json] : calls.as_object()) {
        const std::string place =
            "MockedResponses/" + std::string(name.as_string()) + "/" + std::string(range_text.as_string());
        const auto range = parse_range(range_text.as_string());
        const auto answer = parse_answer(answer_json);
        if (!range) return Unexpected{place + ": expected a call number or a range such as \"1-3\""};
        if (!answer)
          return Unexpected{place + ": expected {\"Return\": …} or {\"Throw\": {\"Error\", \"Cause\"}}"};
        for (uint32_t call = range->first; call <= range->second; ++call) response[call] = *answer;
      }
    }
  }
  if (const Value* machines = json->find("StateMachines"); machines && machines->is_object()) {
    for (const auto& [machine, body] : machines->as_object()) {
      const Value* cases = body.find("TestCases");
      if (!cases || !cases->is_object()) continue;
      for (const auto& [test_case, states] : cases->as_object()) {
        auto& target = mocks.cases_[std::string(machine.as_string())][std::string(test_case.as_string())];
        if (!states.is_object()) continue;
        for (const auto& [state, response] : states.as_object()) {
          if (!response.is_string() || mocks.responses_.count(std::string(response.as_string())) == 0) {
            return Unexpected{"TestCases/" + std::string(test_case.as_string()) + "/" +
                              std::string(state.as_string()) + ": no such entry in MockedResponses"};
          }
          target[std::string(state.as_string())] = response.as_string();
        }
      }
    }
  }
  return mocks;
}

bool MockConfiguration::has_case(const std::string& state_machine, const std::string& test_case) const {
  const auto machine = cases_.find(state_machine);
  return machine != cases_.end() && machine->second.count(test_case) != 0;
}

std::vector<std::pair<std::string, std::string>> MockConfiguration::cases() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [machine, cases] : cases_) {
    for (const auto& [test_case, states] : cases) all.emplace_back(machine, test_case);
  }
  return all;
}

bool MockConfiguration::mocks(const std::string& state_machine, const std::string& test_case,
                              const std::string& state) const {
  const auto machine = cases_.find(state_machine);
  if (machine == cases_.end()) return false;
  const auto found_case = machine->second.find(test_case);
  return found_case != machine->second.end() && found_case->second.count(state) != 0;
}

Payload mocked_output(const Resource& resource, const MockAnswer& answer) {
  if (resource.kind != ResourceKind::LambdaFunction) return answered_text(resource, *answer.output);
  const Value& answered = answer.output->value();
  const Value* payload = answered.find("Payload");
  return answered_text(
      resource, payload && answered.find("StatusCode") ? Payload::from_value(*payload) : *answer.output);
}

const MockAnswer* MockConfiguration::answer(const std::string& state_machine, const std::string& test_case,
                                            const std::string& state, uint32_t call) const {
  const auto machine = cases_.find(state_machine);
  if (machine == cases_.end()) return nullptr;
  const auto found_case = machine->second.find(test_case);
  if (found_case == machine->second.end()) return nullptr;
  const auto response = found_case->second.find(state);
  if (response == found_case->second.end()) return nullptr;
  const Response& calls = responses_.at(response->second);
  const auto found = calls.find(call);
  return found == calls.end() ? nullptr : &found->second;
}

}  // namespace statelang::test_runner
