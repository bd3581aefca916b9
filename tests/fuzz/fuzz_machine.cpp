// Input: a definition, a NUL byte, an input, a NUL byte, and one byte for each answer of a task. A machine
// that is valid runs a bounded number of steps without a crash; its history is numbered without a gap, points
// only backwards, never goes back in time, and is the same a second time.
#include <cstdlib>

#include <statelang/test_runner/test_runner.h>

namespace {

using statelang::Value;

// Every state answers its n-th call by the n-th byte: an error, a timeout, or a value.
Value answer_of(unsigned char byte) {
  static const char* const kErrors[] = {"Busy", "States.Timeout", "States.TaskFailed", "States.Runtime"};
  if (byte % 3 == 0) {
    return Value::object({{"Throw", Value::object({{"Error", kErrors[byte / 3 % 4]}, {"Cause", "fuzz"}})}});
  }
  const Value results[] = {Value(byte), Value("text"), Value(), Value::array({1, "x"}),
                           Value::object({{"n", byte}})};
  return Value::object({{"Return", results[byte / 3 % 5]}});
}

std::string answers_for(const statelang::Definition& definition, std::string_view bytes) {
  Value response = Value::object(), states = Value::object();
  for (size_t i = 0; i < bytes.size() && i < 64; ++i) {
    response.set(std::to_string(i), answer_of(static_cast<unsigned char>(bytes[i])));
  }
  for (const auto& state : definition.states()) states.set(state.name, "all");
  const Value machine = Value::object({{"TestCases", Value::object({{"fuzz", states}})}});
  return statelang::to_json(Value::object({{"MockedResponses", Value::object({{"all", response}})},
                                           {"StateMachines", Value::object({{"M", machine}})}}));
}

std::string history(const statelang::test_runner::Result& result) {
  std::string out;
  statelang::EventId id = 0;
  int64_t time = 0;
  for (const auto& event : result.events) {
    if (event.id != ++id || event.previous_id >= event.id || event.timestamp_ms < time) std::abort();
    time = event.timestamp_ms;
    out += statelang::to_json(to_aws_json(event)) + '\n';
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t first = bytes.find('\0');
  const auto definition = statelang::Definition::parse(bytes.substr(0, first));
  if (!definition) return 0;
  const std::string_view rest =
      first == std::string_view::npos ? std::string_view() : bytes.substr(first + 1);
  const size_t second = rest.find('\0');
  std::string input(rest.substr(0, second));
  if (!statelang::parse_json(input, {.depth_max = 100})) input = R"({"a":1,"list":[1,{"k":"v"}],"t":"text"})";
  const auto mocks = statelang::test_runner::MockConfiguration::parse(
      answers_for(**definition, second == std::string_view::npos ? "" : rest.substr(second + 1)));
  if (!mocks) std::abort();
  statelang::test_runner::Options options;
  options.state_machine_name = "M";
  options.test_case = "fuzz";
  options.steps_max = 25;
  const auto payload = statelang::Payload::from_text(input);
  const std::string once = history(run(**definition, payload, *mocks, options));
  if (once != history(run(**definition, payload, *mocks, options))) std::abort();
  return 0;
}
