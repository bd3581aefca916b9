// State machines as the service shows them, and the configuration that is stored beside a definition.
#pragma once

#include <string>
#include <string_view>

#include "action.h"

namespace engine::api::aws {

std::string_view type_name(core::MachineType type);

// {loggingConfiguration, tracingConfiguration, encryptionConfiguration} with the members given in `input`
// over those of `current` (JSON text; empty: the service's defaults).
statelang::Expected<Value, AwsError> machine_configuration(const Value& input, std::string_view current = "");

// The service's EncryptionConfiguration as it keeps `given`: a key of one's own is named, and only that.
statelang::Expected<Value, AwsError> encryption_configuration(const Value& given);
Value describe_document(const StateMachine& machine, bool metadata_only);
Value describe_for_execution_document(const StateMachine& machine, bool metadata_only);

}  // namespace engine::api::aws
