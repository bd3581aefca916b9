// Tasks and results as Kafka messages (docs/formats/task_topic.md), for the engine's side: makes the message
// of a task, reads a worker's message from the command log. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <engine/core/action.h>
#include <engine/core/record.h>
#include <engine/wire/topic_name.h>

namespace engine::wire {

inline constexpr std::string_view kTaskSuccess = "task-success";
inline constexpr std::string_view kTaskFailure = "task-failure";
inline constexpr std::string_view kTaskHeartbeat = "task-heartbeat";
inline constexpr std::string_view kTaskStarted = "task-started";

// A task as workers get it, over HTTP and over Kafka: one JSON object (docs/formats/task_wire.md).
std::string task_json(const core::DispatchTask& task, std::string_view token, uint32_t delivery);

struct TaskMessage {
  std::string topic;
  std::string key;
  std::vector<std::pair<std::string_view, std::string>> headers;
  std::string value;
};
// `delivery`: 1 at first, one more each time the attempt is published again.
TaskMessage encode_task(std::string_view prefix, const core::DispatchTask& task, std::string_view token,
                        uint32_t delivery);

// Reads a message with the header `type` from the log's `partition`: what apply() takes. The error says why
// it is none: not such a type, not such JSON, a token of another engine or another partition.
statelang::Expected<core::TaskReport, std::string> decode_report(std::string_view type,
                                                                 std::string_view value, uint16_t partition,
                                                                 std::string_view token_key);
// The same as a record of the log that came at `timestamp_ms` and that no caller waits for.
statelang::Expected<core::Record, std::string> decode_report_record(std::string_view type,
                                                                    std::string_view value,
                                                                    int64_t timestamp_ms, uint16_t partition,
                                                                    std::string_view token_key);

}  // namespace engine::wire
