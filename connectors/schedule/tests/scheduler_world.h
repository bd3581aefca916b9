// A world for tests of the scheduler: an engine and a clock that outlive the processes of the scheduler.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <connectors/schedule/scheduler.h>
#include <connectors/triggers/trigger_registry.h>

#include "recording_engine.h"

namespace connectors::testing {

// One life of a process: the engine outlives it, the scheduler does not.
struct Process {
  RecordingEngine& engine;
  ManualTime& time;
  triggers::ExecutionStarter starter{engine, time};
  schedule::Scheduler scheduler;
  triggers::TriggerRegistry registry{engine, time, starter, {&scheduler}};
  std::vector<std::string> problems;

  Process(RecordingEngine& e, ManualTime& t, schedule::Scheduler::InCharge in_charge = nullptr)
      : engine(e), time(t), scheduler{engine, starter, time, time, std::move(in_charge)} {
    REQUIRE(registry.load(problems).has_value());
    time.run_posted();
  }
  ~Process() { time.forget(); }

  engine::ApiResult<std::string> put(const std::string& name, const std::string& schedule,
                                     const std::string& more = "") {
    std::optional<engine::ApiResult<std::string>> said;
    registry.put(name, R"j({"state_machine": "m", "schedule": )j" + schedule + more + "}",
                 [&](engine::ApiResult<std::string> result) { said.emplace(std::move(result)); });
    time.run_posted();
    return *said;
  }
};

struct World {
  RecordingEngine engine;
  ManualTime time;
  World() { time.now = at("2026-01-01T00:00:30Z"); }
  static int64_t at(const char* text) { return *schedule::parse_instant_ms(text); }
  std::string started() const {
    std::string out;
    for (const auto& start : engine.starts) {
      out += (out.empty() ? "" : " ") + std::string(start.input.value().find("scheduled_time")->as_string());
    }
    return out;
  }
};

inline const char* kEveryHour = R"j({"expression": "cron(0 * * * ? *)"
})j";

}  // namespace connectors::testing
