// The triggers' part of the REST API: GET /v1/triggers, GET, PUT and DELETE /v1/triggers/{trigger}
// (docs/formats/trigger.md). Handlers run on the server's threads.
#pragma once

#include <connectors/triggers/trigger_registry.h>
#include <engine/api/http/problem.h>
#include <engine/api/http/router.h>

namespace connectors::triggers {

// The registry must outlive the router.
void add_routes(engine::http::Router& router, TriggerRegistry& registry);

// An engine's refusal as a problem document.
engine::http::Response problem_of(const engine::ApiError& error);

}  // namespace connectors::triggers
