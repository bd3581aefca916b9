// The event of a webhook: what the request said, as JSON.
#pragma once

#include <string>

#include <engine/api/http/message.h>
#include <statelang/value.h>

namespace connectors::webhook {

// {"method", "path", "query", "headers", "body"}: header names in lower case, without those that carry
// credentials; body: JSON as it is, a form as an object, other text as a string, other bytes as base64 with
// "is_base64_encoded": true.
statelang::Value event_of(const engine::http::Request& request);

// A name for the execution of a delivery: the same for the same delivery, legal and at most 80 characters.
std::string execution_name(const std::string& trigger, std::string_view delivery_id);

}  // namespace connectors::webhook
