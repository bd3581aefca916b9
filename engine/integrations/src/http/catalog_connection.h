// A stored connection, as a task needs it.
#pragma once

#include <string>

#include <engine/runtime/engine.h>

#include "connection.h"

namespace engine::integrations {

// Failures are AWS's: Events.ConnectionResource.ResourceNotFound, ...InvalidConnectionState.
statelang::Expected<Connection, statelang::Failure> catalog_connection(Engine& engine,
                                                                       const std::string& name,
                                                                       const Secrets& secrets);

}  // namespace engine::integrations
