// serve(): the composition root. Opens the engine, puts the APIs and triggers around it, listens, and goes on
// until SIGTERM or SIGINT: then no new work is taken, what is open is answered, everything is closed.
#pragma once

#include <string>

#include <engine/server/settings.h>

namespace engine::server {

// Blocks for the life of the server; gives an exit code (engine/cli/exit_code.h). To be called from the main
// thread, before there are others: it blocks the signals for all of them.
int serve(const ServerSettings& settings, const std::string& version);

}  // namespace engine::server
