// TestState (API reference, same name): the members of the request for statelang's test_state.
#include <statelang/test_state/test_state.h>

#include "action.h"
#include "arn.h"

namespace engine::api::aws {
namespace {

namespace test_state = statelang::test_state;

std::optional<std::string> optional_text(const Call& call, std::string_view member) {
  if (!call.has(member)) return std::nullopt;
  return call.text(member);
}

std::optional<int64_t> optional_integer(const Call& call, std::string_view member) {
  if (!call.has(member)) return std::nullopt;
  return call.integer(member, 0);
}

test_state::FieldValidation validation_of(const Call& call) {
  const std::string mode = call.text("mock.fieldValidationMode");
  if (mode == "PRESENT") return test_state::FieldValidation::Present;
  return mode == "NONE" ? test_state::FieldValidation::None : test_state::FieldValidation::Strict;
}

test_state::Mock mock_of(const Call& call) {
  test_state::Mock mock;
  mock.result = optional_text(call, "mock.result");
  if (call.has("mock.errorOutput")) {
    mock.error_output =
        statelang::Failure{call.text("mock.errorOutput.error"), call.text("mock.errorOutput.cause"),
                           call.has("mock.errorOutput.error"), call.has("mock.errorOutput.cause")};
  }
  mock.field_validation = validation_of(call);
  return mock;
}

test_state::Request request_of(const Call& call) {
  test_state::Request request;
  request.definition = call.text("definition");
  request.state_name = optional_text(call, "stateName");
  request.input = call.text("input", "{}");
  request.variables = optional_text(call, "variables");
  if (call.has("mock")) request.mock = mock_of(call);
  request.context = optional_text(call, "context");
  request.configuration = {optional_integer(call, "stateConfiguration.retrierRetryCount"),
                           optional_text(call, "stateConfiguration.errorCausedByState"),
                           optional_integer(call, "stateConfiguration.mapIterationFailureCount"),
                           optional_text(call, "stateConfiguration.mapItemReaderData")};
  request.role_arn = call.text("roleArn");
  request.reveal_secrets = call.boolean("revealSecrets", false);
  return request;
}

test_state::InspectionLevel level_of(const Call& call) {
  const std::string level = call.text("inspectionLevel", "INFO");
  if (level == "DEBUG") return test_state::InspectionLevel::Debug;
  return level == "TRACE" ? test_state::InspectionLevel::Trace : test_state::InspectionLevel::Info;
}

}  // namespace

void test_state(const Call& call) {
  if (call.has("roleArn")) {
    if (const auto bad = check_role_arn(call.text("roleArn"))) return call.fail(*bad);
  }
  call.engine.test_state(request_of(call), [call](ApiResult<test_state::Result> result) {
    if (!result) return call.fail(result.error());
    call.succeed(to_aws_json(*result, level_of(call)));
  });
}

}  // namespace engine::api::aws
