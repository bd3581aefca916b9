// A text as one line of a log, whatever is in it: definitions, headers and names come from strangers.
#pragma once

#include <string>
#include <string_view>

namespace engine::server {

// Line breaks become \n, other control characters and bytes that are not UTF-8 \xNN.
std::string one_line(std::string_view text);

}  // namespace engine::server
