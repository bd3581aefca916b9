// What AWS's TestState answered (sfn_conformance): exceptions by their text, answers by every value that was
// not blanked when it was recorded.
#include "../definition/public_corpus.h"
#include "ask.h"

namespace statelang::test_state {
namespace {

using namespace public_corpus;

std::optional<std::string> text_of(const Value& call, std::string_view name) {
  const Value* value = call.find(name);
  if (!value || value->is_null()) return std::nullopt;
  return value->is_string() ? std::string(value->as_string()) : to_json(*value);
}

std::optional<int64_t> integer_of(const Value& object, std::string_view name) {
  const Value* value = object.find(name);
  return value ? std::optional<int64_t>(value->as_integer()) : std::nullopt;
}

Mock mock_of(const Value& json) {
  Mock mock;
  mock.result = text_of(json, "result");
  if (const Value* error = json.find("errorOutput")) {
    mock.error_output = Failure{*text_of(*error, "error"), *text_of(*error, "cause")};
  }
  const std::string mode = text_of(json, "fieldValidationMode").value_or("STRICT");
  mock.field_validation = mode == "NONE"      ? FieldValidation::None
                          : mode == "PRESENT" ? FieldValidation::Present
                                              : FieldValidation::Strict;
  return mock;
}

Request request_of(const Value& call) {
  Request request;
  const auto text = text_of(call, "definition_text");
  request.definition = text ? *text : *text_of(call, "definition");
  request.state_name = text_of(call, "stateName");
  request.input = text_of(call, "input").value_or("{}");
  request.variables = text_of(call, "variables");
  request.context = text_of(call, "context");
  request.role_arn = text_of(call, "roleArn").value_or("");
  request.account = "111111111111";
  if (const Value* mock = call.find("mock")) request.mock = mock_of(*mock);
  if (const Value* given = call.find("stateConfiguration")) {
    request.configuration = {integer_of(*given, "retrierRetryCount"), text_of(*given, "errorCausedByState"),
                             integer_of(*given, "mapIterationFailureCount"),
                             text_of(*given, "mapItemReaderData")};
  }
  return request;
}

// Arrays stayed texts when the answers were recorded; their blanks are the client's.
Value parsed(const Value& value) {
  if (!value.is_string() || value.as_string().substr(0, 1) != "[") return value;
  auto json = parse_json(value.as_string());
  return json ? std::move(*json) : value;
}

bool blanked(const Value& expected) {
  if (!expected.is_string()) return false;
  const std::string_view text = expected.as_string();
  return text.find('<') != std::string_view::npos || text.ends_with("date");
}

// Where `actual` differs; empty: nowhere.
std::string difference(const Value& expected, const Value& actual, const std::string& path) {
  if (blanked(expected)) return {};
  if ((expected.is_object() || expected.is_array()) && actual.is_string()) {
    const auto parsed = parse_json(actual.as_string());
    return parsed ? difference(expected, *parsed, path) : path;
  }
  if (expected.is_string()) return to_json(parsed(expected)) == to_json(parsed(actual)) ? "" : path;
  if (expected.is_number() && actual.is_number()) {
    return expected.as_double() == actual.as_double() ? "" : path;
  }
  if (expected.is_array() && actual.is_array() && expected.size() == actual.size()) {
    for (size_t i = 0; i < expected.size(); ++i) {
      auto found = difference(expected.as_array()[i], actual.as_array()[i], path + "/" + std::to_string(i));
      if (!found.empty()) return found;
    }
    return {};
  }
  if (!expected.is_object() || !actual.is_object()) {
    return to_json(expected) == to_json(actual) ? "" : path + ": " + to_json(actual);
  }
  size_t members = 0;
  for (const auto& [key, value] : expected.as_object()) {
    const std::string name(key.as_string());
    if (name == "ResponseMetadata") continue;
    ++members;
    const Value* got = actual.find(name);
    if (!got) return path + "/" + name + " is absent";
    auto found = difference(value, *got, path + "/" + name);
    if (!found.empty()) return found;
  }
  return members == actual.size() ? "" : path + " has more members: " + to_json(actual);
}

InspectionLevel level_of(const Value& call) {
  const std::string level = text_of(call, "inspectionLevel").value_or("INFO");
  return level == "INFO" ? InspectionLevel::Info : InspectionLevel::Debug;
}

void check_call(const Value& call, const Value& expected) {
  const auto result = run(request_of(call));
  std::optional<std::string> message;
  if (const Value* error = expected.find("Error")) message = text_of(*error, "Message");
  if (auto shown = text_of(expected, "exception_value")) {
    message = shown->substr(shown->find("operation: ") + std::string_view("operation: ").size());
  }
  if (message) {
    REQUIRE(!result);
    CHECK(result.error().message == *message);
  } else if (!result && result.error().task) {
    SUCCEED("a task that was called for real");
  } else {
    REQUIRE(result);
    CHECK(difference(expected, to_aws_json(*result, level_of(call)), "") == "");
  }
}

}  // namespace

TEST_CASE("test state: what AWS answered") {
  const auto folder = corpus("sfn_conformance") / "cases";
  if (absent(folder)) return;
  if (!service_shapes_known()) {
    WARN("built without the service models: no result is checked");
    return;
  }
  size_t checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::istringstream lines(read(entry.path()));
    for (std::string line; std::getline(lines, line);) {
      if (line.find(R"("kind": "test_state")") == std::string::npos) continue;
      const auto recorded = parse_json(line);
      REQUIRE(recorded);
      INFO(recorded->find("id")->as_string());
      for (const Value& call : recorded->find("test_state")->as_array()) {
        const Value* key = call.find("expected_key");
        const Value* expected = key ? recorded->find("expected")->find(key->as_string()) : nullptr;
        if (!expected) continue;
        check_call(call, *expected);
        ++checked;
      }
    }
  }
  CHECK(checked > 100);
}

}  // namespace statelang::test_state
