#include <connectors/triggers/trigger_routes.h>

namespace connectors::triggers {
namespace {

using engine::ApiErrorCode;
using engine::http::Finding;
using engine::http::Problem;
using engine::http::Request;
using engine::http::Responder;
using engine::http::Response;

struct Status {
  ApiErrorCode code;
  const char* name;
  unsigned status;
  int retry_after_seconds;
};
constexpr Status kStatuses[] = {
    {ApiErrorCode::ValidationFailed, "ValidationFailed", 400, 0},
    {ApiErrorCode::TriggerDoesNotExist, "TriggerDoesNotExist", 404, 0},
    {ApiErrorCode::StateMachineDeleting, "StateMachineDeleting", 409, 0},
    {ApiErrorCode::StateMachineDoesNotExist, "StateMachineDoesNotExist", 404, 0},
    {ApiErrorCode::StateMachineTypeNotSupported, "StateMachineTypeNotSupported", 400, 0},
    {ApiErrorCode::ExecutionDoesNotExist, "ExecutionDoesNotExist", 404, 0},
    {ApiErrorCode::InvalidExecutionInput, "InvalidExecutionInput", 422, 0},
    {ApiErrorCode::InvalidArn, "InvalidArn", 400, 0},
    {ApiErrorCode::InvalidName, "InvalidName", 400, 0},
    {ApiErrorCode::Conflict, "Conflict", 409, 0},
    {ApiErrorCode::Throttled, "Throttled", 429, 1},
    {ApiErrorCode::StorageFull, "StorageFull", 507, 10},
    {ApiErrorCode::Unavailable, "Unavailable", 503, 1},
    {ApiErrorCode::ShuttingDown, "ShuttingDown", 503, 1},
};

Response json(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

}  // namespace

Response problem_of(const engine::ApiError& error) {
  Problem problem;
  problem.code = "Internal";
  problem.detail = error.message;
  for (const Status& known : kStatuses) {
    if (known.code != error.code) continue;
    problem.code = known.name;
    problem.status = known.status;
    problem.retry_after_seconds = known.retry_after_seconds;
  }
  for (const auto& diagnostic : error.diagnostics) {
    problem.findings.push_back(
        {diagnostic.location, diagnostic.message, diagnostic.hint, diagnostic.code, false});
  }
  return to_response(problem);
}

void add_routes(engine::http::Router& router, TriggerRegistry& registry) {
  router.get("/v1/triggers",
             [&registry](Request, Responder responder) { responder.send(json(registry.list())); });
  router.get("/v1/triggers/{trigger}", [&registry](Request request, Responder responder) {
    auto found = registry.describe(request.parameter("trigger"));
    responder.send(found ? json(*found) : problem_of(found.error()));
  });
  router.put("/v1/triggers/{trigger}", [&registry](Request request, Responder responder) {
    registry.put(request.parameter("trigger"), request.body(),
                 [responder](engine::ApiResult<std::string> stored) {
                   responder.send(stored ? json(*stored) : problem_of(stored.error()));
                 });
  });
  router.del("/v1/triggers/{trigger}", [&registry](Request request, Responder responder) {
    registry.erase(request.parameter("trigger"), [responder](engine::ApiResult<bool> erased) {
      Response gone;
      gone.status = 204;
      responder.send(erased ? gone : problem_of(erased.error()));
    });
  });
}

}  // namespace connectors::triggers
