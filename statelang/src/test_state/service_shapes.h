// The response shapes of service APIs, and the check of a mocked result against them. The shapes are facts
// from the SDKs' service models, embedded as text at build time (generate_shapes.py); none where the build
// had no models.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <statelang/definition/resource.h>
#include <statelang/value.h>

namespace statelang::test_state {

// The JSON of a service's shapes by its name in aws-sdk resources ("sfn", "s3"); empty: not known.
std::string_view service_shapes_text(std::string_view service);

// What is wrong with `result` as the answer of `resource`, in AWS's words; nothing: it fits, or the service
// is not known. With .sync it is the answer of the API that Step Functions polls.
std::optional<std::string> check_response(const Resource& resource, const Value& result, bool required);

}  // namespace statelang::test_state
