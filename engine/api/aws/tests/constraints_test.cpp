#include "constraints.h"

#include <catch2/catch.hpp>

#include "action_table.h"

using namespace engine::api::aws;
using statelang::Value;

namespace {

std::string checked(std::string_view action, const std::string& input) {
  for (const ActionEntry& entry : action_table()) {
    if (entry.name != action) continue;
    const auto parsed = statelang::parse_json(input);
    REQUIRE(parsed);
    const auto broken = check_constraints(entry.members, *parsed);
    return broken ? broken->type + ": " + broken->message : "fine";
  }
  return "no such action";
}

}  // namespace

TEST_CASE("constraints: the table of actions is sorted") {
  const auto& table = action_table();
  for (size_t i = 1; i < table.size(); ++i) CHECK(table[i - 1].name < table[i].name);
}

TEST_CASE("constraints: members of structures are named by their path") {
  CHECK(checked("TestState", R"({"definition":"{}"})") == "fine");
  CHECK(checked("TestState", R"({"definition":"{}","mock":{"result":"1","fieldValidationMode":"STRICT"}})") ==
        "fine");
  CHECK(checked("TestState", R"({"definition":"{}","mock":null})") == "fine");
  CHECK(checked("TestState", R"({"definition":"{}","mock":{"fieldValidationMode":"LAX"}})") ==
        "ValidationException: 1 validation error detected: Value 'LAX' at 'mock.fieldValidationMode' failed "
        "to satisfy "
        "constraint: Member must satisfy enum value set: [STRICT, PRESENT, NONE]");
  CHECK(checked("TestState", R"({"definition":"{}","stateConfiguration":{"retrierRetryCount":-1}})") ==
        "ValidationException: 1 validation error detected: Value '-1' at "
        "'stateConfiguration.retrierRetryCount' failed "
        "to satisfy constraint: Member must have value greater than or equal to 0");
  CHECK(checked("TestState", R"({"definition":"{}","mock":{"errorOutput":"no"}})") ==
        "SerializationException: Unexpected value type in payload for member mock.errorOutput");
  CHECK(checked("TestState", R"({"definition":"{}","mock":1})").find("SerializationException") == 0);
}

TEST_CASE("constraints: a word is taken whole from its set") {
  const auto type = [](const std::string& word) {
    return checked("ValidateStateMachineDefinition", R"({"definition":"{}","type":")" + word + "\"}");
  };
  CHECK(type("STANDARD") == "fine");
  CHECK(type("EXPRESS") == "fine");
  for (const std::string word :
       {"", " ", "[", "]", "[STANDARD", "EXPRESS]", "STANDARD, EXPRESS", "ANDARD", ","}) {
    CHECK(type(word).find("satisfy enum value set: [STANDARD, EXPRESS]") != std::string::npos);
  }
}

TEST_CASE("constraints: required members of a structure are required where it is") {
  CHECK(checked("CreateActivity", R"({"name":"a"})") == "fine");
  CHECK(checked("CreateActivity", R"({"name":"a","encryptionConfiguration":{}})")
            .find("'encryptionConfiguration.type' failed to satisfy constraint: Member must not be null") !=
        std::string::npos);
  CHECK(checked("ListActivities", R"({"maxResults":1e300})").find("SerializationException") == 0);
}

TEST_CASE("constraints: null is not given") {
  const auto input = statelang::parse_json(R"({"a":null,"b":{"c":null,"d":1,"e":{}},"f":[null]})");
  REQUIRE(input);
  CHECK(to_json(without_nulls(*input)) == R"({"b":{"d":1,"e":{}},"f":[null]})");
}

TEST_CASE("constraints: tokens and trace headers have the characters of their patterns") {
  const auto token = [](const std::string& given) {
    return checked("RedriveExecution", R"({"executionArn":"x","clientToken":")" + given + "\"}");
  };
  CHECK(token("a-~!") == "fine");
  CHECK(token("a b") ==
        "ValidationException: 1 validation error detected: Value 'a b' at 'clientToken' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [!-~]+");
  CHECK(token("\u00e9").find("[!-~]+") != std::string::npos);
  const auto header = [](const std::string& given) {
    return checked("StartExecution", R"({"stateMachineArn":"x","traceHeader":")" + given + "\"}");
  };
  CHECK(header("Root=1-2; Sampled=1") == "fine");
  CHECK(header("\u00e9").find(R"(at 'traceHeader' failed to satisfy constraint: Member must satisfy regular )"
                              R"(expression pattern: \p{ASCII}*)") != std::string::npos);
}

TEST_CASE("constraints: the name of an alias is words, not digits alone") {
  const auto named = [](const std::string& name) {
    return checked(
        "CreateStateMachineAlias",
        R"({"routingConfiguration":[{"stateMachineVersionArn":"x","weight":100}],"name":")" + name + "\"}");
  };
  for (const char* name : {"live", "7a", "_", "1.0", "-"}) CHECK(named(name) == "fine");
  CHECK(named("7") ==
        "ValidationException: 1 validation error detected: Value '7' at 'name' failed to satisfy constraint: "
        R"(Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$)");
  for (const char* name : {"a b", "a/b", "\u00e9", "a:b"}) {
    CHECK(named(name).find("regular expression pattern") != std::string::npos);
  }
  CHECK(named("").find("2 validation errors detected") != std::string::npos);
}

TEST_CASE("constraints: every broken member is named") {
  CHECK(checked("TestState", R"({"definition":"","stateName":""})").find("2 validation errors detected: ") !=
        std::string::npos);
  CHECK(
      checked("TestState", "{}") ==
      "ValidationException: 1 validation error detected: Value at 'definition' failed to satisfy constraint: "
      "Member must not be null");
}

TEST_CASE("constraints: messages do not repeat what is sensitive, and count payloads in bytes") {
  const std::string start = "ValidationException: 1 validation error detected: Value";
  const auto input = [](size_t letters) {
    std::string text = R"({"definition":"{}","input":"\")";
    for (size_t i = 0; i < letters; ++i) text += "\u00e9";  // two bytes
    return checked("TestState", text + R"(\""})");
  };
  CHECK(input(131'071) == "fine");
  CHECK(input(131'072) == start +
                              " at 'input' failed to satisfy constraint: Member must have size less than or "
                              "equal to 262144 bytes in UTF-8 encoding");
  CHECK(checked("TestState", R"({"definition":""})") ==
        start +
            " at 'definition' failed to satisfy constraint: Member must have length greater than or equal "
            "to 1");
  CHECK(checked("DescribeExecution", "{}") ==
        start + " null at 'executionArn' failed to satisfy constraint: Member must not be null");
  const std::string cause = "{\"executionArn\":\"a\",\"cause\":\"" + std::string(32'769, 'c') + "\"}";
  CHECK(checked("StopExecution", cause) ==
        start +
            " at 'cause' failed to satisfy constraint: Member must have length less than or equal to 32768");
}

TEST_CASE("constraints: members of the elements of a list are named by their number") {
  const std::string broken = "ValidationException: 1 validation error detected: Value '";
  CHECK(
      checked("CreateActivity", R"({"name":"a","tags":[{"key":"k","value":"v"},{"key":"","value":"v"}]})") ==
      broken +
          "' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than or "
          "equal to 1");
  CHECK(checked("CreateActivity", R"({"name":"a","tags":[1]})").find("SerializationException") == 0);
  CHECK(checked("UntagResource", R"({"resourceArn":"a","tagKeys":["k",""]})") ==
        broken +
            "[k, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must "
            "have length less than or equal to 128, Member must have length greater than or equal to 1]");
  CHECK(checked("UntagResource", R"({"resourceArn":"a","tagKeys":["k"]})") == "fine");
  const std::string route = R"({"stateMachineVersionArn":"v","weight":101})";
  const auto alias = [&](const std::string& routes) {
    return checked("CreateStateMachineAlias", R"({"name":"n","routingConfiguration":[)" + routes + "]}");
  };
  CHECK(alias(route) == broken +
                            "101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: "
                            "Member must have value less than or equal to 100");
  CHECK(
      alias(R"({"weight":1})").find("Value null at 'routingConfiguration.1.member.stateMachineVersionArn'") !=
      std::string::npos);
  CHECK(alias("").find("Value '[]' at 'routingConfiguration' failed to satisfy constraint: Member must have "
                       "length greater than or equal to 1") != std::string::npos);
  CHECK(alias(route + "," + route + "," + route).find("4 validation errors detected: ") != std::string::npos);
}
