// The table of actions.
#pragma once

#include <string_view>
#include <vector>

#include "action.h"
#include "constraints.h"

namespace engine::api::aws {

struct ActionEntry {
  std::string_view name;
  Action action = nullptr;
  std::vector<Member> members;
};

// Ascending by name.
const std::vector<ActionEntry>& action_table();

}  // namespace engine::api::aws
