// The member `logging` of a state machine: {"level", "include_execution_data", "group"}; kept as the AWS API
// keeps its loggingConfiguration.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <engine/core/record.h>
#include <engine/runtime/engine.h>

#include "body_reader.h"

namespace engine::rest {

// Nothing: the member is not there.
std::optional<core::LogSettings> read_logging(BodyReader& body);
// `configuration` (JSON of a state machine's document, or empty) with this for its logging. Without a group:
// the one that AWS's console proposes for the name.
std::string with_logging(std::string_view configuration, const core::LogSettings& logging,
                         std::string_view machine_arn);
// Adds `logging` to a document that shows the state machine, if anything is logged.
void show_logging(std::string& out, const StateMachine& machine);

}  // namespace engine::rest
