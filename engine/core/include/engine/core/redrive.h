// Whether an execution may be redriven, and why not (AWS "Redrive eligibility"). Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include <engine/core/state_codec.h>
#include <statelang/interpreter/execution_state.h>

namespace engine::core {

constexpr int64_t kRedrivableMs = 14LL * 24 * 3600 * 1000;  // since the last end
constexpr int64_t kOpenMsMax = 365LL * 24 * 3600 * 1000;    // since the start
constexpr int64_t kRedriveTokenMs = 15LL * 60 * 1000;       // a client token is remembered so long
constexpr size_t kRedriveTokensMax = 10;                    // and no more of them
// A redrive adds an event and so does the end.
constexpr int64_t kRedriveRoomEvents = 2;

constexpr std::string_view kHistoryFullReason = "Execution history event limit exceeded";  // AWS's words

enum class Redrivability : uint8_t { Redrivable, NotRedrivable, RedrivableByMapRun };
std::string_view to_string(Redrivability redrivability);  // REDRIVABLE, ...

struct RedriveAnswer {
  Redrivability redrivability = Redrivability::Redrivable;
  std::string_view reason;  // NotRedrivable: AWS's words
};
// Whether its history has room for a redrive.
bool has_room_for_redrive(const statelang::ExecutionState& state, int64_t events_max);
// `stop_ms`: of its last end. Of a Standard execution that is stored. A child of a Map Run has no times of
// its own to keep: it may be redriven whenever its parent may.
RedriveAnswer redrivability_of(const statelang::ExecutionState& state, const ExecutionFacts& facts,
                               int64_t stop_ms, int64_t events_max, int64_t now_ms);

}  // namespace engine::core
