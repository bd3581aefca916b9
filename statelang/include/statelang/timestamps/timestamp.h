// Points in time as the States Language writes them: the RFC 3339 profile of ISO 8601 with an upper-case `T`
// and `Z` or a numeric offset. Pure arithmetic: no clock, no locale, no time zone data.
// Source: States Language specification, "Timestamps"; java.time's ISO extended offset date-time, which AWS
// uses.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace statelang::timestamps {

// An instant: seconds since 1970-01-01T00:00:00Z (may be negative) and 0..999,999,999 nanoseconds after it.
struct Timestamp {
  int64_t seconds = 0;
  int32_t nanoseconds = 0;

  auto operator<=>(const Timestamp&) const = default;
  // Rounded down; years that milliseconds cannot count (beyond 292 million) give the first or last countable
  // one.
  int64_t epoch_ms() const;
};

// Nothing for a text that is not such a timestamp.
std::optional<Timestamp> parse(std::string_view text);

// `2016-03-14T01:59:00.5Z`: always UTC, trailing zeros of the fraction dropped, no fraction when zero. This
// is how AWS writes Execution.StartTime and State.EnteredTime. Years outside 0..9999 get a sign, as in Java.
std::string format_epoch_ms(int64_t epoch_ms);
// The same, always with three digits of fraction, as AWS's JSON of nested executions and logs has it.
std::string format_epoch_ms_fixed(int64_t epoch_ms);

}  // namespace statelang::timestamps
