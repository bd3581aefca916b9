// The wire API on the engine's HTTP server: POST / with X-Amz-Target.
#pragma once

#include <memory>

#include <engine/api/aws/aws_api.h>
#include <engine/api/aws/signature.h>
#include <engine/api/http/router.h>

namespace engine::api::aws {

// Adds the route. `api` must outlive the router. Without `verifier` every caller may use the API (the server
// binds to loopback then); with it, every request must be signed by one of its keys.
void add_routes(http::Router& router, AwsApi& api, std::shared_ptr<SignatureVerifier> verifier);

}  // namespace engine::api::aws
