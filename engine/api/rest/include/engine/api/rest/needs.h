// What a request of REST v1 needs its caller to be allowed: the actions, named as AWS names them where it has
// them, and the resources they act on, derived from the very values that the route's handler reads.
#pragma once

#include <optional>
#include <vector>

#include <engine/api/http/router.h>
#include <engine/auth/authorize.h>
#include <engine/runtime/engine.h>

namespace engine::rest {

// Every need must be met; none at all: any caller with a key may ask. Nothing: the route is not in the table,
// and nobody may use it with a key in force. `request` has its path parameters. Any thread.
std::optional<std::vector<auth::Need>> needs_of(const Engine& engine, const http::Route& route,
                                                const http::Request& request);

}  // namespace engine::rest
