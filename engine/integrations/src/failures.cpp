#include "failures.h"

#include <openssl/sha.h>

#include <engine/runtime/exception_names.h>
#include <statelang/encoding.h>

namespace engine::integrations {

statelang::Failure step_functions_failure(Caller caller, const ApiError& error,
                                          const std::string& request_id) {
  const std::string name(exception_name(error.code));
  const bool whole = name.ends_with("Exception");
  if (caller == Caller::Sdk) {
    const std::string shown = name.empty() ? "SfnException" : whole ? name : name + "Exception";
    return {"Sfn." + shown, error.message + " (Service: Sfn, Status Code: " + (name.empty() ? "500" : "400") +
                                ", Request ID: " + request_id + ")"};
  }
  // The older client that these tasks have knows no class for a ValidationException.
  const std::string shown = name.empty() || name == "ValidationException" ? "AWSStepFunctionsException"
                            : whole                                       ? name
                                                                          : name + "Exception";
  return {"StepFunctions." + shown,
          error.message + " (Service: AWSStepFunctions; Status Code: " + (name.empty() ? "500" : "400") +
              "; Error Code: " + (name.empty() ? "InternalServerError" : name) +
              "; Request ID: " + request_id + "; Proxy: null)"};
}

statelang::Failure bad_parameters(std::string cause) {
  return {std::string(statelang::errors::kRuntime), std::move(cause)};
}

std::string name_of(const core::TaskId& task) {
  return std::to_string(task.partition) + "." + std::to_string(static_cast<uint64_t>(task.execution)) + "." +
         std::to_string(static_cast<uint32_t>(task.scope)) + "." + std::to_string(task.attempt);
}

std::string id_of(const std::string& execution_arn, const core::TaskId& task, std::string_view purpose) {
  const std::string text = std::string(purpose) + "\n" + execution_arn + "\n" + name_of(task);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return statelang::to_uuid({reinterpret_cast<const char*>(digest), 16}, 8);  // made from a digest
}

}  // namespace engine::integrations
