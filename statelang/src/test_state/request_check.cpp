#include "checks.h"
#include "service_shapes.h"

namespace statelang::test_state {
namespace {

std::string unsupported_without_mock(std::string_view member) {
  return "TestState does not support " + std::string(member) + " when a mock is not specified.";
}

std::optional<std::string> check_parallel(const State& state, const Value& result) {
  if (!result.is_array()) return "Mocked result must be an array.";
  if (result.size() != state.as<ParallelFields>().branches.size()) {
    return "Mocked result must contain the same number of items as number of Parallel branches.";
  }
  return std::nullopt;
}

// With a ResultWriter to an object store the result says where the results lie.
std::optional<std::string> check_map(const State& state, const Value& result) {
  const auto& writer = state.as<MapFields>().result_writer;
  if (writer && !writer->resource.empty()) {
    return result.is_object() ? std::nullopt
                              : std::optional<std::string>("Mocked result must be a JSON object.");
  }
  return result.is_array() ? std::nullopt : std::optional<std::string>("Mocked result must be an array.");
}

std::optional<std::string> check_task(const State& state, const Value& result, FieldValidation validation) {
  if (validation == FieldValidation::None) return std::nullopt;
  auto wrong = check_response(state.as<TaskFields>().resource, result, validation == FieldValidation::Strict);
  if (wrong && !result.is_object()) return "Mocked result must be a JSON object.";
  if (wrong) wrong->insert(0, "Mock result schema validation error: ");
  return wrong;
}

}  // namespace

std::optional<std::string> check_members(const Request& request) {
  if (request.mock) {
    const bool both = request.mock->result && request.mock->error_output;
    const bool none = !request.mock->result && !request.mock->error_output;
    if (both || none) {
      return "A test mock should have only one of the following fields: [result, errorOutput].";
    }
    if (request.mock->error_output && !request.mock->error_output->has_error) {
      return "A mocked errorOutput must have the field 'error'.";
    }
    if (request.reveal_secrets) return "TestState does not support RevealSecrets when a mock is specified.";
    return std::nullopt;
  }
  const StateConfiguration& configuration = request.configuration;
  if (configuration.retrier_retry_count) return unsupported_without_mock("RetrierRetryCount");
  if (configuration.error_caused_by_state) return unsupported_without_mock("ErrorCausedByState");
  if (configuration.map_iteration_failure_count) return unsupported_without_mock("MapIterationFailureCount");
  if (configuration.map_item_reader_data) return unsupported_without_mock("MapItemReaderData");
  if (request.context) return unsupported_without_mock("Context");
  return std::nullopt;
}

std::optional<std::string> check_mock(const State& state, const Mock& mock) {
  const bool mockable =
      state.type == StateType::Task || state.type == StateType::Map || state.type == StateType::Parallel;
  if (!mockable) {
    return "State type '" + std::string(to_string(state.type)) +
           "' is not supported when a mock is specified";
  }
  if (!mock.result) return std::nullopt;
  const auto result = parse_json(*mock.result);
  if (!result) return "Mocked result must be valid JSON";
  if (state.type == StateType::Parallel) return check_parallel(state, *result);
  if (state.type == StateType::Map) return check_map(state, *result);
  return check_task(state, *result, mock.field_validation);
}

std::optional<std::string> check_unmocked_task(const State& state, const Request& request) {
  const Resource& resource = state.as<TaskFields>().resource;
  if (resource.kind == ResourceKind::Activity) {
    return "TestState does not support Activity tasks when a mock is not specified.";
  }
  if (resource.pattern != IntegrationPattern::RequestResponse) {
    return "TestState does not support the '.sync' and '.waitForTaskToken' service integration patterns when "
           "a mock is not specified.";
  }
  if (request.role_arn.empty()) return "RoleArn must be specified when testing a Task state";
  return std::nullopt;
}

}  // namespace statelang::test_state
