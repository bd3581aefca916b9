// One history event as REST shows it: flat, times as text, payloads as JSON values. (AWS's shape, with its
// nested details and payloads in strings, is what the AWS API gives.)
#include "answers.h"
#include "routes.h"

namespace engine::rest {
namespace {

using statelang::EventExtras;
using statelang::EventType;
using statelang::HistoryEvent;

// What the payload of an event is called.
std::string_view payload_name(std::string_view type) {
  if (type == "TaskScheduled") return "parameters";
  if (type.ends_with("Entered") || type.ends_with("Scheduled") || type == "ExecutionStarted") return "input";
  return "output";
}

bool counts_items(EventType type) {
  return type == EventType::MapStateStarted;
}
bool is_iteration(EventType type) {
  return type == EventType::MapIterationStarted || type == EventType::MapIterationSucceeded ||
         type == EventType::MapIterationFailed || type == EventType::MapIterationAborted;
}

void add_variables(std::string& out, const EventExtras& extras) {
  if (extras.assigned_variables.empty()) return;
  std::string variables = "{";
  for (const auto& [name, json_text] : extras.assigned_variables) {
    if (variables.back() != '{') variables += ',';
    http::append_quoted(variables, name);
    (variables += ':') += json_text;
  }
  member_json(out, "assigned_variables", variables += '}');
}

void add_extras(std::string& out, const EventExtras& extras) {
  const std::pair<std::string_view, const std::string*> texts[] = {
      {"state_machine_alias_arn", &extras.state_machine_alias_arn},
      {"state_machine_version_arn", &extras.state_machine_version_arn},
      {"region", &extras.region},
      {"task_credentials_role_arn", &extras.task_credentials_role_arn},
      {"location", &extras.location},
      {"map_run_arn", &extras.map_run_arn}};
  for (const auto& [name, text] : texts) {
    if (!text->empty()) member(out, name, *text);
  }
  if (extras.timeout_seconds >= 0) member(out, "timeout_seconds", extras.timeout_seconds);
  if (extras.heartbeat_seconds >= 0) member(out, "heartbeat_seconds", extras.heartbeat_seconds);
  if (extras.redrive_count > 0) member(out, "redrive_count", extras.redrive_count);
  add_variables(out, extras);
}

}  // namespace

std::string to_json(const HistoryEvent& event) {
  const std::string_view type = statelang::to_string(event.type);
  std::string out = "{";
  member(out, "id", event.id);
  member(out, "previous_id", event.previous_id);
  member_time(out, "time", event.timestamp_ms);
  member(out, "type", type);
  if (!event.name.empty()) member(out, "name", event.name);
  if (!event.resource_type.empty()) member(out, "resource_type", event.resource_type);
  if (!event.resource.empty()) member(out, "resource", event.resource);
  if (counts_items(event.type)) member(out, "length", event.number);
  if (is_iteration(event.type)) member(out, "index", event.number);
  if (event.has_payload) member_json(out, payload_name(type), event.payload.text());
  if (event.has_error) member(out, "error", event.error);
  if (event.has_cause) member(out, "cause", event.cause);
  if (event.extras) add_extras(out, *event.extras);
  return out += '}';
}

}  // namespace engine::rest
