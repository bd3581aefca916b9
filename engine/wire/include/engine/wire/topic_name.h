// What Kafka topics of tasks are called (docs/formats/task_topic.md). Used by engines and by the C++ worker
// SDK: the standard library alone. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace engine::wire {

// The topic of a queue, and the consumer group of its workers. Never longer than 249 characters, different
// for different queues.
std::string task_topic(std::string_view prefix, std::string_view queue);
std::string task_group(std::string_view prefix, std::string_view queue);

}  // namespace engine::wire
