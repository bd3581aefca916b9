// open_engine(): the engine behind the server, embedded or one node of a cluster, as the settings say.
#pragma once

#include <memory>

#include <engine/runtime/cluster.h>
#include <engine/runtime/engine.h>
#include <engine/server/settings.h>

namespace engine::server {

Expected<std::unique_ptr<Engine>> open_engine(const ServerSettings& settings);

// Reads the files that they name.
Expected<ClusterSettings> cluster_settings(const ServerSettings& settings);

}  // namespace engine::server
