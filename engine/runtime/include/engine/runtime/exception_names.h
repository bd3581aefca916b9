// What AWS Step Functions calls each error: the exceptions of its API, and with their suffix the errors of
// tasks that call it. Header only: what stands to the right of the Engine border links none of the engine.
// Pure functions; any thread.
#pragma once

#include <string_view>

#include <engine/runtime/engine.h>

namespace engine {

// Empty: none of the service's own, the fault is the server's.
constexpr std::string_view exception_name(ApiErrorCode code) {
  switch (code) {
    case ApiErrorCode::InvalidDefinition:
      return "InvalidDefinition";
    case ApiErrorCode::InvalidName:
      return "InvalidName";
    case ApiErrorCode::InvalidArn:
      return "InvalidArn";
    case ApiErrorCode::InvalidExecutionInput:
      return "InvalidExecutionInput";
    case ApiErrorCode::InvalidOutput:
      return "InvalidOutput";
    case ApiErrorCode::InvalidToken:
      return "InvalidToken";
    case ApiErrorCode::ValidationFailed:
    case ApiErrorCode::MapRunEnded:
      return "ValidationException";
    case ApiErrorCode::StateMachineAlreadyExists:
      return "StateMachineAlreadyExists";
    case ApiErrorCode::StateMachineDeleting:
      return "StateMachineDeleting";
    case ApiErrorCode::StateMachineDoesNotExist:
      return "StateMachineDoesNotExist";
    case ApiErrorCode::StateMachineTypeNotSupported:
      return "StateMachineTypeNotSupported";
    case ApiErrorCode::ExecutionAlreadyExists:
      return "ExecutionAlreadyExists";
    case ApiErrorCode::ExecutionDoesNotExist:
      return "ExecutionDoesNotExist";
    case ApiErrorCode::ExecutionNotRedrivable:
      return "ExecutionNotRedrivable";
    case ApiErrorCode::TaskDoesNotExist:
      return "TaskDoesNotExist";
    case ApiErrorCode::TaskTimedOut:
      return "TaskTimedOut";
    case ApiErrorCode::MapRunDoesNotExist:
    case ApiErrorCode::TriggerDoesNotExist:
    case ApiErrorCode::ResourceDoesNotExist:
      return "ResourceNotFound";
    case ApiErrorCode::QuotaExceeded:
      return "ServiceQuotaExceededException";
    case ApiErrorCode::Conflict:
      return "ConflictException";
    case ApiErrorCode::Throttled:
    case ApiErrorCode::StorageFull:
    case ApiErrorCode::Unavailable:
    case ApiErrorCode::ShuttingDown:
    case ApiErrorCode::Internal:
      break;
  }
  return {};
}

}  // namespace engine
