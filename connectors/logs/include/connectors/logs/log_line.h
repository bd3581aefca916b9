// Log lines: a history event as Step Functions writes it to CloudWatch Logs, one JSON document a line.
// Source: AWS Step Functions Developer Guide, "Using CloudWatch Logs to log execution history". Pure
// functions.
#pragma once

#include <string>
#include <string_view>

#include <engine/core/record.h>
#include <statelang/interpreter/history_event.h>

namespace connectors::logs {

// Longer payloads are cut, and marked so ("truncated": true).
inline constexpr size_t kPayloadBytesMax = 248 * 1024;

// Fatal: how an execution ended badly. Error: all that failed on the way, too. Off: nothing.
bool is_logged(engine::core::LogLevel level, statelang::EventType type);
bool read_level(std::string_view text, engine::core::LogLevel& level);  // ALL, ERROR, FATAL

// {"id", "type", "details", "previous_event_id", "event_timestamp", "execution_arn", "redrive_count"},
// without a line end; numbers beside those in `details` are texts.
std::string log_line(std::string_view execution_arn, uint32_t redrive_count,
                     const statelang::HistoryEvent& event, bool include_data);

// What reading needs of a line: its type and whose it is; empty for what is no such line. Views into `line`.
struct LineHead {
  std::string_view type;
  std::string_view execution_arn;
};
LineHead read_head(std::string_view line);
bool is_logged(engine::core::LogLevel level, std::string_view type);

}  // namespace connectors::logs
