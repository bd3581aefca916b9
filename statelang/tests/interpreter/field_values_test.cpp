// Values that a field cannot have, given by an expression (States.QueryEvaluationError, which may be caught)
// or by a path (States.Runtime); and what fails while a catcher is carried out.
#include <string>

#include "runner.h"

namespace statelang {
namespace {

constexpr const char* kInline =
    R"("ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}})";
constexpr const char* kDistributed =
    R"("ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
       "StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}})";
constexpr const char* kTask = R"("Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage")";

// The error and the cause without the words that name the state.
std::string failure_of(const std::string& fields, const std::string& input = "{}") {
  const bool choice = fields.find("\"Choice\"") != std::string::npos;
  const bool ends = choice || fields.find("\"Fail\"") != std::string::npos;
  const std::string others =
      choice ? R"(, "L": {"Type": "Pass", "Next": "E"}, "E": {"Type": "Succeed"})" : "";
  const auto result = run({.states = R"("S": {)" + fields + (ends ? "}" : R"(, "End": true})") + others,
                           .start = "S",
                           .input = input,
                           .mocks = R"({"S": [{"Return": 1}]})"});
  std::string cause = result.failure.cause;
  const size_t prefix = cause.find("). ");
  if (cause.starts_with("An error occurred") && prefix != std::string::npos) cause.erase(0, prefix + 3);
  return result.failure.error + ": " + cause;
}

std::string in_jsonata(const std::string& fields) {
  return failure_of(R"("QueryLanguage": "JSONata", )" + fields);
}

// The error of a Pass state; empty when there is none.
std::string jsonata_pass(const std::string& fields) {
  return run({.states =
                  R"("S": {"QueryLanguage": "JSONata", "Type": "Pass", )" + fields + R"(, "End": true})",
              .start = "S"})
      .failure.error;
}

std::string wrong_type(const std::string& expression, const std::string& field, const std::string& rest) {
  return "States.QueryEvaluationError: The JSONata expression '" + expression +
         "' specified for the field '" + field + "' returned an unexpected result type. Expected '" + rest;
}

}  // namespace

TEST_CASE("field values: an expression of the wrong type names the field, the types and the value") {
  const std::string task(kTask);
  CHECK(in_jsonata(task + R"(, "TimeoutSeconds": "{% 'a' %}")") ==
        wrong_type("'a'", "TimeoutSeconds", R"(number', but was 'string' for value: "a")"));
  CHECK(in_jsonata(task + R"(, "HeartbeatSeconds": "{% true %}")") ==
        wrong_type("true", "HeartbeatSeconds", "number', but was 'boolean' for value: true"));
  const std::string map = R"("Type": "Map", "Items": [1], )";
  CHECK(in_jsonata(map + kInline + R"(, "MaxConcurrency": "{% '5' %}")") ==
        wrong_type("'5'", "MaxConcurrency", R"(number', but was 'string' for value: "5")"));
  CHECK(in_jsonata(map + kDistributed + R"(, "ToleratedFailureCount": "{% null %}")") ==
        wrong_type("null", "ToleratedFailureCount", "number', but was 'null' for value: null"));
  CHECK(in_jsonata(map + kDistributed + R"(, "ToleratedFailurePercentage": "{% [1] %}")") ==
        wrong_type("[1]", "ToleratedFailurePercentage", "number', but was 'array' for value: [1]"));
  CHECK(in_jsonata(map + kDistributed + R"(, "ItemBatcher": {"MaxItemsPerBatch": "{% {} %}"})") ==
        wrong_type("{}", "ItemBatcher/MaxItemsPerBatch", "number', but was 'object' for value: {}"));
  CHECK(in_jsonata(R"("Type": "Wait", "Seconds": "{% [5] %}")") ==
        wrong_type("[5]", "Seconds", "number', but was 'array' for value: [5]"));
  CHECK(in_jsonata(R"("Type": "Wait", "Timestamp": "{% 5 %}")") ==
        wrong_type("5", "Timestamp", "string', but was 'number' for value: 5"));
  CHECK(in_jsonata(R"("Type": "Fail", "Error": "E", "Cause": "{% false %}")") ==
        wrong_type("false", "Cause", "string', but was 'boolean' for value: false"));
  CHECK(in_jsonata(R"("Type": "Choice", "Choices": [{"Condition": false, "Next": "L"},
                   {"Condition": "{% 'yes' %}", "Next": "E"}])") ==
        wrong_type("'yes'", "Choices[1]/Condition", R"(boolean', but was 'string' for value: "yes")"));
}

TEST_CASE("field values: an expression's number outside of what the field takes fails the query") {
  const std::string task(kTask);
  const std::string failed = "States.QueryEvaluationError: ";
  CHECK(in_jsonata(task + R"(, "TimeoutSeconds": "{% 0 %}")") ==
        failed + "TimeoutSeconds must be between 1 and 99999999 but was: 0");
  CHECK(in_jsonata(task + R"(, "HeartbeatSeconds": "{% 1e8 %}")") ==
        failed + "HeartbeatSeconds must be between 1 and 99999999 but was: 100000000");
  CHECK(in_jsonata(task + R"(, "TimeoutSeconds": "{% 1.5 %}")") ==
        failed + "The TimeoutSeconds field cannot be parsed as an integer: 1.5");
  CHECK(in_jsonata(R"("Type": "Wait", "Seconds": "{% -1 %}")") ==
        failed + "Seconds must be between 0 and 99999999 but was: -1");
  const std::string map = R"("Type": "Map", "Items": [1], )";
  CHECK(in_jsonata(map + kInline + R"(, "MaxConcurrency": "{% -1 %}")") ==
        failed + "MaxConcurrency cannot be negative.");
  CHECK(in_jsonata(map + kDistributed + R"(, "ToleratedFailureCount": "{% -1 %}")") ==
        failed + "ToleratedFailureCount cannot be negative.");
  CHECK(in_jsonata(map + kDistributed + R"(, "ToleratedFailurePercentage": "{% 100.5 %}")") ==
        failed + "ToleratedFailurePercentage must be between 0 and 100.");
  CHECK(in_jsonata(map + kDistributed + R"(, "ItemBatcher": {"MaxInputBytesPerBatch": "{% -1 %}"})") ==
        failed + "MaxInputBytesPerBatch cannot be negative.");
}

TEST_CASE("field values: a path's number outside of what the field takes is a runtime error") {
  const std::string map = R"("Type": "Map", "ItemsPath": "$.l", )";
  CHECK(failure_of(map + kInline + R"(, "MaxConcurrencyPath": "$.n")", R"({"l": [1], "n": -1})") ==
        "States.Runtime: MaxConcurrency cannot be negative.");
  CHECK(failure_of(map + kInline + R"(, "MaxConcurrencyPath": "$.n")", R"({"l": [1], "n": 1.5})") ==
        "States.Runtime: The MaxConcurrencyPath field refers to value \"1.5\" which is not a valid integer: "
        "$.n");
  CHECK(failure_of(map + kDistributed + R"(, "ItemBatcher": {"MaxItemsPerBatchPath": "$.n"})",
                   R"({"l": [1], "n": -2})") == "States.Runtime: MaxItemsPerBatch cannot be negative.");
  CHECK(failure_of(std::string(kTask) + R"(, "TimeoutSecondsPath": "$.n")", R"({"n": "x"})") ==
        "States.Runtime: The TimeoutSecondsPath field refers to value \"x\" which is not a valid positive "
        "integer: $.n");
}

TEST_CASE("field values: zero is no limit of a batch") {
  const auto result =
      run({.states = R"("S": {"Type": "Map", )" + std::string(kDistributed) +
                     R"(, "ItemBatcher": {"MaxItemsPerBatch": 0, "MaxInputBytesPerBatch": 0}, "End": true})",
           .start = "S",
           .input = "[1, 2, 3]"});
  REQUIRE(result.output);
  CHECK(result.output->text() == R"([{"Items":[1,2,3]}])");
}

TEST_CASE("field values: a role of Credentials must be a text") {
  CHECK(in_jsonata(std::string(kTask) + R"(, "Credentials": {"RoleArn": "{% 7 %}"})") ==
        "States.QueryEvaluationError: The field 'RoleArn' of Credentials must be a string but was: 7");
  CHECK(failure_of(std::string(kTask) + R"(, "Credentials": {"RoleArn.$": "$.r"})", R"({"r": [1]})") ==
        "States.Runtime: The field 'RoleArn' of Credentials must be a string but was: [1]");
}

TEST_CASE("field values: what a Wait's path does not find") {
  CHECK(failure_of(R"("Type": "Wait", "SecondsPath": "$.n")") ==
        "States.Runtime: The SecondsPath parameter does not reference an input value: $.n");
  CHECK(failure_of(R"("Type": "Wait", "TimestampPath": "$.t")") ==
        "States.Runtime: The TimestampPath parameter does not reference an input value: $.t");
  CHECK(failure_of(R"("Type": "Wait", "Seconds": 1, "InputPath": "$none.a")") ==
        "States.Runtime: Invalid path '$none.a': The variable '$none' is not defined");
}

TEST_CASE("variables: sizes are those of the values, without names") {
  const auto assign = [](const std::string& members) {
    return jsonata_pass(R"("Assign": {)" + members + "}");
  };
  CHECK(assign(R"("name": "{% $pad('x', 262142) %}")") == "");
  CHECK(assign(R"("name": "{% $pad('x', 262143) %}")") == "States.DataLimitExceeded");
  CHECK(assign(R"("a": "{% $pad('x', 200000) %}", "b": "{% $pad('x', 70000) %}")") ==
        "States.DataLimitExceeded");
}

TEST_CASE("catch: what fails in a catcher is not caught again") {
  const auto with = [](const std::string& catcher) {
    return run({.states = R"("S": {"QueryLanguage": "JSONata", )" + std::string(kTask) +
                          R"(, "Retry": [{"ErrorEquals": ["States.QueryEvaluationError"]}],
                             "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E", )" +
                          catcher + R"(}], "End": true}, "E": {"Type": "Succeed"})",
                .start = "S",
                .mocks = R"({"S": [{"Throw": {"Error": "Busy", "Cause": "c"}}]})"});
  };
  const std::string undefined =
      "An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression "
      "'$none' specified for the field 'Catch[0]/";
  for (const std::string field : {"Output", "Assign"}) {
    INFO(field);
    const auto result = field == "Output" ? with(R"("Output": {"v": "{% $none %}"})")
                                          : with(R"("Assign": {"v": "{% $none %}"})");
    CHECK(result.failure.error == "States.QueryEvaluationError");
    CHECK(result.failure.cause == undefined + field + "/v' returned nothing (undefined).");
    CHECK(links(result) ==
          "1<0 ExecutionStarted, 2<0 TaskStateEntered, 3<2 TaskScheduled, 4<3 TaskStarted, 5<4 TaskFailed, "
          "6<5 EvaluationFailed, 7<6 ExecutionFailed");
  }
  const auto big = with(R"("Output": "{% $pad('x', 300000) %}")");
  CHECK(big.failure.error == "States.DataLimitExceeded");
}

}  // namespace statelang
