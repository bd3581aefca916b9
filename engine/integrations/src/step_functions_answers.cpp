#include "step_functions_answers.h"

#include <algorithm>
#include <ctime>

#include <statelang/timestamps/timestamp.h>
#include <statelang/value.h>

namespace engine::integrations {
namespace {

using statelang::Value;

Value included() {
  return Value::object({{"Included", true}});
}

std::string http_date(int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm time{};
  gmtime_r(&seconds, &time);
  char text[40];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &time);
  return text;
}

Value one(const std::string& text) {
  Value list = Value::array();
  list.push_back(text);
  return list;
}

void add_metadata(Value& answer, const std::string& request_id, size_t body_bytes, int64_t now_ms) {
  const std::string length = std::to_string(body_bytes), date = http_date(now_ms);
  const std::string type = "application/x-amz-json-1.0";
  Value all = Value::object({{"x-amzn-RequestId", one(request_id)},
                             {"connection", one("keep-alive")},
                             {"Content-Length", one(length)},
                             {"Date", one(date)},
                             {"Content-Type", one(type)}});
  Value headers = Value::object({{"connection", "keep-alive"},
                                 {"Content-Length", length},
                                 {"Content-Type", type},
                                 {"Date", date},
                                 {"x-amzn-RequestId", request_id}});
  answer.set("SdkHttpMetadata", Value::object({{"AllHttpHeaders", std::move(all)},
                                               {"HttpHeaders", std::move(headers)},
                                               {"HttpStatusCode", 200}}));
  answer.set("SdkResponseMetadata", Value::object({{"RequestId", request_id}}));
}

std::string iso(int64_t ms) {
  return statelang::timestamps::format_epoch_ms_fixed(ms);
}

// Of a timed out execution AWS shows neither error nor cause.
bool shows_failure(const Execution& execution) {
  return execution.status != statelang::ExecutionStatus::TimedOut;
}

void add_redrive(Value& out, const Execution& execution) {
  out.set("RedriveCount", static_cast<int64_t>(execution.redrive_count));
  if (execution.redrive_ms != 0) out.set("RedriveDate", iso(execution.redrive_ms));
  out.set("RedriveStatus", execution.redrive_status);
  if (!execution.redrive_status_reason.empty())
    out.set("RedriveStatusReason", execution.redrive_status_reason);
}

// The members that DescribeExecution and StartSyncExecution share, up to where they part; in order of the
// alphabet.
void add_execution(Value& out, const Execution& execution) {
  if (execution.cause && shows_failure(execution)) out.set("Cause", *execution.cause);
  if (execution.error && shows_failure(execution)) out.set("Error", *execution.error);
  out.set("ExecutionArn", execution.execution_arn);
  out.set("Input", execution.input.text());
  out.set("InputDetails", included());
  out.set("Name", execution.name);
  if (execution.output) {
    out.set("Output", execution.output->text());
    out.set("OutputDetails", included());
  }
}

}  // namespace

std::string start_answer(const StartedExecution& started, const std::string& request_id) {
  Value answer = Value::object({{"ExecutionArn", started.execution_arn}});
  const size_t wire_bytes = started.execution_arn.size() +
                            std::string(R"({"executionArn":"","startDate":1.700000000123E9})").size();
  add_metadata(answer, request_id, wire_bytes, started.start_ms);
  answer.set("StartDate", started.start_ms);
  return statelang::to_json(answer);
}

std::string sdk_start_answer(const StartedExecution& started) {
  return statelang::to_json(
      Value::object({{"ExecutionArn", started.execution_arn}, {"StartDate", iso(started.start_ms)}}));
}

std::string describe_answer(const Execution& execution, bool parsed) {
  Value out = Value::object();
  if (execution.cause && shows_failure(execution)) out.set("Cause", *execution.cause);
  if (execution.error && shows_failure(execution)) out.set("Error", *execution.error);
  out.set("ExecutionArn", execution.execution_arn);
  out.set("Input", parsed ? execution.input.value() : Value(execution.input.text()));
  out.set("InputDetails", included());
  out.set("Name", execution.name);
  if (execution.output) {
    out.set("Output", parsed ? execution.output->value() : Value(execution.output->text()));
    out.set("OutputDetails", included());
  }
  add_redrive(out, execution);
  out.set("StartDate", execution.start_ms);
  out.set("StateMachineArn", execution.state_machine_arn);
  out.set("Status", to_string(execution.status));
  if (execution.stop_ms != 0) out.set("StopDate", execution.stop_ms);
  return statelang::to_json(out);
}

std::string sdk_describe_answer(const Execution& execution) {
  Value out = Value::object();
  add_execution(out, execution);
  add_redrive(out, execution);
  out.set("StartDate", iso(execution.start_ms));
  out.set("StateMachineArn", execution.state_machine_arn);
  out.set("Status", to_string(execution.status));
  if (execution.stop_ms != 0) out.set("StopDate", iso(execution.stop_ms));
  return statelang::to_json(out);
}

std::string sdk_sync_answer(const Execution& execution) {
  // The service bills 64 MB and tenths of a second.
  const int64_t billed_ms = (std::max<int64_t>(execution.stop_ms - execution.start_ms, 1) + 99) / 100 * 100;
  Value out = Value::object({{"BillingDetails", Value::object({{"BilledDurationInMilliseconds", billed_ms},
                                                               {"BilledMemoryUsedInMB", 64}})}});
  add_execution(out, execution);
  out.set("StartDate", iso(execution.start_ms));
  out.set("StateMachineArn", execution.state_machine_arn);
  out.set("Status", to_string(execution.status));
  out.set("StopDate", iso(execution.stop_ms));
  return statelang::to_json(out);
}

std::string sdk_stop_answer(int64_t stop_ms) {
  return statelang::to_json(Value::object({{"StopDate", iso(stop_ms)}}));
}

}  // namespace engine::integrations
