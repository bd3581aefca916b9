// One state type after the other: output, failures, and how the history is linked.
#include "runner.h"

namespace statelang {
namespace {

std::string task(const std::string& more = "") {
  return R"("T": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true)" + more + "}";
}

}  // namespace

TEST_CASE("pass: ResultPath puts the result into the input") {
  const auto result =
      run({R"("P": {"Type": "Pass", "Result": 1, "ResultPath": "$.b", "End": true})", "P", R"({"a":0})"});
  CHECK(result.status == ExecutionStatus::Succeeded);
  CHECK(result.output->text() == R"({"a":0,"b":1})");
  CHECK(links(result) ==
        "1<0 ExecutionStarted, 2<0 PassStateEntered, 3<2 PassStateExited, 4<3 ExecutionSucceeded");
}

TEST_CASE("pass: a path that leads nowhere ends the execution with States.Runtime") {
  const auto result = run({R"("P": {"Type": "Pass", "Parameters": {"x.$": "$.no"}, "End": true})", "P"});
  CHECK(result.status == ExecutionStatus::Failed);
  CHECK(result.failure.error == "States.Runtime");
  CHECK(links(result) == "1<0 ExecutionStarted, 2<0 PassStateEntered, 3<2 ExecutionFailed");
}

TEST_CASE("pass: a failed JSONata expression is linked to what came before the state") {
  const auto result =
      run({R"("P": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $no %}", "End": true})", "P"});
  CHECK(result.failure.error == "States.QueryEvaluationError");
  CHECK(links(result) ==
        "1<0 ExecutionStarted, 2<0 PassStateEntered, 3<0 EvaluationFailed, 4<3 ExecutionFailed");
}

TEST_CASE("assign: a variable is seen by the next state, not by the state that sets it") {
  const auto result = run({R"("A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
    "B": {"Type": "Pass", "Parameters": {"got.$": "$x"}, "Assign": {"x": 2}, "End": true})",
                           "A"});
  CHECK(result.output->text() == R"({"got":1})");
}

TEST_CASE("wait: takes no real time and moves the clock") {
  const auto result = run({R"("W": {"Type": "Wait", "Seconds": 5, "End": true})", "W"});
  CHECK(result.status == ExecutionStatus::Succeeded);
  CHECK(result.events.back().timestamp_ms == 5000);
}

TEST_CASE("wait: a negative number is States.Runtime in the service's words") {
  const auto result =
      run({R"("W": {"Type": "Wait", "SecondsPath": "$.s", "End": true})", "W", R"({"s":-1})"});
  CHECK(result.failure.cause ==
        "An error occurred while executing the state 'W' (entered at the event id #2). The SecondsPath "
        "parameter references a negative value: $.s == -1");
}

TEST_CASE("choice: without a match and without Default the execution fails") {
  const auto result =
      run({R"("C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "S"}]},
    "S": {"Type": "Succeed"})",
           "C"});
  CHECK(result.failure.error == "States.NoChoiceMatched");
}

TEST_CASE("fail: ends without StateExited; absent Error and Cause stay absent") {
  const auto result = run({R"("F": {"Type": "Fail"})", "F"});
  CHECK(result.status == ExecutionStatus::Failed);
  CHECK_FALSE(result.failure.has_error);
  CHECK(to_json(to_aws_json(result.events.back())).find(R"("executionFailedEventDetails":{})") !=
        std::string::npos);
}

TEST_CASE("task: a retry schedules again without entering again") {
  const auto result = run({task(R"(, "Retry": [{"ErrorEquals": ["Busy"]}])"), "T", "{}",
                           R"({"T": [{"Throw": {"Error": "Busy", "Cause": "c"}}, {"Return": 7}]})"});
  CHECK(result.output->text() == "7");
  CHECK(
      links(result) ==
      "1<0 ExecutionStarted, 2<0 TaskStateEntered, 3<2 TaskScheduled, 4<3 TaskStarted, 5<4 TaskFailed, "
      "6<5 TaskScheduled, 7<6 TaskStarted, 8<7 TaskSucceeded, 9<8 TaskStateExited, 10<9 ExecutionSucceeded");
  CHECK(result.events.back().timestamp_ms == 1000);
}

TEST_CASE("task: backoff stops at MaxDelaySeconds") {
  const auto result = run(
      {task(R"(, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 2, "BackoffRate": 10,
                                 "MaxDelaySeconds": 5, "MaxAttempts": 3}])"),
       "T", "{}",
       R"({"T": [{"Throw": {"Error": "E"}}, {"Throw": {"Error": "E"}}, {"Throw": {"Error": "E"}}, {"Return": 1}]})"});
  CHECK(result.status == ExecutionStatus::Succeeded);
  CHECK(result.events.back().timestamp_ms == (2 + 5 + 5) * 1000);
}

TEST_CASE("task: Catch gives the error output to the next state") {
  const auto result =
      run({task(R"(, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "S"}])") +
               R"(, "S": {"Type": "Succeed"})",
           "T", R"({"a":1})", R"({"T": [{"Throw": {"Error": "E", "Cause": "c"}}]})"});
  CHECK(result.output->text() == R"({"a":1,"e":{"Error":"E","Cause":"c"}})");
}

TEST_CASE("task: without an answer it ends by TimeoutSeconds, and the failure has no cause") {
  const auto result = run({task(R"(, "TimeoutSeconds": 3)"), "T"});
  CHECK(result.failure.error == "States.Timeout");
  CHECK_FALSE(result.failure.has_cause);
  CHECK(links(result).find("5<4 TaskTimedOut, 6<5 ExecutionFailed") != std::string::npos);
}

TEST_CASE("task: States.TaskFailed does not match a timeout") {
  const auto result =
      run({task(R"(, "TimeoutSeconds": 3, "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "S"}])") +
               R"(, "S": {"Type": "Succeed"})",
           "T"});
  CHECK(result.status == ExecutionStatus::Failed);
}

TEST_CASE("machine: TimeoutSeconds ends the execution as TIMED_OUT") {
  const auto result = run(
      {R"("W": {"Type": "Wait", "Seconds": 50, "End": true})", "W", "{}", "{}", R"(, "TimeoutSeconds": 9)"});
  CHECK(result.status == ExecutionStatus::TimedOut);
  CHECK(result.events.back().timestamp_ms == 9000);
}

TEST_CASE("parallel: a failed branch ends its siblings and closes its task") {
  const auto result = run({R"("P": {"Type": "Parallel", "End": true, "Branches": [
      {"StartAt": "T", "States": {)" +
                               task() + R"(}},
      {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}}]})",
                           "P", "{}", R"({"T": [{"Throw": {"Error": "E"}}]})"});
  CHECK(result.failure.error == "E");
  CHECK(result.events.back().timestamp_ms == 0);
  const std::string text = links(result);
  CHECK(text.find("TaskStateAborted") != std::string::npos);
  CHECK(text.find("WaitStateAborted") != std::string::npos);
  CHECK(text.find("ParallelStateFailed") != std::string::npos);
}

TEST_CASE("map: results come in item order and the join follows the last iteration") {
  const auto result = run({R"("M": {"Type": "Map", "MaxConcurrency": 1, "End": true, "ItemProcessor":
      {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}})",
                           "M", "[1,2]"});
  CHECK(result.output->text() == "[1,2]");
  CHECK(links(result) ==
        "1<0 ExecutionStarted, 2<0 MapStateEntered, 3<2 MapStateStarted, 4<3 MapIterationStarted, "
        "5<4 PassStateEntered, 6<5 PassStateExited, 7<6 MapIterationSucceeded, 8<6 MapIterationStarted, "
        "9<8 PassStateEntered, 10<9 PassStateExited, 11<10 MapIterationSucceeded, 12<11 MapStateSucceeded, "
        "13<11 MapStateExited, 14<13 ExecutionSucceeded");
}

TEST_CASE("map: a JSONata failure inside an iteration is shown once") {
  const auto result = run({R"("M": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "I", "States":
      {"I": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $no %}", "End": true}}}})",
                           "M", "[1]"});
  CHECK(links(result) ==
        "1<0 ExecutionStarted, 2<0 MapStateEntered, 3<2 MapStateStarted, 4<3 MapIterationStarted, "
        "5<4 PassStateEntered, 6<4 EvaluationFailed, 7<6 MapIterationFailed, 8<6 MapStateFailed, "
        "9<8 ExecutionFailed");
}

TEST_CASE("variables: a branch sees those around it beside its own") {
  const auto result = run({R"~("S": {"Type": "Pass", "Assign": {"outer": 1, "kept": 2}, "Next": "P"},
      "P": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"own": 3}, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"more": 4}, "Next": "C"},
        "C": {"Type": "Pass", "Parameters": {"all.$": "States.Array($outer, $kept, $own, $more)"},
              "End": true}}}]})~",
                           "S"});
  REQUIRE(result.output);
  CHECK(result.output->text() == R"([{"all":[1,2,3,4]}])");
}

TEST_CASE("map: more items than a step may start are finished by Continue") {
  std::string input = "[0";
  for (int i = 1; i < 3000; ++i) input += "," + std::to_string(i);
  input += "]";
  const auto result = run({R"("M": {"Type": "Map", "End": true, "ItemProcessor":
      {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}})",
                           "M", input});
  CHECK(result.status == ExecutionStatus::Succeeded);
  CHECK(result.output->text() == input);
}

TEST_CASE("history: the event limit ends the execution with States.Runtime") {
  const auto result = run({R"("A": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Choice", "Default": "A",
      "Choices": [{"Variable": "$.stop", "IsPresent": true, "Next": "S"}]}, "S": {"Type": "Succeed"})",
                           "A"});
  CHECK(result.failure.cause == "The execution reached the maximum number of history events (25000).");
  CHECK(result.events.size() == 25000);
  CHECK(result.events.back().id == 25000);
}

}  // namespace statelang
