// accept_state(): `stepstream accept-state`: of one partition of a cluster Redis is right, and its log has
// lost records (engine/runtime/cluster.h; docs/guides/cluster.md, "The log has lost its end").
#pragma once

#include <cstdint>

#include <engine/server/settings.h>

namespace engine::server {

// Prints what it has done; gives an exit code (engine/cli/exit_code.h). Blocks.
int accept_state(ServerSettings settings, uint16_t partition);

}  // namespace engine::server
