// What becomes of the answers of tasks: causes of functions, texts of JSON, parameters that are refused.
#include "runner.h"

namespace statelang {
namespace {

const std::string kCause = R"({"errorMessage": "no", "errorType": "E", "n": [1, 2]})";

std::string caught_cause(const std::string& resource) {
  const auto result =
      run({R"("T": {"Type": "Task", "Resource": ")" + resource +
               R"(", "Parameters": {"FunctionName": "f"}, "End": true,
      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}]}, "C": {"Type": "Pass", "End": true})",
           "T", "{}", R"({"T": [{"Throw": {"Error": "E", "Cause": )" + to_json(Value(kCause)) + "}}]}"});
  REQUIRE(result.output);
  return std::string(result.output->value().find("Cause")->as_string());
}

std::string answer(const std::string& resource, const std::string& returned) {
  const auto result =
      run({R"("T": {"Type": "Task", "Resource": ")" + resource + R"(", "Parameters": {}, "End": true})", "T",
           "{}", R"({"T": [{"Return": )" + returned + "}]}"});
  REQUIRE(result.output);
  return result.output->text();
}

const std::string kFunction = "arn:aws:lambda:us-east-1:123456789012:function:f";

test_runner::Result call_api(const std::string& parameters) {
  return run({R"("T": {"Type": "Task", "Resource": "arn:aws:states:::apigateway:invoke", "Parameters": )" +
                  parameters + R"(, "End": true})",
              "T", R"({"h": {"a": "text"}})", R"({"T": [{"Return": {"StatusCode": 200}}]})"});
}

}  // namespace

TEST_CASE("task: lambda:invoke writes the cause of a function's error without blanks") {
  CHECK(caught_cause("arn:aws:states:::lambda:invoke") ==
        R"({"errorMessage":"no","errorType":"E","n":[1,2]})");
}

TEST_CASE("task: a function named by its ARN keeps the text of its error") {
  CHECK(caught_cause(kFunction) == kCause);
}

TEST_CASE("task: what the holder of a token says about a failure stays as it is") {
  CHECK(caught_cause("arn:aws:states:::lambda:invoke.waitForTaskToken") == kCause);
}

TEST_CASE("mock: a text of JSON is what a function or a token's holder answered") {
  CHECK(answer(kFunction, R"("0.0")") == "0.0");
  CHECK(answer(kFunction, R"("\"yes\"")") == R"("yes")");
  CHECK(answer("arn:aws:states:::sqs:sendMessage.waitForTaskToken", R"("[true]")") == "[true]");
}

TEST_CASE("mock: a text that is no JSON is a string, and so is every text of a plain service call") {
  CHECK(answer(kFunction, R"("yes or no")") == R"("yes or no")");
  CHECK(answer("arn:aws:states:::sqs:sendMessage", R"("0")") == R"("0")");
}

TEST_CASE("task: parameters of apigateway:invoke are checked before it is scheduled") {
  const auto refused = call_api(R"({"ApiEndpoint": "e", "Method": "GET", "Headers.$": "$.h"})");
  CHECK(refused.failure.error == "States.Runtime");
  CHECK(refused.failure.cause ==
        "An error occurred while executing the state 'T' (entered at the event id #2). The Parameters "
        R"('{"ApiEndpoint":"e","Method":"GET","Headers":{"a":"text"}}' could not be used to start the Task: )"
        "[The value of the field 'Headers' has an invalid format]");
  CHECK(links(refused) == "1<0 ExecutionStarted, 2<0 TaskStateEntered, 3<2 ExecutionFailed");
  CHECK(call_api(R"({"ApiEndpoint": "e"})").failure.cause.find("[The field 'Method' is required") !=
        std::string::npos);
  CHECK(call_api(R"({"ApiEndpoint": "e", "Method": "GET", "Headers": {"a": ["b"]}})").status ==
        ExecutionStatus::Succeeded);
}

}  // namespace statelang
