// Times as people write them on a command line.
#pragma once

#include <cstdint>
#include <string>

namespace engine::cli {

// For the API: RFC 3339 and Unix milliseconds stay as they are; "90s", "15m", "1h30m", "2d", "1w" are that
// long before `now_ms`; a day or a time as the tables show it (2026-01-31, "2026-01-31 08:00:00") is of the
// local zone. Empty: it is none of these.
std::string time_argument(const std::string& given, int64_t now_ms);

}  // namespace engine::cli
