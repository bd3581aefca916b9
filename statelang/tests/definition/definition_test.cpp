#include <catch2/catch.hpp>

#include <statelang/definition/definition.h>

using statelang::Definition;
using statelang::Diagnostic;

namespace {

// Every error as "CODE message at location".
std::vector<std::string> errors(const std::string& text, statelang::ParseOptions options = {}) {
  std::vector<std::string> out;
  for (const Diagnostic& d : Definition::validate(text, options)) {
    if (d.severity == Diagnostic::Severity::Error)
      out.push_back(d.code + " " + d.message + " at " + d.location);
  }
  return out;
}

// A machine whose first state is `state`.
std::string machine(const std::string& state, const std::string& more = "") {
  return R"({"StartAt":"S","States":{"S":)" + state + more + "}}";
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("definition: a machine with every state type is accepted and flattened") {
  const auto parsed = Definition::parse(R"({
    "Comment": "all", "StartAt": "Pick", "TimeoutSeconds": 60, "States": {
      "Pick": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Both"}], "Default": "Rest"},
      "Both": {"Type": "Parallel", "Next": "Each", "Branches": [
        {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "End": true}}},
        {"StartAt": "Right", "States": {"Right": {"Type": "Task", "Resource": "queue-a", "End": true}}}]},
      "Each": {"Type": "Map", "ItemsPath": "$.items", "Next": "Done",
        "ItemProcessor": {"StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": true}}}},
      "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Broken"},
      "Broken": {"Type": "Fail", "Error": "E"},
      "Done": {"Type": "Succeed"}}})");
  REQUIRE(parsed);
  const Definition& definition = **parsed;
  CHECK(definition.states().size() == 9);
  CHECK(definition.timeout_seconds() == 60);
  CHECK(definition.find("Right")->pointer == "/States/Both/Branches/1/States/Right");
  CHECK(definition.find("Item")->type == statelang::StateType::Pass);
  CHECK(definition.state(definition.root().start_at).name == "Pick");
}

TEST_CASE("definition: what is no definition is said in AWS's words") {
  CHECK(errors("") == Texts{"SCHEMA_VALIDATION_FAILED Definition must be a valid JSON object at "});
  CHECK(errors("[]") == Texts{"SCHEMA_VALIDATION_FAILED Definition must be a valid JSON object at "});
  CHECK(errors("{}") == Texts{"SCHEMA_VALIDATION_FAILED These fields are required: [States, StartAt] at /"});
  CHECK(errors("not json").at(0).rfind("INVALID_JSON_DESCRIPTION", 0) == 0);
}

TEST_CASE("definition: transition targets must exist, with a hint at the one that was meant") {
  const auto found = Definition::validate(
      machine(R"({"Type":"Pass","Next":"Otherwize"})", R"(,"Otherwise":{"Type":"Succeed"})"));
  REQUIRE(found.size() >= 1);
  CHECK(found[0].code == "MISSING_TRANSITION_TARGET");
  CHECK(found[0].location == "/States/S/Next");
  CHECK(found[0].hint == "Did you mean \"Otherwise\"?");
}

TEST_CASE("definition: each rule has its finding") {
  const auto only = [](const std::string& text) {
    const auto found = errors(text);
    return found.empty() ? std::string("none") : found[0];
  };
  CHECK(only(machine(R"({"Type":"Tusk"})")) ==
        "SCHEMA_VALIDATION_FAILED The field 'Type' should have one of these values: [Task, Wait, Pass, "
        "Succeed, Fail, "
        "Choice, Parallel, Map] at /States/S/Type");
  CHECK(only(machine(R"({"Type":"Pass","End":true,"Colour":1})")) ==
        "SCHEMA_VALIDATION_FAILED Field 'Colour' is not supported at /States/S");
  CHECK(only(machine(R"({"Type":"Task","End":true})")) ==
        "SCHEMA_VALIDATION_FAILED These fields are required: [Resource] at /States/S");
  CHECK(only(machine(R"({"Type":"Parallel","Branches":[],"End":true})")) ==
        "SCHEMA_VALIDATION_FAILED Value cannot be empty at /States/S/Branches");
  CHECK(only(machine(R"({"Type":"Wait","Timestamp":"yesterday","End":true})")) ==
        "SCHEMA_VALIDATION_FAILED String does not match RFC3339 timestamp at /States/S/Timestamp");
  CHECK(only(machine(R"({"Type":"Task","Resource":"q","Credentials":{},"End":true})")) ==
        "SCHEMA_VALIDATION_FAILED The field 'RoleArn' is required but was missing at /States/S/Credentials");
  CHECK(only(machine(R"({"Type":"Pass","Parameters":{"a.$":"nope"},"End":true})")) ==
        "SCHEMA_VALIDATION_FAILED The value for the field 'a.$' must be a valid JSONPath or a valid "
        "intrinsic function "
        "call at /States/S/Parameters");
  CHECK(only(machine(R"({"Type":"Pass","End":true,"Next":"S"})"))
            .find("should only be one of the following fields: [Next, End]") != std::string::npos);
  CHECK(only(machine(R"({"Type":"Pass","Next":"S"})")) ==
        "MISSING_END_STATE Workflow has no terminal state at ");
  CHECK(
      only(machine(R"({"Type":"Pass","End":true})", R"(,"Lost":{"Type":"Succeed"})")).find("not reachable") !=
      std::string::npos);
  CHECK(only(machine(R"({"Type":"Task","Resource":"q","TimeoutSeconds":5,"HeartbeatSeconds":5,"End":true})"))
            .find("HeartbeatSeconds must be smaller") != std::string::npos);
  CHECK(only(machine(
                 R"({"Type":"Task","Resource":"q","Retry":[{"ErrorEquals":["States.ALL","A"]}],"End":true})"))
            .find("States.ALL must appear alone") != std::string::npos);
  CHECK(
      only(
          machine(
              R"({"Type":"Task","Resource":"q","Retry":[{"ErrorEquals":["A"],"BackoffRate":0.5}],"End":true})"))
          .find("Minimum value is 1.0 at /States/S/Retry[0]/BackoffRate") != std::string::npos);
}

TEST_CASE("definition: query languages are not mixed") {
  const std::string start = R"({"QueryLanguage":"JSONata","StartAt":"S","States":{"S":)";
  CHECK(errors(start + R"({"Type":"Pass","QueryLanguage":"JSONPath","End":true}}})").at(0) ==
        "SCHEMA_VALIDATION_FAILED 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state "
        "machine at "
        "/States/S");
  const Texts downgraded = errors(
      start + R"({"Type":"Pass","QueryLanguage":"JSONPath","Output":1,"Assign":{"1":2},"End":true}}})");
  REQUIRE(downgraded.size() == 2);  // nothing about Output
  CHECK(downgraded[1] == "SCHEMA_VALIDATION_FAILED Variable name '1' is not valid at /States/S/Assign");
  CHECK(errors(start + R"({"Type":"Pass","InputPath":"$","End":true}}})").at(0) ==
        "SCHEMA_VALIDATION_FAILED The QueryLanguage is set to 'JSONata', but field 'InputPath' is only "
        "supported for the 'JSONPath' QueryLanguage at /States/S");
  CHECK(errors(start + R"({"Type":"Pass","Output":"{% foo %}","End":true}}})").at(0) ==
        "UNSUPPORTED_JSONATA_EXPRESSION Reference to 'foo' at the top level is not supported at "
        "/States/S/Output");
  CHECK(errors(start + R"({"Type":"Pass","Output":"{% 1 + %}","End":true}}})")
            .at(0)
            .rfind("INVALID_JSONATA", 0) == 0);
  CHECK(errors(start + R"({"Type":"Pass","Output":{"x":"{% $states.input %}"},"End":true}}})").empty());
}

TEST_CASE("definition: state names are unique over all levels, and inner states stay inside") {
  const std::string inner =
      R"({"Type":"Parallel","End":true,"Branches":[{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}]})";
  CHECK(errors(machine(inner)).at(0).rfind("DUPLICATE_STATE_NAME", 0) == 0);
  const std::string leaves =
      R"({"Type":"Parallel","End":true,"Branches":[{"StartAt":"I","States":{"I":{"Type":"Pass","Next":"S"}}}]})";
  CHECK(errors(machine(leaves)).at(0).rfind("MISSING_TRANSITION_TARGET", 0) == 0);
}

TEST_CASE("definition: variables are assigned in one scope only") {
  const std::string shadow =
      R"({"Type":"Parallel","Assign":{"x":1},"End":true,"Branches":[{"StartAt":"I","States":{"I":{"Type":"Pass",)"
      R"("Assign":{"x":2},"End":true}}}]})";
  CHECK(errors(machine(shadow)).at(0).find("Variable 'x'") != std::string::npos);
}

TEST_CASE("definition: the length of a variable's name is in characters") {
  const auto assigns = [](const std::string& name) {
    return errors(machine(R"({"Type":"Pass","Assign":{")" + name + R"(":1},"End":true})"));
  };
  std::string name;
  for (int i = 0; i < 80; ++i) name += "日";
  CHECK(assigns(name).empty());
  CHECK(assigns(name + "日").size() == 1);
}

TEST_CASE("definition: Express refuses what it cannot do") {
  const statelang::ParseOptions express{.express = true};
  CHECK(errors(machine(R"({"Type":"Task","Resource":"arn:aws:states:us-east-1:1:activity:a","End":true})"),
               express) == Texts{"SCHEMA_VALIDATION_FAILED Express state machine does not support Activity "
                                 "ARN at /States/S/Resource"});
  CHECK(
      errors(
          machine(
              R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true})"),
          express) ==
      Texts{"SCHEMA_VALIDATION_FAILED Express state machine does not support '.waitForTaskToken' "
            "service integration  at /States/S/Resource"});
}

TEST_CASE("definition: strict validation refuses queue names") {
  const std::string text = machine(R"({"Type":"Task","Resource":"my-queue","End":true})");
  CHECK(errors(text).empty());
  CHECK(errors(text, {.strict = true}).size() == 1);
}

TEST_CASE("definition: all findings come at once, and big definitions stay fast") {
  CHECK(errors(machine(R"({"Type":"Task","TimeoutSeconds":-1,"Next":"Nowhere","Foo":1})")).size() >= 4);
  std::string big = R"({"StartAt":"S0","States":{)";
  for (int i = 0; i < 10000; ++i) {
    big += "\"S" + std::to_string(i) + R"(":{"Type":"Pass","Next":"S)" + std::to_string(i + 1) + "\"},";
  }
  big += R"("S10000":{"Type":"Succeed"}}})";
  CHECK(errors(big).empty());
}
