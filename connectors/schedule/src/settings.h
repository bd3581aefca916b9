// The "schedule" member of a trigger document.
#pragma once

#include <vector>

#include <connectors/schedule/expression.h>
#include <statelang/failure.h>
#include <statelang/value.h>

namespace connectors::schedule {

struct Settings {
  Schedule schedule;
  int flexible_window_minutes = 0;
  bool catch_up = false;                  // ticks that were missed while the engine was down are made up for
  int64_t event_age_max_ms = 86'400'000;  // neither caught up nor retried when older
};

Settings read_settings(const statelang::Value& value, std::vector<statelang::Diagnostic>& findings);

}  // namespace connectors::schedule
