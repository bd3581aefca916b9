#include <engine/core/redrive.h>

namespace engine::core {

using statelang::ExecutionStatus;

std::string_view to_string(Redrivability redrivability) {
  switch (redrivability) {
    case Redrivability::Redrivable:
      return "REDRIVABLE";
    case Redrivability::RedrivableByMapRun:
      return "REDRIVABLE_BY_MAP_RUN";
    case Redrivability::NotRedrivable:
      break;
  }
  return "NOT_REDRIVABLE";
}

bool has_room_for_redrive(const statelang::ExecutionState& state, int64_t events_max) {
  return state.next_event_id - 1 + kRedriveRoomEvents <= events_max;
}

RedriveAnswer redrivability_of(const statelang::ExecutionState& state, const ExecutionFacts& facts,
                               int64_t stop_ms, int64_t events_max, int64_t now_ms) {
  const auto refused = [](std::string_view reason) {
    return RedriveAnswer{Redrivability::NotRedrivable, reason};
  };
  switch (state.status) {
    case ExecutionStatus::Running:
      return refused("Execution is RUNNING and cannot be redriven");
    case ExecutionStatus::Succeeded:
      return refused("Execution is SUCCEEDED and cannot be redriven");
    case ExecutionStatus::PendingRedrive:
      return refused("Execution is PENDING_REDRIVE and cannot be redriven");
    default:
      break;
  }
  if (!has_room_for_redrive(state, events_max)) return refused(kHistoryFullReason);
  if (facts.is_child()) return {Redrivability::RedrivableByMapRun, {}};
  if (now_ms - state.start_time_ms > kOpenMsMax)
    return refused("Execution has exceeded the max execution time");
  if (now_ms - stop_ms > kRedrivableMs) return refused("Execution redrivable period exceeded");
  return {};
}

}  // namespace engine::core
