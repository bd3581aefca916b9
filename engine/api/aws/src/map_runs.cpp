// Map Runs of Distributed Maps: describe, list, update (API reference, same names).
#include <algorithm>

#include "action.h"
#include "arn.h"
#include "page_token.h"

namespace engine::api::aws {
namespace {

constexpr size_t kPageDefault = 100;

AwsError not_found(const std::string& map_run_arn) {
  return {"ResourceNotFound", "Resource not found: '" + map_run_arn + "'", {}};
}

Value counts(const core::MapRunCounts& of) {
  return Value::object({{"pending", static_cast<int64_t>(of.pending)},
                        {"running", static_cast<int64_t>(of.running)},
                        {"succeeded", static_cast<int64_t>(of.succeeded)},
                        {"failed", static_cast<int64_t>(of.failed)},
                        {"timedOut", static_cast<int64_t>(of.timed_out)},
                        {"aborted", static_cast<int64_t>(of.aborted)},
                        {"total", static_cast<int64_t>(of.total)},
                        {"resultsWritten", static_cast<int64_t>(of.results_written)},
                        {"failuresNotRedrivable", static_cast<int64_t>(of.failures_not_redrivable)},
                        {"pendingRedrive", static_cast<int64_t>(of.pending_redrive)}});
}

// The state machine that the children run, as the service names it: "…:stateMachine:MACHINE/LABEL", which is
// what stands in the Map Run's own ARN, "…:mapRun:MACHINE/LABEL:ID".
std::string labelled_machine_arn(const core::MapRun& run) {
  constexpr std::string_view kKind = ":mapRun:";
  const size_t kind = run.map_run_arn.find(kKind);
  if (kind == std::string::npos) return run.state_machine_arn;
  const size_t name = kind + kKind.size();
  return run.map_run_arn.substr(0, kind) +
         ":stateMachine:" + run.map_run_arn.substr(name, run.map_run_arn.rfind(':') - name);
}

}  // namespace

void describe_map_run(const Call& call) {
  const std::string arn = call.text("mapRunArn");
  if (auto parsed = parse_arn(arn, "mapRun"); !parsed) return call.fail(parsed.error());
  const auto run = call.engine.describe_map_run(arn);
  if (!run && run.error().code == ApiErrorCode::MapRunDoesNotExist) return call.fail(not_found(arn));
  if (!run) return call.fail(run.error());
  Value out = Value::object({{"mapRunArn", run->map_run_arn},
                             {"executionArn", run->execution_arn},
                             {"status", to_string(run->status)},
                             {"startDate", timestamp(run->start_ms)}});
  if (run->stop_ms != 0) out.set("stopDate", timestamp(run->stop_ms));
  out.set("maxConcurrency", static_cast<int64_t>(run->concurrency_max));
  out.set("toleratedFailurePercentage", run->tolerated_failure_percentage);
  out.set("toleratedFailureCount", run->tolerated_failure_count);
  out.set("itemCounts", counts(run->items));
  out.set("executionCounts", counts(run->executions));
  out.set("redriveCount", static_cast<int64_t>(run->redrive_count));
  if (run->redrive_ms != 0) out.set("redriveDate", timestamp(run->redrive_ms));
  call.succeed(out);
}

void list_map_runs(const Call& call) {
  const std::string arn = call.text("executionArn");
  if (auto parsed = parse_arn(arn, "execution"); !parsed) return call.fail(parsed.error());
  const auto runs = call.engine.list_map_runs(arn);
  if (!runs) return call.fail(runs.error());
  const std::string listing = "ListMapRuns " + arn;
  const auto place = open_page_token(call, listing);  // the last one shown
  if (!place) return call.fail(place.error());
  size_t first = 0;
  if (!place->empty()) {
    const auto shown = std::find_if(runs->begin(), runs->end(),
                                    [&](const core::MapRun& run) { return run.map_run_arn == *place; });
    if (shown == runs->end()) return call.fail(invalid_page_token());
    first = static_cast<size_t>(shown - runs->begin()) + 1;
  }
  const int64_t asked = call.integer("maxResults", 0);
  const size_t end = std::min(runs->size(), first + (asked == 0 ? kPageDefault : static_cast<size_t>(asked)));
  Value items = Value::array();
  for (size_t i = first; i < end; ++i) {
    const core::MapRun& run = (*runs)[i];
    Value entry = Value::object({{"executionArn", run.execution_arn},
                                 {"mapRunArn", run.map_run_arn},
                                 {"stateMachineArn", labelled_machine_arn(run)},
                                 {"startDate", timestamp(run.start_ms)}});
    if (run.stop_ms != 0) entry.set("stopDate", timestamp(run.stop_ms));
    items.push_back(std::move(entry));
  }
  Value out = Value::object({{"mapRuns", std::move(items)}});
  if (end < runs->size()) out.set("nextToken", make_page_token(call, listing, (*runs)[end - 1].map_run_arn));
  call.succeed(out);
}

void update_map_run(const Call& call) {
  core::UpdateMapRun update;
  update.map_run_arn = call.text("mapRunArn");
  if (auto parsed = parse_arn(update.map_run_arn, "mapRun"); !parsed) return call.fail(parsed.error());
  if (call.has("maxConcurrency")) {
    update.concurrency_max =
        static_cast<uint32_t>(std::min<int64_t>(call.integer("maxConcurrency", 0), UINT32_MAX));
  }
  if (call.has("toleratedFailureCount")) {
    update.tolerated_failure_count = call.integer("toleratedFailureCount", 0);
  }
  if (call.has("toleratedFailurePercentage")) {
    update.tolerated_failure_percentage = call.input.find("toleratedFailurePercentage")->as_double();
  }
  const std::string arn = update.map_run_arn;
  call.engine.update_map_run(std::move(update), [call, arn](ApiResult<bool> updated) {
    if (!updated && updated.error().code == ApiErrorCode::MapRunDoesNotExist) {
      return call.fail(not_found(arn));
    }
    if (!updated && updated.error().code == ApiErrorCode::MapRunEnded) {
      return call.fail(AwsError{"ValidationException",
                                "Map Run has completed and cannot be updated: '" + arn + "'",
                                "CANNOT_UPDATE_COMPLETED_MAP_RUN"});
    }
    if (!updated) return call.fail(updated.error());
    call.succeed(Value::object({}));
  });
}

}  // namespace engine::api::aws
