#include <engine/api/http/problem.h>
#include <engine/integrations/connections.h>

namespace engine::integrations {
namespace {

http::Response problem(const ApiError& error) {
  http::Problem out;
  out.status = 500;
  out.code = "Internal";
  out.detail = error.message;
  const auto is = [&](ApiErrorCode code, unsigned status, const char* name, int retry_after_seconds) {
    if (error.code != code) return;
    out.status = status;
    out.code = name;
    out.retry_after_seconds = retry_after_seconds;
  };
  is(ApiErrorCode::ValidationFailed, 400, "ValidationFailed", 0);
  is(ApiErrorCode::Throttled, 429, "Throttled", 1);
  is(ApiErrorCode::StorageFull, 507, "StorageFull", 5);
  is(ApiErrorCode::Unavailable, 503, "Unavailable", 1);
  is(ApiErrorCode::ShuttingDown, 503, "ShuttingDown", 1);
  for (const auto& finding : error.diagnostics) {
    out.findings.push_back({finding.location, finding.message, finding.hint, finding.code, false});
  }
  return http::to_response(out);
}

http::Response absent(const std::string& name) {
  return http::to_response(
      {404, "ConnectionDoesNotExist", "There is no connection named \"" + name + "\".", {}});
}

http::Response json(std::string body) {
  body += '\n';
  return {200, "application/json", {}, std::move(body)};
}

}  // namespace

void add_connection_routes(http::Router& router, Connections& connections) {
  router.get("/v1/connections", [&connections](http::Request, http::Responder responder) {
    auto all = connections.list();
    responder.send(all ? json(std::move(*all)) : problem(all.error()));
  });
  const std::string one = "/v1/connections/{connection}";
  router.get(one, [&connections](http::Request request, http::Responder responder) {
    const std::string name = request.parameter("connection");
    auto found = connections.describe(name);
    if (!found) return responder.send(problem(found.error()));
    responder.send(*found ? json(std::move(**found)) : absent(name));
  });
  router.put(one, [&connections](http::Request request, http::Responder responder) {
    connections.put(request.parameter("connection"), request.body(),
                    [responder](ApiResult<std::string> stored) {
                      responder.send(stored ? json(std::move(*stored)) : problem(stored.error()));
                    });
  });
  router.del(one, [&connections](http::Request request, http::Responder responder) {
    const std::string name = request.parameter("connection");
    connections.erase(name, [responder, name](ApiResult<bool> erased) {
      if (!erased) return responder.send(problem(erased.error()));
      http::Response gone;
      gone.status = 204;
      responder.send(*erased ? gone : absent(name));
    });
  });
}

}  // namespace engine::integrations
