#include "parser.h"

namespace statelang {

void DefinitionParser::parse_resource_field(Reader& reader, TaskFields& task) {
  const auto text = reader.take_string("Resource");
  if (!text) return;
  auto resource = parse_resource(*text);
  const std::string at = reader.at("Resource");
  if (!resource || (options_.strict && resource->kind == ResourceKind::Queue)) {
    findings_.schema(
        at,
        "The resource provided " + *text +
            " is not recognized. The value is not a valid resource ARN, or the resource is not available "
            "in this region.",
        resource ? "Bare queue names are an extension that strict validation refuses." : "");
    return;
  }
  if (options_.express && resource->kind == ResourceKind::Activity) {
    findings_.schema(at, "Express state machine does not support Activity ARN");
  }
  if (options_.express &&
      (resource->pattern == IntegrationPattern::Sync || resource->pattern == IntegrationPattern::Sync2)) {
    findings_.schema(at, "Express state machine does not support '.sync' service integration");
  }
  if (options_.express && resource->pattern == IntegrationPattern::WaitForTaskToken) {
    // Two blanks in the joined text, as the service has it.
    findings_.schema(at, "Express state machine does not support '.waitForTaskToken' service integration ");
  }
  task.resource = std::move(*resource);
}

void DefinitionParser::parse_task(Reader& reader, State& state) {
  TaskFields task;
  reader.require({"Resource"});
  parse_resource_field(reader, task);
  task.timeout = parse_number(reader, state, "TimeoutSeconds", 1, kSecondsMax);
  task.heartbeat = parse_number(reader, state, "HeartbeatSeconds", 1, kSecondsMax);
  if (task.timeout && task.heartbeat && task.timeout->is_literal() && task.heartbeat->is_literal() &&
      task.heartbeat->literal() >= task.timeout->literal()) {
    findings_.schema(reader.at("HeartbeatSeconds"), "HeartbeatSeconds must be smaller than TimeoutSeconds");
  }
  if (const Value* credentials = reader.json().find("Credentials")) {
    if (credentials->is_object() && !credentials->find("RoleArn") && !credentials->find("RoleArn.$")) {
      findings_.schema(reader.at("Credentials"), "The field 'RoleArn' is required but was missing");
    }
    const bool expression =
        credentials->is_string() && templates::JsonataTemplate::is_expression(credentials->as_string());
    if (state.is_jsonata() && !credentials->is_object() && !expression) {
      findings_.schema(reader.at("Credentials"), "Expected value of type Object");
    }
    const Value* role = credentials->is_object() ? credentials->find("RoleArn") : nullptr;
    if (role && !role->is_string()) {
      findings_.schema(reader.at("Credentials") + "/RoleArn", "Expected value of type String");
    }
  }
  task.credentials = parse_template(reader, "Credentials", state, true);
  state.fields = std::move(task);
}

}  // namespace statelang
