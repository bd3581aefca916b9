// Start, stop, describe and list executions; their history (API reference, same names).
#include <algorithm>
#include <charconv>

#include <statelang/json_syntax.h>

#include "action.h"
#include "arn.h"
#include "page_token.h"

namespace engine::api::aws {
namespace {

constexpr size_t kPageDefault = 100;
// The service ends synchronous Express executions after five minutes.
constexpr int64_t kSyncWaitMs = 5 * 60 * 1000;

size_t page_size(const Call& call) {
  const int64_t asked = call.integer("maxResults", 0);
  return asked == 0 ? kPageDefault : static_cast<size_t>(asked);
}

statelang::Expected<StartExecutionRequest, AwsError> start_request(const Call& call) {
  StartExecutionRequest request;
  request.state_machine_arn = call.text("stateMachineArn");
  if (auto arn = parse_whole_machine_arn(request.state_machine_arn); !arn)
    return statelang::Unexpected{arn.error()};
  request.name = call.text("name");
  if (call.has("name") && !valid_name(request.name)) return statelang::Unexpected{invalid_name(request.name)};
  std::string input = call.text("input", "{}");
  if (auto parsed = statelang::parse_json(input); !parsed) {
    const auto syntax = statelang::find_json_syntax_error(input);
    return statelang::Unexpected{AwsError{"InvalidExecutionInput",
                                          "Invalid State Machine Execution Input: '" +
                                              (syntax ? syntax->message : parsed.error().message) + "'",
                                          {}}};
  }
  request.input = statelang::Payload::from_text(std::move(input));
  request.trace_header = call.text("traceHeader", call.trace_header);
  return request;
}

void add_outcome(Value& out, const Execution& execution, bool with_data) {
  if (with_data) out.set("input", execution.input.text());
  out.set("inputDetails", Value::object({{"included", with_data}}));
  if (execution.output) {
    if (with_data) out.set("output", execution.output->text());
    out.set("outputDetails", Value::object({{"included", with_data}}));
  }
  // The service shows neither for TIMED_OUT.
  if (execution.status == statelang::ExecutionStatus::TimedOut) return;
  if (execution.error) out.set("error", *execution.error);
  if (execution.cause) out.set("cause", *execution.cause);
}

void add_redrive(Value& out, const Execution& execution) {
  out.set("redriveCount", static_cast<int64_t>(execution.redrive_count));
  if (execution.redrive_ms != 0) out.set("redriveDate", timestamp(execution.redrive_ms));
  out.set("redriveStatus", execution.redrive_status);
  if (!execution.redrive_status_reason.empty())
    out.set("redriveStatusReason", execution.redrive_status_reason);
}

// What a change of an execution is refused with.
void refuse(const Call& call, const ApiError& error, const std::string& execution_arn) {
  if (error.code != ApiErrorCode::ExecutionDoesNotExist) return call.fail(error);
  call.fail(AwsError{"ExecutionDoesNotExist", "Execution Does Not Exist: '" + execution_arn + "'", {}});
}

// How it was started: by the ARN of a version or an alias.
template <class Item>
void add_qualified(Value& out, const Item& execution) {
  if (!execution.state_machine_version_arn.empty())
    out.set("stateMachineVersionArn", execution.state_machine_version_arn);
  if (!execution.state_machine_alias_arn.empty())
    out.set("stateMachineAliasArn", execution.state_machine_alias_arn);
}

}  // namespace

void start_execution(const Call& call) {
  auto request = start_request(call);
  if (!request) return call.fail(request.error());
  std::string machine = parse_arn(request->state_machine_arn, "stateMachine")->name;
  machine.resize(std::min(machine.size(), machine.find('#')));  // a test case of the mock configuration
  const std::string arn = "arn:aws:states:" + call.settings.region + ":" + call.settings.account +
                          ":execution:" + machine + ":" + request->name;
  call.engine.start_execution(std::move(*request), [call, arn](ApiResult<StartedExecution> started) {
    if (!started && started.error().code == ApiErrorCode::ExecutionAlreadyExists) {
      return call.fail(AwsError{"ExecutionAlreadyExists", "Execution Already Exists: '" + arn + "'", {}});
    }
    if (!started) return call.fail(started.error());
    call.succeed(Value::object(
        {{"executionArn", started->execution_arn}, {"startDate", timestamp(started->start_ms)}}));
  });
}

void start_sync_execution(const Call& call) {
  auto request = start_request(call);
  if (!request) return call.fail(request.error());
  const std::string arn = request->state_machine_arn;
  const auto machine = call.engine.describe_state_machine(arn.substr(0, arn.find('#')));  // #TestCase
  if (!machine) return call.fail(machine.error());
  if (machine->type != core::MachineType::Express) {
    return call.fail(AwsError{
        "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine", {}});
  }
  call.engine.start_and_wait(std::move(*request), kSyncWaitMs, [call](ApiResult<Execution> ended) {
    if (!ended) return call.fail(ended.error());
    Value out = Value::object({{"executionArn", ended->execution_arn},
                               {"stateMachineArn", ended->state_machine_arn},
                               {"name", ended->name},
                               {"startDate", timestamp(ended->start_ms)},
                               {"stopDate", timestamp(ended->stop_ms)},
                               {"status", to_string(ended->status)}});
    const bool with_data = call.text("includedData") != "METADATA_ONLY";
    add_outcome(out, *ended, with_data);
    out.set("outputDetails", Value::object({{"included", with_data}}));  // here without an output too
    // Memory and time in the service's units of billing: 64 MB, 100 ms.
    const int64_t billed_ms = (std::max<int64_t>(ended->stop_ms - ended->start_ms, 1) + 99) / 100 * 100;
    out.set("billingDetails",
            Value::object({{"billedMemoryUsedInMB", 64}, {"billedDurationInMilliseconds", billed_ms}}));
    const std::string trace = call.text("traceHeader", call.trace_header);
    if (!trace.empty()) out.set("traceHeader", trace);
    call.succeed(out);
  });
}

void stop_execution(const Call& call) {
  StopExecutionRequest request;
  request.execution_arn = call.text("executionArn");
  if (auto arn = parse_arn(request.execution_arn, "execution"); !arn) return call.fail(arn.error());
  request.failure = {call.text("error"), call.text("cause"), call.has("error"), call.has("cause")};
  call.engine.stop_execution(std::move(request), [call](ApiResult<int64_t> stopped) {
    if (!stopped) return refuse(call, stopped.error(), call.text("executionArn"));
    call.succeed(Value::object({{"stopDate", timestamp(*stopped)}}));
  });
}

void redrive_execution(const Call& call) {
  RedriveExecutionRequest request;
  request.execution_arn = call.text("executionArn");
  if (auto arn = parse_arn(request.execution_arn, "execution"); !arn) return call.fail(arn.error());
  request.client_token = call.text("clientToken");
  call.engine.redrive_execution(std::move(request), [call](ApiResult<int64_t> redriven) {
    if (!redriven) return refuse(call, redriven.error(), call.text("executionArn"));
    call.succeed(Value::object({{"redriveDate", timestamp(*redriven)}}));
  });
}

void describe_execution(const Call& call) {
  const std::string arn = call.text("executionArn");
  if (auto parsed = parse_arn(arn, "execution"); !parsed) return call.fail(parsed.error());
  const auto execution = call.engine.describe_execution(arn);
  if (!execution) return call.fail(execution.error());
  Value out = Value::object({{"executionArn", execution->execution_arn},
                             {"stateMachineArn", execution->state_machine_arn},
                             {"name", execution->name},
                             {"status", to_string(execution->status)},
                             {"startDate", timestamp(execution->start_ms)}});
  if (execution->stop_ms != 0) out.set("stopDate", timestamp(execution->stop_ms));
  if (!execution->map_run_arn.empty()) out.set("mapRunArn", execution->map_run_arn);
  if (!execution->trace_header.empty()) out.set("traceHeader", execution->trace_header);
  add_qualified(out, *execution);
  add_outcome(out, *execution, call.text("includedData") != "METADATA_ONLY");
  add_redrive(out, *execution);
  call.succeed(out);
}

namespace {

// Why the executions of a state machine, or the children of a Map Run, cannot be listed.
std::optional<AwsError> refused_machine(const Call& call) {
  const std::string machine_arn = call.text("stateMachineArn");
  if (auto arn = parse_arn(machine_arn, "stateMachine"); !arn) return arn.error();
  const auto machine = call.engine.describe_state_machine(machine_arn);
  if (!machine) {
    return AwsError{"StateMachineDoesNotExist", machine.error().message, {}};
  }
  if (machine->type != core::MachineType::Express) return std::nullopt;
  return AwsError{
      "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine", {}};
}

std::optional<AwsError> refused_map_run(const Call& call) {
  const std::string map_run_arn = call.text("mapRunArn");
  if (auto arn = parse_arn(map_run_arn, "mapRun"); !arn) return arn.error();
  if (call.engine.describe_map_run(map_run_arn)) return std::nullopt;
  return AwsError{"ResourceNotFound", "Resource not found: '" + map_run_arn + "'", {}};
}

}  // namespace

void list_executions(const Call& call) {
  if (call.has("mapRunArn") == call.has("stateMachineArn")) {
    return call.fail(
        AwsError{"ValidationException",
                 "Must provide exactly one of the following parameters: stateMachineArn or mapRunArn",
                 {}});
  }
  ListExecutionsRequest request;
  request.state_machine_arn = call.text("stateMachineArn");
  request.map_run_arn = call.text("mapRunArn");
  if (const auto refused = call.has("mapRunArn") ? refused_map_run(call) : refused_machine(call)) {
    return call.fail(*refused);
  }
  const std::string filter = call.text("statusFilter");
  for (uint8_t s = 1; s <= 6 && !filter.empty(); ++s) {
    const auto status = static_cast<statelang::ExecutionStatus>(s);
    if (to_string(status) == filter) request.status = status;
  }
  if (request.status == statelang::ExecutionStatus::PendingRedrive && request.map_run_arn.empty()) {
    return call.fail(
        AwsError{"ValidationException", "The PENDING_REDRIVE status filter requires a mapRunArn", {}});
  }
  if (call.has("redriveFilter")) request.redriven = call.text("redriveFilter") == "REDRIVEN";
  request.limit = page_size(call);
  const std::string listing = "ListExecutions " + request.state_machine_arn + request.map_run_arn + ' ' +
                              filter + ' ' + call.text("redriveFilter");
  const auto place = open_page_token(call, listing);
  if (!place) return call.fail(place.error());
  request.page_token = *place;
  const auto page = call.engine.list_executions(request);
  if (!page) return call.fail(page.error());
  Value items = Value::array();
  for (const ExecutionListItem& item : page->items) {
    Value entry = Value::object({{"executionArn", item.execution_arn},
                                 {"stateMachineArn", item.state_machine_arn},
                                 {"name", item.name},
                                 {"status", to_string(item.status)},
                                 {"startDate", timestamp(item.start_ms)}});
    if (item.stop_ms != 0) entry.set("stopDate", timestamp(item.stop_ms));
    if (!request.map_run_arn.empty()) {
      entry.set("mapRunArn", request.map_run_arn);
      entry.set("itemCount", static_cast<int64_t>(item.map_items));
    }
    add_qualified(entry, item);
    entry.set("redriveCount", static_cast<int64_t>(item.redrive_count));
    if (item.redrive_ms != 0) entry.set("redriveDate", timestamp(item.redrive_ms));
    items.push_back(std::move(entry));
  }
  Value output = Value::object({{"executions", std::move(items)}});
  if (!page->next_page_token.empty()) {
    output.set("nextToken", make_page_token(call, listing, page->next_page_token));
  }
  call.succeed(output);
}

void get_execution_history(const Call& call) {
  HistoryRequest request;
  request.execution_arn = call.text("executionArn");
  if (auto arn = parse_arn(request.execution_arn, "execution"); !arn) return call.fail(arn.error());
  request.reverse = call.boolean("reverseOrder", false);
  request.limit = page_size(call);
  // The place is the id of the last event shown.
  const std::string listing =
      "GetExecutionHistory " + request.execution_arn + (request.reverse ? " newest first" : "");
  const auto place = open_page_token(call, listing);
  if (!place) return call.fail(place.error());
  std::from_chars(place->data(), place->data() + place->size(), request.after_id);
  ++request.limit;  // one more tells whether there is a next page
  auto events = call.engine.history(request);
  if (!events) return call.fail(events.error());
  const bool more = events->size() == request.limit;
  if (more) events->pop_back();
  Value items = Value::array();
  items.mutable_array().reserve(events->size());
  const bool with_data = call.boolean("includeExecutionData", true);
  for (const auto& event : *events) items.push_back(statelang::to_aws_json(event, with_data));
  Value output = Value::object({{"events", std::move(items)}});
  if (more) output.set("nextToken", make_page_token(call, listing, std::to_string(events->back().id)));
  call.succeed(output);
}

}  // namespace engine::api::aws
