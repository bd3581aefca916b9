// The events that sinks deliver, in EventBridge's envelope. Sources: AWS Step Functions Developer Guide,
// "Automating Step Functions event delivery with EventBridge"; EventBridge User Guide, "Event structure".
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include <engine/runtime/event_feed.h>
#include <statelang/value.h>

namespace connectors::sinks {

// Input and output are left out together when they have more bytes than this as JSON strings.
inline constexpr size_t kPayloadBytesMax = 248 * 1024;

// The same for the same change, whenever it is asked: a UUID of version 8 from its execution, what it is and
// its place in the history.
std::string event_id(const engine::Execution& execution, std::string_view what, int64_t event);

// "Step Functions Execution Status Change"; `event` is of kind Status.
statelang::Value status_event(const engine::FeedEvent& event);

// "Step Functions Execution History Event": ours, in the same envelope; `detail.event` is what
// GetExecutionHistory gives.
statelang::Value history_event(const engine::Execution& execution, const statelang::HistoryEvent& event);

}  // namespace connectors::sinks
