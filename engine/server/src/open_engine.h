// open_engine(): the engine behind the server, embedded or one node of a cluster, as the settings say.
#pragma once

#include <memory>
#include <optional>

#include <engine/runtime/cluster.h>
#include <engine/runtime/engine.h>
#include <engine/server/settings.h>

namespace engine::server {

// `cluster`: of the cluster backend alone.
Expected<std::unique_ptr<Engine>> open_engine(const ServerSettings& settings,
                                              std::optional<ClusterSettings> cluster = std::nullopt);

Expected<ClusterSettings> cluster_settings(const ServerSettings& settings, const SettingFiles& files);

}  // namespace engine::server
