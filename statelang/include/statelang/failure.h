// The two kinds of things that go wrong in the language, never mixed (architecture: errors). Values.
//  - Failure: a workflow failure, data in the history; Retry and Catch handle it.
//  - Diagnostic: something wrong with a definition; the caller gets all of them at once (HTTP 400).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace statelang {

// Error names of the States Language (AWS: "Error handling in Step Functions", error names).
namespace errors {
inline constexpr std::string_view kAll = "States.ALL";
inline constexpr std::string_view kRuntime = "States.Runtime";
inline constexpr std::string_view kTaskFailed = "States.TaskFailed";
inline constexpr std::string_view kTimeout = "States.Timeout";
inline constexpr std::string_view kHeartbeatTimeout = "States.HeartbeatTimeout";
inline constexpr std::string_view kPermissions = "States.Permissions";
inline constexpr std::string_view kResultPathMatchFailure = "States.ResultPathMatchFailure";
inline constexpr std::string_view kParameterPathFailure = "States.ParameterPathFailure";
inline constexpr std::string_view kBranchFailed = "States.BranchFailed";
inline constexpr std::string_view kNoChoiceMatched = "States.NoChoiceMatched";
inline constexpr std::string_view kIntrinsicFailure = "States.IntrinsicFailure";
inline constexpr std::string_view kExceedToleratedFailureThreshold = "States.ExceedToleratedFailureThreshold";
inline constexpr std::string_view kItemReaderFailed = "States.ItemReaderFailed";
inline constexpr std::string_view kResultWriterFailed = "States.ResultWriterFailed";
inline constexpr std::string_view kQueryEvaluationError = "States.QueryEvaluationError";
inline constexpr std::string_view kDataLimitExceeded = "States.DataLimitExceeded";
}  // namespace errors

// `error` empty: AWS leaves the key out (StopExecution without error); likewise `cause`, which may also be
// absent on purpose (States.Timeout has none), hence has_cause.
struct Failure {
  std::string error;
  std::string cause;
  bool has_error = true;
  bool has_cause = true;
};

struct Diagnostic {
  enum class Severity { Error, Warning };
  // What of the place is meant: its value, or the name of the member (a field that should not be there).
  enum class Part { Value, Name };
  Severity severity = Severity::Error;
  std::string code;      // AWS's: SCHEMA_VALIDATION_FAILED, MISSING_TRANSITION_TARGET, ...
  std::string location;  // as AWS writes it: /States/Pick/Choices[0]/Next; empty: AWS gives none
  std::string message;   // AWS's text where it is known
  std::string hint;      // ours: what to do; may be empty
  std::string pointer;   // JSON pointer to the very place, which AWS's location may only be near to
  Part part = Part::Value;
  std::optional<size_t> offset;  // of text that is no JSON: the byte where reading it ended
};

bool has_errors(const std::vector<Diagnostic>& diagnostics);

}  // namespace statelang
