// Dates and times as text.
#include <connectors/schedule/expression.h>
#include <statelang/timestamps/timestamp.h>

namespace connectors::schedule {

namespace timestamps = statelang::timestamps;

std::optional<int64_t> parse_local_seconds(std::string_view text) {
  if (text.size() != std::string_view("2026-11-21T05:00:00").size()) return std::nullopt;
  const auto time = timestamps::parse(std::string(text) + "Z");
  return time ? std::optional(time->seconds) : std::nullopt;
}

std::optional<int64_t> parse_instant_ms(std::string_view text) {
  const auto time = timestamps::parse(text);
  return time ? std::optional(time->epoch_ms()) : std::nullopt;
}

std::string instant_text(int64_t epoch_ms) {
  return epoch_ms % 1000 == 0 ? timestamps::format_epoch_ms(epoch_ms)
                              : timestamps::format_epoch_ms_fixed(epoch_ms);
}

}  // namespace connectors::schedule
