// The context object that a caller gives in place of the execution's own.
#include <string_view>

#include "checks.h"

namespace statelang::test_state {
namespace {

enum class Kind : uint8_t { Text, Number, Any };

struct Field {
  std::string_view part;
  std::string_view name;
  Kind kind;
};

// Developer guide, "Accessing execution data from the Context object".
constexpr Field kFields[] = {
    {"Execution", "Id", Kind::Text},
    {"Execution", "Input", Kind::Any},
    {"Execution", "Name", Kind::Text},
    {"Execution", "RoleArn", Kind::Text},
    {"Execution", "StartTime", Kind::Text},
    {"Execution", "RedriveCount", Kind::Number},
    {"Execution", "RedriveTime", Kind::Text},
    {"State", "EnteredTime", Kind::Text},
    {"State", "Name", Kind::Text},
    {"State", "RetryCount", Kind::Number},
    {"StateMachine", "Id", Kind::Text},
    {"StateMachine", "Name", Kind::Text},
    {"Task", "Token", Kind::Text},
};

const Field* find_field(std::string_view part, std::string_view name) {
  for (const Field& field : kFields) {
    if (field.part == part && (name.empty() || field.name == name)) return &field;
  }
  return nullptr;
}

bool has_token(const State& state) {
  const auto* task = std::get_if<TaskFields>(&state.fields);
  return task && task->resource.pattern != IntegrationPattern::RequestResponse;
}

std::optional<std::string> check_part(std::string_view part, const Value& fields) {
  if (!fields.is_object()) return std::string(part) + " must be an object";
  for (const auto& [key, value] : fields.as_object()) {
    const std::string name(key.as_string());
    const Field* field = find_field(part, name.empty() ? "?" : std::string_view(name));
    if (!field) return "Field '" + name + "' is not allowed";
    const std::string path = std::string(part) + "." + name;
    if (field->kind == Kind::Text && !value.is_string()) return path + " must be a string";
    if (field->kind == Kind::Number && !value.is_number()) return path + " must be a number";
  }
  return std::nullopt;
}

std::optional<std::string> problem(const State& state, const std::string& text) {
  const auto context = parse_json(text);
  if (!context) return "Context object must be valid JSON";
  if (!context->is_object()) return "Context object must be a JSON object";
  for (const auto& [key, fields] : context->as_object()) {
    const std::string part(key.as_string());
    if (part == "Map") return "'Map' field is not supported when mocking a Context object";
    if (part.empty() || !find_field(part, {})) return "Field '" + part + "' is not allowed";
    if (part == "Task" && !has_token(state)) {
      return "Context object contains 'Task' when state is not a Task state with a '.sync' or "
             "'.waitForTaskToken' service integration pattern";
    }
    if (auto wrong = check_part(part, fields)) return wrong;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> check_context(const State& state, const std::string& context) {
  auto found = problem(state, context);
  if (found) found->insert(0, "Invalid Context object provided: ");
  return found;
}

}  // namespace statelang::test_state
