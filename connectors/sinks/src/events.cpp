#include <connectors/sinks/events.h>
#include <statelang/digest.h>
#include <statelang/timestamps/timestamp.h>

namespace connectors::sinks {

using engine::Execution;
using statelang::ExecutionStatus;
using statelang::Value;

namespace {

// arn:aws:states:REGION:ACCOUNT:...
std::string arn_part(std::string_view arn, int part) {
  for (; part > 0 && !arn.empty(); --part) arn.remove_prefix(std::min(arn.size(), arn.find(':') + 1));
  return std::string(arn.substr(0, arn.find(':')));
}

Value text_or_null(const std::string& text) {
  return text.empty() ? Value() : Value(text);
}
Value text_or_null(const std::optional<std::string>& text) {
  return text ? Value(*text) : Value();
}

// Whole seconds, as EventBridge writes it.
std::string seconds(int64_t ms) {
  return statelang::timestamps::format_epoch_ms(ms).substr(0, 19) + "Z";
}

Value envelope(std::string id, const char* type, const Execution& execution, int64_t time_ms) {
  Value resources = Value::array();
  resources.push_back(Value(execution.execution_arn));
  Value out = Value::object({{"version", "0"}, {"id", std::move(id)}, {"detail-type", type}});
  out.set("source", "aws.states");
  out.set("account", arn_part(execution.execution_arn, 4));
  out.set("time", seconds(time_ms));
  out.set("region", arn_part(execution.execution_arn, 3));
  out.set("resources", std::move(resources));
  return out;
}

size_t escaped_size(std::string_view text) {
  size_t size = 2;
  for (const char c : text) size += c == '"' || c == '\\' ? 2 : static_cast<unsigned char>(c) < 0x20 ? 6 : 1;
  return size;
}

void add_payloads(Value& detail, const Execution& execution) {
  const std::string_view input = execution.input.text();
  const std::string_view output = execution.output ? execution.output->text() : std::string_view();
  const bool included =
      escaped_size(input) + (execution.output ? escaped_size(output) : 0) <= kPayloadBytesMax;
  detail.set("input", included ? Value(std::string(input)) : Value());
  detail.set("output", included && execution.output ? Value(std::string(output)) : Value());
  detail.set("inputDetails", Value::object({{"included", included}}));
  // AWS shows details of an output only where there is one.
  detail.set("outputDetails", execution.output ? Value::object({{"included", included}}) : Value());
}

void add_redrive(Value& detail, const Execution& execution, int64_t redrive_ms) {
  detail.set("redriveCount", static_cast<int64_t>(execution.redrive_count));
  detail.set("redriveDate", redrive_ms > 0 ? Value(redrive_ms) : Value());
  const bool closed_badly = execution.status == ExecutionStatus::Failed ||
                            execution.status == ExecutionStatus::TimedOut ||
                            execution.status == ExecutionStatus::Aborted;
  if (closed_badly && execution.redrive_status == "NOT_REDRIVABLE") {  // its history is full
    detail.set("redriveStatus", execution.redrive_status);
    detail.set("redriveStatusReason", execution.redrive_status_reason);
    return;
  }
  if (closed_badly) {
    detail.set("redriveStatus", execution.map_run_arn.empty() ? "REDRIVABLE" : "REDRIVABLE_BY_MAP_RUN");
    detail.set("redriveStatusReason", Value());
    return;
  }
  detail.set("redriveStatus", "NOT_REDRIVABLE");
  detail.set("redriveStatusReason",
             "Execution is " + std::string(to_string(execution.status)) + " and cannot be redriven");
}

}  // namespace

std::string event_id(const Execution& execution, std::string_view what, int64_t event) {
  std::string text = execution.execution_arn;
  text.append("\n").append(what).append("\n").append(std::to_string(event));
  // The start tells executions apart that had the same name one after the other.
  text.append("\n").append(std::to_string(execution.start_ms));
  const std::string hash = statelang::digest_hex("SHA-256", text);
  return hash.substr(0, 8) + "-" + hash.substr(8, 4) + "-8" + hash.substr(13, 3) + "-a" + hash.substr(17, 3) +
         "-" + hash.substr(20, 12);
}

Value status_event(const engine::FeedEvent& event) {
  const Execution& execution = event.execution;
  const std::string status(to_string(execution.status));
  const bool open =
      execution.status == ExecutionStatus::Running || execution.status == ExecutionStatus::PendingRedrive;
  Value out = envelope(event_id(execution, status, event.first_event),
                       "Step Functions Execution Status Change", execution, event.time_ms);
  Value detail = Value::object(
      {{"executionArn", execution.execution_arn}, {"stateMachineArn", execution.state_machine_arn}});
  detail.set("stateMachineVersionArn", text_or_null(execution.state_machine_version_arn));
  detail.set("stateMachineAliasArn", text_or_null(execution.state_machine_alias_arn));
  detail.set("name", execution.name);
  detail.set("status", status);
  detail.set("startDate", execution.start_ms);
  detail.set("stopDate", open ? Value() : Value(execution.stop_ms));
  add_payloads(detail, execution);
  detail.set("error", text_or_null(execution.error));
  detail.set("cause", text_or_null(execution.cause));
  add_redrive(detail, execution, event.redrive_ms);
  out.set("detail", std::move(detail));
  return out;
}

Value history_event(const Execution& execution, const statelang::HistoryEvent& event) {
  Value out = envelope(event_id(execution, "history", event.id), "Step Functions Execution History Event",
                       execution, event.timestamp_ms);
  Value detail = Value::object(
      {{"executionArn", execution.execution_arn}, {"stateMachineArn", execution.state_machine_arn}});
  detail.set("name", execution.name);
  detail.set("redriveCount", static_cast<int64_t>(execution.redrive_count));
  detail.set("event", statelang::to_aws_json(event));
  out.set("detail", std::move(detail));
  return out;
}

}  // namespace connectors::sinks
