// Mocked errors: Retry, Catch, and requests that are refused.
#include "ask.h"

namespace statelang::test_state {
namespace {

std::string task(const std::string& more = "") {
  return R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage",)" + more + R"("End":true})";
}

const std::string kRetry =
    R"("Retry":[{"ErrorEquals":["Other"]},{"ErrorEquals":["Busy"],"IntervalSeconds":3,"BackoffRate":2,
       "MaxAttempts":2,"JitterStrategy":"FULL"}],)";
const std::string kCatch = R"("Catch":[{"ErrorEquals":["Other"],"Next":"X"},
                              {"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"Y"}],)";

}  // namespace

TEST_CASE("test state: an error nobody handles fails the state") {
  const auto result = good(failing(task(), "Busy"));
  CHECK(result.status == Status::Failed);
  CHECK(result.error == "Busy");
  CHECK(result.cause == "why");
  CHECK_FALSE(result.output);
}

TEST_CASE("test state: a retrier gives its index and the backoff of this attempt") {
  auto request = failing(task(kRetry), "Busy");
  auto result = good(request);
  CHECK(result.status == Status::Retriable);
  CHECK(result.inspection.retry_index == 1);
  CHECK(result.inspection.retry_backoff_seconds == 3);
  request.configuration.retrier_retry_count = 1;
  CHECK(good(request).inspection.retry_backoff_seconds == 6);
  request.configuration.retrier_retry_count = 2;  // used up
  result = good(request);
  CHECK(result.status == Status::Failed);
  CHECK_FALSE(result.inspection.retry_index);
}

TEST_CASE("test state: a catcher gives its index, the output and the next state") {
  auto request = failing(task(kRetry + kCatch), "Busy", R"({"i":1})");
  request.configuration.retrier_retry_count = 2;
  const auto result = good(request);
  CHECK(result.status == Status::CaughtError);
  CHECK(result.inspection.catch_index == 1);
  CHECK(result.next_state == "Y");
  CHECK(result.error == "Busy");
  CHECK(output(result) == R"({"i":1,"e":{"Error":"Busy","Cause":"why"}})");
}

TEST_CASE("test state: $$.State.RetryCount is the count given") {
  auto request = mocked(task(R"("ResultSelector":{"n.$":"$$.State.RetryCount"},)"), "{}");
  request.configuration.retrier_retry_count = 4;
  CHECK(output(good(request)) == R"({"n":4})");
}

TEST_CASE("test state: mocks are refused where they cannot be") {
  CHECK(refused(mocked(R"({"Type":"Pass","End":true})", "{}")).message ==
        "State type 'Pass' is not supported when a mock is specified");
  CHECK(refused(mocked(task(), "not JSON")).message == "Mocked result must be valid JSON");
  auto both = mocked(task(), "{}");
  both.mock->error_output = Failure{"E", "C"};
  CHECK(refused(both).message ==
        "A test mock should have only one of the following fields: [result, errorOutput].");
}

TEST_CASE("test state: a task without a mock is refused") {
  auto request = asked(task());
  CHECK(refused(request).message == "RoleArn must be specified when testing a Task state");
  request.role_arn = "arn:aws:iam::123456789012:role/r";
  CHECK(refused(request).message.find("specify a mock") != std::string::npos);
  REQUIRE(refused(request).task);
  request.configuration.retrier_retry_count = 1;
  CHECK(refused(request).message ==
        "TestState does not support RetrierRetryCount when a mock is not specified.");
}

TEST_CASE("test state: a task is called by whoever can, and the state goes on with the answer") {
  auto request = asked(task(R"("Parameters":{"a.$":"$.b"},"TimeoutSeconds":5,"ResultPath":"$.r",)" + kCatch),
                       R"({"b":1})");
  request.role_arn = "arn:aws:iam::123456789012:role/r";
  const auto call = refused(request).task;
  REQUIRE(call);
  CHECK(call->resource == "arn:aws:states:::sqs:sendMessage");
  CHECK(call->input.text() == R"({"a":1})");
  CHECK(call->timeout_ms == 5000);
  request.answer = TaskAnswer{Payload::from_text("7"), {}};
  CHECK(output(good(request)) == R"({"b":1,"r":7})");
  request.answer = TaskAnswer{std::nullopt, Failure{"Gone", "away"}};
  CHECK(good(request).next_state == "Y");
  request.answer.reset();
  request.input = "{}";  // fails before there is anything to call
  CHECK(good(request).error == "States.Runtime");
}

TEST_CASE("test state: broken documents are refused with their place") {
  CHECK(refused(asked(R"({"Type":"Pass","End":true})", "{")).kind == Refusal::Kind::InvalidInput);
  const auto refusal = refused(asked(R"({"Type":"Nothing","End":true})"));
  CHECK(refusal.kind == Refusal::Kind::InvalidDefinition);
  CHECK(refusal.message.find("/States/StateName/Type") != std::string::npos);
  const auto machine = refused(asked(R"({"StartAt":"A","States":{"A":{"Type":"Succeed"}}})"));
  REQUIRE(!machine.diagnostics.empty());
  CHECK(machine.diagnostics.front().hint.find("name the state") != std::string::npos);
  auto variables = asked(R"({"Type":"Pass","End":true})");
  variables.variables = "[]";
  CHECK(refused(variables).kind == Refusal::Kind::Validation);
}

TEST_CASE("test state: a given context object is checked by field") {
  const auto message = [](const std::string& context) {
    auto request = mocked(task(), "{}");
    request.context = context;
    const std::string text = refused(request).message;
    const std::string prefix = "Invalid Context object provided: ";
    return text.substr(text.find(prefix) == 0 ? prefix.size() : 0);
  };
  CHECK(message(R"({"Execution":{"Id":1}})") == "Execution.Id must be a string");
  CHECK(message(R"({"Execution":{"x":1}})") == "Field 'x' is not allowed");
  CHECK(message(R"({"x":{}})") == "Field 'x' is not allowed");
  CHECK(message(R"({"Map":{}})") == "'Map' field is not supported when mocking a Context object");
  CHECK(message(R"({"Task":{"Token":"t"}})").find("contains 'Task'") != std::string::npos);
}

TEST_CASE("test state: results are held against the API's response") {
  if (!service_shapes_known()) {
    WARN("built without the service models: no result is checked");
    return;
  }
  const auto message = [](const std::string& resource, const std::string& result,
                          FieldValidation validation = FieldValidation::Strict) {
    auto request =
        mocked(R"({"Type":"Task","Resource":"arn:aws:states:::)" + resource + R"(","End":true})", result);
    request.mock->field_validation = validation;
    const auto answer = run(request);
    return answer ? std::string("fits") : answer.error().message.substr(37);
  };
  CHECK(message("states:startExecution", "{}") == "Required field 'ExecutionArn' is missing");
  CHECK(message("states:startExecution", "{}", FieldValidation::Present) == "fits");
  CHECK(message("states:startExecution", R"({"StartDate":1})", FieldValidation::Present) ==
        "Field 'StartDate' must be a string");
  CHECK(message("states:startExecution", R"({"StartDate":1})", FieldValidation::None) == "fits");
  CHECK(message("lambda:invoke", R"({"Payload":{"any":1},"more":1})") == "fits");
  CHECK(message("lambda:invoke", R"({"StatusCode":"200"})") == "Field 'StatusCode' must be a number");
  CHECK(message("aws-sdk:s3:getObject", R"({"StorageClass":"Papyrus"})") ==
        "Field 'StorageClass' is not an expected value");
  CHECK(message("aws-sdk:kms:encrypt", R"({"CiphertextBlob":""})") ==
        "Field 'CiphertextBlob' is smaller than the minimum length");
  CHECK(message("aws-sdk:lambda:getFunction", R"({"Configuration":{"MemorySize":127}})") ==
        "Field 'MemorySize' is less than the minimum value");
  CHECK(message("states:startExecution.sync:2",
                R"({"ExecutionArn":"a","StateMachineArn":"m","StartDate":"d","Status":"DONE"})") ==
        "Field 'Status' is not an expected value");
  CHECK(message("aws-sdk:unheardof:doThings", "1") == "fits");
  CHECK(refused(mocked(R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true})", "[]"))
            .message == "Mocked result must be a JSON object.");
}

}  // namespace statelang::test_state
