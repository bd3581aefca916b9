// Failures of integrations in AWS's words: error names by service, causes as its SDK writes them.
#pragma once

#include <string>

#include <engine/core/record.h>
#include <engine/runtime/engine.h>
#include <statelang/failure.h>

namespace engine::integrations {

// How a service is called by its resource: the optimized integration `states` and the SDK's `sfn` name errors
// and write causes differently.
enum class Caller { Optimized, Sdk };

// "StepFunctions.StateMachineDoesNotExistException" with "... (Service: AWSStepFunctions; Status Code: 400;
// ...)", or "Sfn.StateMachineDoesNotExistException" with "... (Service: Sfn, Status Code: 400, ...)".
statelang::Failure step_functions_failure(Caller caller, const ApiError& error,
                                          const std::string& request_id);

// A request that the service would not understand: States.Runtime, which nothing retries or catches by name
// of its service.
statelang::Failure bad_parameters(std::string cause);

// Text ids that are the same for the same attempt, whenever they are made: 36 characters, as a UUID.
// `purpose` tells different ids of one attempt apart.
std::string id_of(const std::string& execution_arn, const core::TaskId& task, std::string_view purpose);
// The attempt's own name, kept with the execution it started.
std::string name_of(const core::TaskId& task);

}  // namespace engine::integrations
