// Task tokens: the authenticated text form of a task attempt's numbers, handed to workers and to the world
// ($$.Task.Token). Whoever has no key cannot make one, and a changed one is refused. Same numbers and key,
// same text. 47 characters of base64url. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine::wire {

struct TaskTokenNumbers {
  uint16_t partition = 0;
  uint64_t execution = 0;
  uint32_t scope = 0;
  uint32_t attempt = 0;
  bool operator==(const TaskTokenNumbers&) const = default;
};

std::string make_task_token(std::string_view key, const TaskTokenNumbers& numbers);

// Nothing for what was not made with this key.
std::optional<TaskTokenNumbers> parse_task_token(std::string_view key, std::string_view token);

}  // namespace engine::wire
