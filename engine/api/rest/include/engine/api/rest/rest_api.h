// REST v1: the engine's own HTTP API. Documented at /v1/openapi.json; the workers' part also in
// docs/formats/task_wire.md. Payloads are JSON values, errors are problem documents (RFC 9457). Handlers run
// on the server's threads and answer when the engine does.
#pragma once

#include <functional>
#include <string>

#include <engine/api/http/router.h>
#include <engine/runtime/engine.h>

namespace engine::rest {

struct RestSettings {
  std::string version;  // of the program, for /healthz and openapi.json
  // Appended to /metrics after the engine's; may be empty. Called by any thread of the server.
  std::function<void(std::string&)> append_metrics;
};

// Adds every route of REST v1, /healthz, /readyz and /metrics. `engine` must outlive the router's server.
void add_routes(http::Router& router, Engine& engine, RestSettings settings);

// The OpenAPI 3.1 document that is served at /v1/openapi.json.
std::string_view openapi_document();

}  // namespace engine::rest
