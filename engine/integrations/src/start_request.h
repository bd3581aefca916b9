// The parameters of startExecution as a request to the engine (AWS: "Start a new execution from a Task
// state").
#pragma once

#include <optional>
#include <string>

#include <engine/runtime/engine.h>
#include <statelang/expected.h>

namespace engine::integrations {

// {StateMachineArn, Input, Name, TraceHeader}; Input is a JSON object, or a JSON text as the API wants it.
// The name, where none is given, is the same each time for the same attempt. Pure.
statelang::Expected<StartExecutionRequest, statelang::Failure> start_request(const core::DispatchTask& task);

// What the API would refuse before it looks for the state machine.
std::optional<ApiError> invalid_start(const StartExecutionRequest& request);

// The state machine's own ARN: a test case of the mock configuration (#NAME) is no part of it.
std::string machine_arn_of(const StartExecutionRequest& request);

// The ARN of the Standard execution that the request starts.
std::string execution_arn_of(const StartExecutionRequest& request);

}  // namespace engine::integrations
