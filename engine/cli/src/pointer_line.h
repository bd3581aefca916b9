// From a JSON pointer to a line, for messages that editors can follow.
#pragma once

#include <cstddef>
#include <string_view>

namespace engine::cli {

// Line (from 1) of the value a JSON pointer leads to, or of its nearest ancestor that is there.
size_t line_of_pointer(std::string_view json, std::string_view pointer);

}  // namespace engine::cli
