// Puts the routes together; health and metrics.
#include <engine/api/rest/rest_api.h>

#include "answers.h"
#include "routes.h"

namespace engine::rest {
namespace {

void healthy(const RestSettings& settings, const http::Responder& responder) {
  std::string out = R"({"status":"ok")";
  member(out, "version", settings.version);
  responder.send(json(out += '}'));
}

void ready(const Engine& engine, const http::Responder& responder) {
  std::string reason;
  if (engine.ready(reason)) return responder.send(json(R"({"status":"ready"})"));
  responder.send(http::to_response({503, "Unavailable", reason, {}, 1}));
}

void metrics(const Engine& engine, const RestSettings& settings, const http::Responder& responder) {
  http::Response response;
  response.content_type = "text/plain; version=0.0.4";
  engine.append_metrics(response.body);
  if (settings.append_metrics) settings.append_metrics(response.body);
  responder.send(std::move(response));
}

}  // namespace

void add_routes(http::Router& router, Engine& engine, RestSettings settings) {
  add_state_machine_routes(router, engine);
  add_version_routes(router, engine);
  add_activity_routes(router, engine);
  add_execution_routes(router, engine);
  add_map_run_routes(router, engine);
  add_history_routes(router, engine);
  add_task_routes(router, engine);
  add_test_state_route(router, engine);
  const auto shared = std::make_shared<const RestSettings>(std::move(settings));
  const auto add_open = [&router](const char* path, http::Handler handler) {
    router.add({http::Method::Get, path, std::move(handler), true});
  };
  add_open("/healthz",
           [shared](const http::Request&, const http::Responder& responder) { healthy(*shared, responder); });
  add_open("/readyz",
           [&engine](const http::Request&, const http::Responder& responder) { ready(engine, responder); });
  router.get("/metrics", [&engine, shared](const http::Request&, const http::Responder& responder) {
    metrics(engine, *shared, responder);
  });
  router.get("/v1/openapi.json", [](const http::Request&, const http::Responder& responder) {
    responder.send({200, "application/json", {}, std::string(openapi_document())});
  });
}

}  // namespace engine::rest
