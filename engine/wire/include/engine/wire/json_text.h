// Members and items of JSON text as slices of it, so that payloads travel byte by byte as they came (member
// order, number text). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine::wire {

// Slices of valid JSON text (statelang::valid_json). The views live as long as the text.
std::vector<std::pair<std::string, std::string_view>> json_members(std::string_view object);
std::vector<std::string_view> json_items(std::string_view array);

// Text of a JSON string, unescaped; nothing when it is something else.
std::optional<std::string> json_string(std::string_view json);

}  // namespace engine::wire
