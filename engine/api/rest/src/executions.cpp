// /v1/executions: start, wait, look, list, stop, redrive.
#include "answers.h"
#include "body_reader.h"
#include "names.h"
#include "routes.h"

namespace engine::rest {
namespace {

using statelang::ExecutionStatus;

constexpr size_t kNameBytesMax = 2048;
constexpr size_t kErrorBytesMax = 256 * 4;  // characters of up to four bytes; the engine counts them
constexpr size_t kClientTokenBytesMax = 64;
constexpr size_t kCauseBytesMax = 32'768 * 4;
constexpr int64_t kWaitSecondsMax = 300;
constexpr int64_t kPageMax = 1000;

constexpr ExecutionStatus kStatuses[] = {ExecutionStatus::Running, ExecutionStatus::Succeeded,
                                         ExecutionStatus::Failed,  ExecutionStatus::TimedOut,
                                         ExecutionStatus::Aborted, ExecutionStatus::PendingRedrive};

// 200: it has ended. 202: it goes on, ask again.
void answer_execution(const http::Responder& responder, const ApiResult<Execution>& execution, bool waited) {
  if (!execution) return responder.send(to_response(execution.error()));
  const bool running = execution->status == ExecutionStatus::Running;
  responder.send(json(to_json(*execution), waited && running ? 202 : 200));
}

void start(Engine& engine, const http::Request& request, const http::Responder& responder) {
  BodyReader body(request.body());
  StartExecutionRequest wanted;
  wanted.state_machine_arn = machine_arn(engine, body.required_text("state_machine", kNameBytesMax));
  wanted.name = body.text("name", kNameBytesMax);
  if (body.has("name")) {
    if (auto problem = name_problem(wanted.name); !problem.empty()) body.wrong("name", std::move(problem));
  }
  if (const auto input = body.value("input"))
    wanted.input = statelang::Payload::from_text(std::string(*input));
  wanted.trace_header = body.text("trace_header", 256);
  const int64_t wait_ms = body.seconds_as_ms("wait_seconds", kWaitSecondsMax);
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  if (wait_ms > 0) {
    return engine.start_and_wait(std::move(wanted), wait_ms, [responder](ApiResult<Execution> execution) {
      answer_execution(responder, execution, true);
    });
  }
  engine.start_execution(std::move(wanted), [responder](ApiResult<StartedExecution> started) {
    if (!started) return responder.send(to_response(started.error()));
    std::string out = "{";
    member(out, "execution_arn", started->execution_arn);
    member_time(out, "start_time", started->start_ms);
    auto response = json(out += '}', 201);
    response.headers.emplace_back("Location",
                                  "/v1/executions/" + http::percent_encode(started->execution_arn));
    responder.send(std::move(response));
  });
}

void show(Engine& engine, const http::Request& request, const http::Responder& responder) {
  const auto arn = execution_arn(engine, request.parameter("execution"));
  if (!arn) return responder.send(not_an_execution(request.parameter("execution")));
  QueryReader query{request, {}};
  const int64_t wait_ms = query.seconds_as_ms("wait_seconds", kWaitSecondsMax);
  if (const auto problem = query.problem()) return responder.send(http::to_response(*problem));
  if (wait_ms == 0) return answer_execution(responder, engine.describe_execution(*arn), false);
  engine.wait_for_execution(*arn, wait_ms, [responder](ApiResult<Execution> execution) {
    answer_execution(responder, execution, true);
  });
}

std::optional<ExecutionStatus> read_status(QueryReader& query) {
  const std::string given = query.text("status");
  if (given.empty()) return std::nullopt;
  std::string all;
  for (const ExecutionStatus status : kStatuses) {
    if (given == statelang::to_string(status)) return status;
    all += (all.empty() ? "" : ", ") + std::string(statelang::to_string(status));
  }
  query.wrong("status", "must be one of " + all);
  return std::nullopt;
}

// By what it was started.
template <class Item>
void add_qualified(std::string& out, const Item& execution) {
  if (!execution.state_machine_version_arn.empty())
    member(out, "state_machine_version_arn", execution.state_machine_version_arn);
  if (!execution.state_machine_alias_arn.empty())
    member(out, "state_machine_alias_arn", execution.state_machine_alias_arn);
}

std::string to_json(const ExecutionListItem& item) {
  std::string out = "{";
  member(out, "execution_arn", item.execution_arn);
  member(out, "name", item.name);
  member(out, "state_machine_arn", item.state_machine_arn);
  add_qualified(out, item);
  member(out, "status", statelang::to_string(item.status));
  member_time(out, "start_time", item.start_ms);
  if (item.stop_ms != 0) member_time(out, "stop_time", item.stop_ms);
  if (item.redrive_count > 0) member(out, "redrive_count", item.redrive_count);
  if (item.redrive_ms != 0) member_time(out, "redrive_time", item.redrive_ms);
  return out += '}';
}

void list(Engine& engine, const http::Request& request, const http::Responder& responder) {
  QueryReader query{request, {}};
  ListExecutionsRequest wanted;
  if (const std::string machine = query.text("state_machine"); !machine.empty()) {
    wanted.state_machine_arn = machine_arn(engine, machine);
  }
  wanted.map_run_arn = query.text("map_run");
  wanted.status = read_status(query);
  wanted.name_prefix = query.text("name_prefix");
  wanted.started_after_ms = query.time("started_after");
  wanted.started_before_ms = query.time("started_before");
  wanted.limit = static_cast<size_t>(query.integer("limit", 1, kPageMax, 100));
  wanted.page_token = query.text("page_token");
  if (const auto problem = query.problem()) return responder.send(http::to_response(*problem));
  const auto page = engine.list_executions(wanted);
  if (!page) return responder.send(to_response(page.error()));
  std::string out = R"({"items":[)";
  for (const ExecutionListItem& item : page->items) {
    if (out.back() != '[') out += ',';
    out += to_json(item);
  }
  out += ']';
  if (!page->next_page_token.empty()) member(out, "next_page_token", page->next_page_token);
  responder.send(json(out += '}'));
}

void stop(Engine& engine, const http::Request& request, const http::Responder& responder) {
  const auto arn = execution_arn(engine, request.parameter("execution"));
  if (!arn) return responder.send(not_an_execution(request.parameter("execution")));
  BodyReader body(request.body());
  StopExecutionRequest wanted;
  wanted.execution_arn = *arn;
  wanted.failure.has_error = body.has("error");
  wanted.failure.has_cause = body.has("cause");
  wanted.failure.error = body.text("error", kErrorBytesMax);
  wanted.failure.cause = body.text("cause", kCauseBytesMax);
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  engine.stop_execution(std::move(wanted), [responder](ApiResult<int64_t> stopped) {
    if (!stopped) return responder.send(to_response(stopped.error()));
    std::string out = "{";
    member_time(out, "stop_time", *stopped);
    responder.send(json(out += '}'));
  });
}

void redrive(Engine& engine, const http::Request& request, const http::Responder& responder) {
  const auto arn = execution_arn(engine, request.parameter("execution"));
  if (!arn) return responder.send(not_an_execution(request.parameter("execution")));
  BodyReader body(request.body());
  RedriveExecutionRequest wanted;
  wanted.execution_arn = *arn;
  wanted.client_token = body.text("client_token", kClientTokenBytesMax);
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  engine.redrive_execution(std::move(wanted), [responder](ApiResult<int64_t> redriven) {
    if (!redriven) return responder.send(to_response(redriven.error()));
    std::string out = "{";
    member_time(out, "redrive_time", *redriven);
    responder.send(json(out += '}'));
  });
}

}  // namespace

std::string to_json(const Execution& execution) {
  std::string out = "{";
  out.reserve(1024 + execution.input.size_bytes() + (execution.output ? execution.output->size_bytes() : 0));
  member(out, "execution_arn", execution.execution_arn);
  member(out, "name", execution.name);
  member(out, "state_machine_arn", execution.state_machine_arn);
  add_qualified(out, execution);
  if (!execution.revision_id.empty()) member(out, "revision_id", execution.revision_id);
  member(out, "status", statelang::to_string(execution.status));
  member_time(out, "start_time", execution.start_ms);
  if (execution.stop_ms != 0) member_time(out, "stop_time", execution.stop_ms);
  member_json(out, "input", execution.input.text());
  if (execution.output) member_json(out, "output", execution.output->text());
  if (execution.error) member(out, "error", *execution.error);
  if (execution.cause) member(out, "cause", *execution.cause);
  if (!execution.parent_execution_arn.empty()) {
    member(out, "parent_execution_arn", execution.parent_execution_arn);
  }
  if (!execution.map_run_arn.empty()) member(out, "map_run_arn", execution.map_run_arn);
  if (execution.redrive_count > 0) member(out, "redrive_count", execution.redrive_count);
  if (execution.redrive_ms != 0) member_time(out, "redrive_time", execution.redrive_ms);
  if (!execution.redrive_status.empty()) member(out, "redrive_status", execution.redrive_status);
  if (!execution.redrive_status_reason.empty())
    member(out, "redrive_status_reason", execution.redrive_status_reason);
  return out += '}';
}

void add_execution_routes(http::Router& router, Engine& engine) {
  const std::string all = "/v1/executions", one = all + "/{execution}";
  router.get(all, [&engine](const http::Request& request, const http::Responder& responder) {
    list(engine, request, responder);
  });
  router.post(all, [&engine](const http::Request& request, const http::Responder& responder) {
    start(engine, request, responder);
  });
  router.get(one, [&engine](const http::Request& request, const http::Responder& responder) {
    show(engine, request, responder);
  });
  router.post(one + "/stop", [&engine](const http::Request& request, const http::Responder& responder) {
    stop(engine, request, responder);
  });
  router.post(one + "/redrive", [&engine](const http::Request& request, const http::Responder& responder) {
    redrive(engine, request, responder);
  });
}

}  // namespace engine::rest
