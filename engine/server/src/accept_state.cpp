#include <engine/cli/exit_code.h>
#include <engine/cli/terminal.h>
#include <engine/server/accept_state.h>

#include "open_engine.h"

namespace engine::server {

int accept_state(ServerSettings settings, uint16_t partition) {
  const cli::Terminal terminal;
  settings.backend = Backend::Cluster;
  const auto files = check(settings);
  if (!files) {
    terminal.error(files.error().message);
    return cli::kUsage;
  }
  const std::string name = "partition " + std::to_string(partition);
  if (partition >= settings.partitions) {
    terminal.error("there is no " + name + ": --partitions is " + std::to_string(settings.partitions));
    return cli::kUsage;
  }
  auto cluster = cluster_settings(settings, *files);
  if (!cluster) {
    terminal.error(cluster.error().message);
    return cli::kUsage;
  }
  const auto filled = engine::accept_state(std::move(*cluster), PartitionId{partition});
  if (!filled) {
    terminal.error(filled.error().message);
    return filled.error().kind == ErrorKind::Transient ? cli::kUnreachable : cli::kRefused;
  }
  if (!*filled) {
    terminal.print(name + ": the log and Redis belong together; nothing was changed");
    return cli::kOk;
  }
  terminal.print(name + ": the state in Redis is accepted, " + std::to_string(**filled) +
                 " messages stand for what the log has lost; a node goes on with it within seconds");
  return cli::kOk;
}

}  // namespace engine::server
