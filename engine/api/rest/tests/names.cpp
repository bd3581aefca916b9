// Names of the few statuses and events that these tests use; the handlers' own come from statelang.
#include <statelang/interpreter/execution_state.h>

namespace statelang {

std::string_view to_string(ExecutionStatus status) {
  constexpr std::string_view names[] = {"",          "RUNNING", "SUCCEEDED",      "FAILED",
                                        "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"};
  return names[static_cast<size_t>(status)];
}
std::string_view to_string(EventType type) {
  switch (type) {
    case EventType::ExecutionStarted:
      return "ExecutionStarted";
    case EventType::ExecutionSucceeded:
      return "ExecutionSucceeded";
    case EventType::PassStateEntered:
      return "PassStateEntered";
    default:
      return "Other";
  }
}

}  // namespace statelang
