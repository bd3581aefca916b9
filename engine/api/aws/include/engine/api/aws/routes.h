// The wire API on the engine's HTTP server: POST / with X-Amz-Target (AWS JSON 1.0). Its
// handlers run on the server's threads and answer when the engine does; `api_of` must allow any thread.
#pragma once

#include <functional>
#include <memory>

#include <engine/api/aws/aws_api.h>
#include <engine/api/aws/signature.h>
#include <engine/api/http/router.h>

namespace engine::api::aws {

// The API that has the resources of the principal's account; null: of a caller without a key.
using ApiOf = std::function<AwsApi*(const auth::Principal*)>;

// Adds the route. What `api_of` gives must outlive the router. Without `verifier` every caller may use the
// API (the server binds to loopback then); with it, every request must be signed by one of its keys.
void add_routes(http::Router& router, ApiOf api_of, std::shared_ptr<SignatureVerifier> verifier);

}  // namespace engine::api::aws
