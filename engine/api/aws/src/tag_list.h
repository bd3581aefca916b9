// Tags of state machines and activities, kept in the catalog as "tags/ARN" -> [{"key", "value"}].
#pragma once

#include <functional>

#include "action.h"

namespace engine::api::aws {

// The service's rules (50 tags, lengths, characters, no aws: prefix). nullptr: no tags.
statelang::Expected<Value, AwsError> parse_tags(const Value* tags);

// Stores `tags` for `arn`, which is being created, and then answers the call with `output`. Where it is there
// already its tags stay: creating it again changes none.
void store_tags(const Call& call, const std::string& arn, const Value& tags, const Value& output);

// Forgets the tags of `arn`, which is being deleted, and goes on with `then`; on an error the call fails.
void erase_tags(const Call& call, const std::string& arn, std::function<void()> then);

}  // namespace engine::api::aws
