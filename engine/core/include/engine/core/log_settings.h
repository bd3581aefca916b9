// What the configuration of a state machine says about logging (AWS: loggingConfiguration). Pure.
#pragma once

#include <string_view>

#include <engine/core/record.h>

namespace engine::core {

// `configuration`: JSON as the catalog keeps it. Level Off without such a configuration; a group that it does
// not name is empty.
LogSettings log_settings(std::string_view configuration);

}  // namespace engine::core
