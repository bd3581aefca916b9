// The families of routes; rest_api.cpp puts them together.
#pragma once

#include <engine/api/http/router.h>
#include <engine/runtime/engine.h>

namespace engine::rest {

void add_state_machine_routes(http::Router& router, Engine& engine);
void add_version_routes(http::Router& router, Engine& engine);
void add_activity_routes(http::Router& router, Engine& engine);
void add_execution_routes(http::Router& router, Engine& engine);
void add_map_run_routes(http::Router& router, Engine& engine);
void add_history_routes(http::Router& router, Engine& engine);
void add_test_state_route(http::Router& router, Engine& engine);
void add_task_routes(http::Router& router, Engine& engine);

// One execution as JSON: shared by several routes and the end of a followed history.
std::string to_json(const Execution& execution);
std::string to_json(const statelang::HistoryEvent& event);

}  // namespace engine::rest
