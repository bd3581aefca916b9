#include "start_request.h"

#include <algorithm>

#include <statelang/value.h>

#include "failures.h"

namespace engine::integrations {
namespace {

using statelang::Unexpected;
using statelang::Value;

// {} for an absent or null Input; a text is the JSON itself.
statelang::Expected<statelang::Payload, std::string> read_input(const Value* given) {
  if (!given || given->is_null()) return statelang::Payload();
  if (!given->is_string()) return statelang::Payload::from_value(*given);
  if (!statelang::valid_json(given->as_string())) return Unexpected{std::string(given->as_string())};
  return statelang::Payload::from_text(std::string(given->as_string()));
}

// AWS: 1 to 80 characters without white space, brackets, wildcards and control characters.
bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > 80) return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F ||
           std::string_view("<>{}[]?*\"#%\\^|~`$&,;:/").find(c) != std::string_view::npos;
  });
}

}  // namespace

statelang::Expected<StartExecutionRequest, statelang::Failure> start_request(const core::DispatchTask& task) {
  const Value& parameters = task.input.value();
  const auto text = [&](std::string_view name) -> std::string {
    const Value* found = parameters.find(name);
    return found && found->is_string() ? std::string(found->as_string()) : std::string();
  };
  StartExecutionRequest request;
  request.state_machine_arn = text("StateMachineArn");
  if (request.state_machine_arn.empty()) {
    return Unexpected{bad_parameters("The field 'StateMachineArn' is required but was missing")};
  }
  const Value* name = parameters.find("Name");
  if (name && !name->is_null() && !name->is_string()) {
    return Unexpected{bad_parameters("The field 'Name' must be a string")};
  }
  request.name = text("Name");
  if (!name || name->is_null()) request.name = id_of(task.execution_arn, task.id, "child");
  auto input = read_input(parameters.find("Input"));
  if (!input) return Unexpected{bad_parameters("The field 'Input' is a text that is no JSON")};
  request.input = std::move(*input);
  request.trace_header = text("TraceHeader");
  request.parent_execution_arn = task.execution_arn;
  request.parent_task = name_of(task.id);
  return request;
}

std::optional<ApiError> invalid_start(const StartExecutionRequest& request) {
  const std::string& arn = request.state_machine_arn;
  if (arn.rfind("arn:", 0) != 0) {
    return ApiError{ApiErrorCode::InvalidArn, "Invalid Arn: 'Invalid ARN prefix: " + arn + "'", {}};
  }
  if (arn.find(":stateMachine:") == std::string::npos) {
    return ApiError{ApiErrorCode::InvalidArn, "Invalid Arn: '" + arn + "'", {}};
  }
  if (!valid_name(request.name)) {
    return ApiError{ApiErrorCode::InvalidName, "Invalid Name: '" + request.name + "'", {}};
  }
  return std::nullopt;
}

std::string machine_arn_of(const StartExecutionRequest& request) {
  return request.state_machine_arn.substr(0, request.state_machine_arn.find('#'));
}

std::string execution_arn_of(const StartExecutionRequest& request) {
  constexpr std::string_view kKind = ":stateMachine:";
  std::string arn = request.state_machine_arn;
  const size_t kind = arn.find(kKind);
  if (kind == std::string::npos) return {};
  // Version, alias and test case are no part of it.
  arn.resize(std::min(arn.size(), arn.find_first_of(":#", kind + kKind.size())));
  arn.replace(kind, kKind.size(), ":execution:");
  return arn + ":" + request.name;
}

}  // namespace engine::integrations
