// /v1/executions/{execution}/map-runs and /v1/map-runs: Map Runs of Distributed Maps, and changing one that
// is under way.
#include "answers.h"
#include "body_reader.h"
#include "routes.h"

namespace engine::rest {
namespace {

constexpr int64_t kConcurrencyMax = 10'000;
constexpr int64_t kToleratedCountMax = INT32_MAX;

void member_counts(std::string& out, std::string_view name, const core::MapRunCounts& counts) {
  std::string text = "{";
  member(text, "total", counts.total);
  member(text, "pending", counts.pending);
  member(text, "running", counts.running);
  member(text, "succeeded", counts.succeeded);
  member(text, "failed", counts.failed);
  member(text, "timed_out", counts.timed_out);
  member(text, "aborted", counts.aborted);
  member(text, "results_written", counts.results_written);
  if (counts.pending_redrive > 0) member(text, "pending_redrive", counts.pending_redrive);
  if (counts.failures_not_redrivable > 0)
    member(text, "failures_not_redrivable", counts.failures_not_redrivable);
  member_json(out, name, text += '}');
}

std::string to_json(const core::MapRun& run) {
  std::string out = "{";
  member(out, "map_run_arn", run.map_run_arn);
  member(out, "execution_arn", run.execution_arn);
  member(out, "state_machine_arn", run.state_machine_arn);
  member(out, "status", statelang::to_string(run.status));
  member_time(out, "start_time", run.start_ms);
  if (run.stop_ms != 0) member_time(out, "stop_time", run.stop_ms);
  member(out, "max_concurrency", run.concurrency_max);
  member(out, "tolerated_failure_count", run.tolerated_failure_count);
  member_json(out, "tolerated_failure_percentage",
              statelang::to_json(statelang::Value(run.tolerated_failure_percentage)));
  if (run.redrive_count > 0) member(out, "redrive_count", run.redrive_count);
  if (run.redrive_ms != 0) member_time(out, "redrive_time", run.redrive_ms);
  member_counts(out, "items", run.items);
  member_counts(out, "executions", run.executions);
  return out += '}';
}

void list(Engine& engine, const http::Request& request, const http::Responder& responder) {
  const auto arn = execution_arn(engine, request.parameter("execution"));
  if (!arn) return responder.send(not_an_execution(request.parameter("execution")));
  const auto runs = engine.list_map_runs(*arn);
  if (!runs) return responder.send(to_response(runs.error()));
  std::string out = R"({"items":[)";
  for (const core::MapRun& run : *runs) {
    if (out.back() != '[') out += ',';
    out += to_json(run);
  }
  responder.send(json(out += "]}"));
}

void answer(const http::Responder& responder, const ApiResult<core::MapRun>& run) {
  responder.send(run ? json(to_json(*run)) : to_response(run.error()));
}

void update(Engine& engine, const http::Request& request, const http::Responder& responder) {
  BodyReader body(request.body());
  core::UpdateMapRun wanted;
  wanted.map_run_arn = request.parameter("map_run");
  if (body.has("max_concurrency")) {
    wanted.concurrency_max = static_cast<uint32_t>(body.integer("max_concurrency", 0, kConcurrencyMax, 0));
  }
  if (body.has("tolerated_failure_count")) {
    wanted.tolerated_failure_count = body.integer("tolerated_failure_count", 0, kToleratedCountMax, 0);
  }
  if (const auto text = body.value("tolerated_failure_percentage")) {
    const auto number = statelang::parse_json(*text);
    if (number && number->is_number() && number->as_double() >= 0 && number->as_double() <= 100) {
      wanted.tolerated_failure_percentage = number->as_double();
    } else {
      body.wrong("tolerated_failure_percentage", "must be a number from 0 to 100");
    }
  }
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  const std::string arn = wanted.map_run_arn;
  engine.update_map_run(std::move(wanted), [&engine, responder, arn](ApiResult<bool> updated) {
    if (!updated) return responder.send(to_response(updated.error()));
    answer(responder, engine.describe_map_run(arn));
  });
}

}  // namespace

void add_map_run_routes(http::Router& router, Engine& engine) {
  router.get("/v1/executions/{execution}/map-runs",
             [&engine](const http::Request& request, const http::Responder& responder) {
               list(engine, request, responder);
             });
  const std::string one = "/v1/map-runs/{map_run}";
  router.get(one, [&engine](const http::Request& request, const http::Responder& responder) {
    answer(responder, engine.describe_map_run(request.parameter("map_run")));
  });
  router.post(one, [&engine](const http::Request& request, const http::Responder& responder) {
    update(engine, request, responder);
  });
}

}  // namespace engine::rest
