// Tags of state machines and activities, kept in the catalog as "tags/ARN" -> [{"key", "value"}].
#pragma once

#include "action.h"

namespace engine::api::aws {

// The service's rules (50 tags, lengths, characters, no aws: prefix). nullptr: no tags.
statelang::Expected<Value, AwsError> parse_tags(const Value* tags);

// Stores `tags` for `arn` and then answers the call with `output`.
void store_tags(const Call& call, const std::string& arn, const Value& tags, const Value& output);

}  // namespace engine::api::aws
