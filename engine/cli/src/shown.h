// How values look in tables: times, durations, statuses, short names of executions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <engine/cli/terminal.h>
#include <statelang/value.h>

namespace engine::cli {

// Members of an answer; empty or 0 when they are absent.
std::string text_of(const statelang::Value& value, std::string_view name);
int64_t integer_of(const statelang::Value& value, std::string_view name);

// What a cause says: the errorMessage of a function's error object, which the whole of it would bury in its
// stack trace; any other text as it is.
std::string cause_shown(std::string_view cause);

// "status         RUNNING": a line of what is shown of one thing; nothing for an empty text.
void print_fact(const Terminal& terminal, std::string_view name, const std::string& text);

std::string path_segment(std::string_view text);  // percent-encoded

// MACHINE:NAME of an execution's ARN: what the commands also take.
std::string short_name(std::string_view execution_arn);
Style status_style(std::string_view status);

std::optional<int64_t> time_ms(std::string_view rfc3339);  // as the API writes it
std::string local_time(std::string_view rfc3339);          // 2026-01-31 08:00:00 in the local zone
std::string local_time_of(int64_t ms);                     // the same, of milliseconds since 1970
int64_t now_ms();                                          // since 1970
// A time in a table: where the window is narrow 08:00:00 today, 01-31 08:00 this year, else the day alone.
Cell time_cell(std::string_view rfc3339, int64_t now_ms);
std::string took(const statelang::Value& execution);  // from start to end; empty while it runs
std::string duration(int64_t ms);                     // 12 ms, 3.4 s, 2 min 5 s, 3 h 4 min, 2 d 3 h

}  // namespace engine::cli
