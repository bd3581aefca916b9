#include "settings.h"

#include <connectors/triggers/document_reader.h>

namespace connectors::schedule {

using triggers::DocumentReader;

namespace {

std::optional<int64_t> read_instant(DocumentReader& reader, std::string_view key) {
  auto text = reader.text(key);
  if (!text) return std::nullopt;
  auto instant = parse_instant_ms(*text);
  if (!instant) reader.complain(key, "must be a date and time with its offset", "2026-11-21T05:00:00Z");
  return instant;
}

}  // namespace

Settings read_settings(const statelang::Value& value, std::vector<statelang::Diagnostic>& findings) {
  Settings settings;
  DocumentReader reader(value, "/schedule", findings);
  reader.require("expression");
  if (auto text = reader.text("expression")) {
    auto expression = parse_expression(*text);
    if (expression) {
      settings.schedule.expression = *expression;
    } else {
      reader.complain("expression", expression.error());
    }
  }
  if (auto name = reader.text("timezone")) {
    auto zone = TimeZone::load(*name);
    if (zone) {
      settings.schedule.zone = *zone;
    } else {
      reader.complain("timezone", zone.error(), "IANA names: Europe/Berlin, America/New_York, UTC");
    }
  }
  settings.schedule.start_ms = read_instant(reader, "start_date");
  settings.schedule.end_ms = read_instant(reader, "end_date");
  if (settings.schedule.start_ms && settings.schedule.end_ms &&
      *settings.schedule.end_ms <= *settings.schedule.start_ms) {
    reader.complain("end_date", "must be after start_date");
  }
  settings.flexible_window_minutes =
      static_cast<int>(reader.number("flexible_window_minutes", 1, 1440).value_or(0));
  // A one-time schedule that was missed would otherwise never happen.
  bool once = std::holds_alternative<At>(settings.schedule.expression);
  auto missed = reader.one_of("missed", {"skip", "catch_up"});
  settings.catch_up = missed ? *missed == "catch_up" : once;
  settings.event_age_max_ms = reader.number("event_age_seconds_max", 60, 86'400 * 31).value_or(86'400) * 1000;
  reader.refuse_unknown();
  return settings;
}

}  // namespace connectors::schedule
