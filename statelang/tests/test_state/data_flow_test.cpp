// What each step of a state's data flow makes, by state type and query language.
#include "ask.h"

namespace statelang::test_state {

TEST_CASE("test state: a Pass shows every step of its data flow") {
  const auto result = good(asked(
      R"({"Type":"Pass","InputPath":"$.a","Parameters":{"x.$":"$.b"},"ResultPath":"$.r","OutputPath":"$.r","End":true})",
      R"({"a":{"b":1}})"));
  CHECK(result.status == Status::Succeeded);
  CHECK(output(result) == R"({"x":1})");
  CHECK_FALSE(result.next_state);
  CHECK(steps(result) == R"(input={"a":{"b":1}} afterInputPath={"b":1} afterParameters={"x":1} )"
                         R"(afterResultSelector={"x":1} afterResultPath={"a":{"b":1},"r":{"x":1}})");
}

TEST_CASE("test state: a Pass with a Result shows no input steps") {
  const auto result = good(asked(R"({"Type":"Pass","Result":1,"Next":"B"})", "{}"));
  CHECK(result.next_state == "B");
  CHECK(steps(result) == "input={} result=1 afterResultSelector=1 afterResultPath=1");
}

TEST_CASE("test state: states without a result end with InputPath") {
  CHECK(steps(good(asked(R"({"Type":"Succeed","InputPath":"$.a"})", R"({"a":1})"))) ==
        R"(input={"a":1} afterInputPath=1)");
  const auto failed = good(asked(R"({"Type":"Fail","Error":"E","Cause":"C"})"));
  CHECK(failed.status == Status::Failed);
  CHECK(failed.error == "E");
  CHECK(failed.cause == "C");
  CHECK(steps(failed) == "input={} afterInputPath={}");
}

TEST_CASE("test state: a Choice names the state it leads to") {
  const std::string choice =
      R"({"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThan":3,"Next":"Big"}],"Default":"Small"})";
  CHECK(good(asked(choice, R"({"n":4})")).next_state == "Big");
  CHECK(good(asked(choice, R"({"n":3})")).next_state == "Small");
}

TEST_CASE("test state: a Wait takes no time") {
  const auto result = good(asked(R"({"Type":"Wait","Seconds":86400,"Next":"B"})", "[1]"));
  CHECK(result.status == Status::Succeeded);
  CHECK(output(result) == "[1]");
}

TEST_CASE("test state: a path that leads nowhere fails without naming an event") {
  const auto result = good(asked(R"({"Type":"Pass","InputPath":"$.no","End":true})"));
  CHECK(result.status == Status::Failed);
  CHECK(result.error == "States.Runtime");
  CHECK(result.cause->find("event id") == std::string::npos);
  CHECK(steps(result) == "input={}");
}

TEST_CASE("test state: a mocked task shows all steps in JSONPath") {
  const auto result = good(mocked(
      R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"q","MessageBody.$":"$.m"},
          "ResultSelector":{"id.$":"$.MessageId"},"ResultPath":"$.sent","Next":"B"})",
      R"({"MessageId":"7"})", R"({"m":"hello"})"));
  CHECK(output(result) == R"({"m":"hello","sent":{"id":"7"}})");
  CHECK(steps(result) == R"(input={"m":"hello"} afterInputPath={"m":"hello"} )"
                         R"(afterParameters={"QueueUrl":"q","MessageBody":"hello"} result={"MessageId":"7"} )"
                         R"(afterResultSelector={"id":"7"} afterResultPath={"m":"hello","sent":{"id":"7"}})");
}

TEST_CASE("test state: a mocked task shows arguments and result in JSONata") {
  const auto result = good(mocked(
      R"({"Type":"Task","QueryLanguage":"JSONata","Resource":"arn:aws:states:::sqs:sendMessage",
          "Arguments":{"QueueUrl":"q","MessageBody":"{% $states.input.m %}"},
          "Assign":{"id":"{% $states.result.MessageId %}"},"Output":"{% $states.result.MessageId %}","End":true})",
      R"({"MessageId":"7"})", R"({"m":"hello"})"));
  CHECK(output(result) == "\"7\"");
  CHECK(steps(result) == R"(input={"m":"hello"} afterArguments={"QueueUrl":"q","MessageBody":"hello"} )"
                         R"(result={"MessageId":"7"} variables={"id":"7"})");
}

TEST_CASE("test state: variables come in and are shown with those assigned") {
  auto request = asked(R"({"Type":"Pass","Parameters":{"x.$":"$a"},"Assign":{"b":2},"Next":"N"})");
  request.variables = R"({"a":1})";
  const auto result = good(request);
  CHECK(output(result) == R"({"x":1})");
  CHECK(step_of(result, "variables")->text() == R"({"a":1,"b":2})");
}

TEST_CASE("test state: one state of a whole machine, at any depth") {
  auto request = asked(
      R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"In","States":{
          "In":{"Type":"Pass","Next":"Last"},"Last":{"Type":"Succeed"}}},"End":true}}})");
  request.state_name = "In";
  CHECK(good(request).next_state == "Last");
  request.state_name = "Absent";
  CHECK(refused(request).message == "State not found in definition");
}

TEST_CASE("test state: the context object is made up, or given") {
  const std::string state =
      R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","ResultSelector":{"c.$":"$$"},"End":true})";
  auto request = mocked(state, "{}", R"({"a":1})");
  request.role_arn = "arn:aws:iam::123456789012:role/r";
  const Value made = good(request).output->value();
  const Value* context = made.find("c");
  CHECK(to_json(*context->find("Execution")->find("Input")) == R"({"a":1})");
  CHECK(context->find("State")->find("Name")->as_string() == "StateName");
  CHECK(context->find("Execution")->find("Id")->as_string().find(":express:") != std::string::npos);
  CHECK_FALSE(context->find("Task"));
  request.context = R"({"Execution":{"Id":"e"}})";
  CHECK(output(good(request)) == R"({"c":{"Execution":{"Id":"e"}}})");
}

TEST_CASE("test state: a state inside a Map is that of the first iteration") {
  auto request = asked(
      R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"In","States":{
          "In":{"Type":"Pass","Parameters":{"i.$":"$$.Map.Item"},"End":true}}},"End":true}}})",
      "[4]");
  request.state_name = "In";
  CHECK(output(good(request)) == R"({"i":{"Index":0,"Value":[4]}})");
}

TEST_CASE("test state: the same request gives the same answer") {
  const auto request = mocked(
      R"({"Type":"Task","QueryLanguage":"JSONata","Resource":"arn:aws:states:::sqs:sendMessage",
          "Output":"{% [$states.context, $random(), $uuid(), $now()] %}","End":true})",
      "{}");
  CHECK(output(good(request)) == output(good(request)));
}

}  // namespace statelang::test_state
