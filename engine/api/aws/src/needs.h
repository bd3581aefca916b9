// What each action needs its caller to be allowed: the action and the resources it acts on, taken from the
// very members that the action itself reads (the rules are those of IAM's reference for Step Functions).
#pragma once

#include <vector>

#include <engine/auth/authorize.h>

#include "action_table.h"

namespace engine::api::aws {

// All of them are needed. `input` has passed the action's constraints. No resources: the action says nowhere
// what it acts on, and is refused to everybody.
std::vector<auth::Need> needs_of(const ActionEntry& entry, const Value& input, const AwsSettings& settings);

}  // namespace engine::api::aws
