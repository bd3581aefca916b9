// Faults: what goes wrong in one run. Each seed draws a random subset (swarm testing), so that some runs have
// one fault only and others all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "figures.h"
#include "random.h"
#include "sim_store.h"

namespace simulation {

struct Faults {
  uint16_t partitions = 1;
  bool shared_log = false;    // durable by itself, with claims, as in a cluster
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
  uint32_t transitions_max = 1000;  // in one step
  int64_t retention_ms = 0;         // finished executions are erased after this; 0: not within the run
};
Faults random_faults(Random& random);
// How late a timer may be; nothing: crashes, jumps of the clock or failed commits are to come for this
// partition.
std::optional<int64_t> lateness_max_ms(const Faults& faults, uint16_t partition);

// A kind of fault, by which a failing run can be cut down to what it needs.
struct FaultKind {
  std::string_view name;  // --faults
  Figure happened;
  bool (*is_on)(const Faults&);
  void (*turn_off)(Faults&);
};
const std::vector<FaultKind>& fault_kinds();

using FaultNames = std::vector<std::string>;
FaultNames names_of(const Faults& faults);             // those that are on
void keep_only(Faults& faults, const FaultNames& on);  // turns all others off

}  // namespace simulation
