// Faults: what goes wrong in one run. Each seed draws a random subset (swarm testing), so that some runs have
// one fault only and others all of them.
#pragma once

#include <cstdint>
#include <optional>

#include "random.h"
#include "sim_store.h"

namespace simulation {

struct Faults {
  bool durable_log = false;
  int crash_every_steps = 0;  // 0: never
  StoreFaults store;
  bool clock_jumps = false;
  int vanish_percent = 0;     // a worker takes a task and is never heard of again
  int duplicate_percent = 0;  // a result is sent a second time, later
  int late_percent = 0;       // a result takes up to a minute
  int lie_percent = 0;        // results for attempts that are over or never were; a second, other result
  int skip_percent = 0;       // heartbeats that are not sent
  int stop_percent = 0;       // executions stopped by the caller
  bool unleased = false;
  uint32_t transitions_max = 1000;
};
Faults random_faults(Random& random);
// How late a timer may be; nothing: crashes, jumps of the clock or failed commits are to come.
std::optional<int64_t> lateness_max_ms(const Faults& faults);

}  // namespace simulation
