#include "faults.h"

#include <algorithm>

namespace simulation {

Faults random_faults(Random& random) {
  Faults faults;
  faults.shared_log = random.chance(50);
  if (random.chance(60)) faults.crash_every_steps = static_cast<int>(random.between(20, 400));
  if (random.chance(30)) faults.store.ambiguous_percent = static_cast<int>(random.between(1, 20));
  if (random.chance(30)) faults.store.transient_percent = static_cast<int>(random.between(1, 20));
  if (random.chance(30)) faults.store.full_percent = static_cast<int>(random.between(1, 20));
  if (random.chance(50)) faults.store.delay_ms_max = random.between(1, 200);
  faults.clock_jumps = random.chance(15);
  faults.unleased = random.chance(20);
  if (random.chance(40) && !faults.unleased) faults.vanish_percent = static_cast<int>(random.between(1, 30));
  if (random.chance(40)) faults.duplicate_percent = static_cast<int>(random.between(10, 60));
  if (random.chance(30)) faults.late_percent = static_cast<int>(random.between(5, 40));
  if (random.chance(30)) faults.lie_percent = static_cast<int>(random.between(5, 40));
  if (random.chance(30)) faults.skip_percent = static_cast<int>(random.between(10, 60));
  if (random.chance(20)) faults.stop_percent = 30;
  if (random.chance(50)) faults.transitions_max = static_cast<uint32_t>(random.between(1, 6));
  if (random.chance(50)) faults.partitions = static_cast<uint16_t>(random.between(2, 3));
  if (faults.partitions > 1 && random.chance(50))
    faults.store.partition = static_cast<uint16_t>(random.between(0, faults.partitions - 1));
  // Longer than callers repeat a start: one whose execution is erased may rightly begin another.
  if (random.chance(20) && !faults.clock_jumps) faults.retention_ms = random.between(600'000, 3'600'000);
  return faults;
}

// The commit under way and the one that the timer's record is in, each behind one of the other partitions,
// and the alarm's grain.
std::optional<int64_t> lateness_max_ms(const Faults& faults, uint16_t partition) {
  constexpr int64_t kGrainMs = 1'000;
  const StoreFaults& store = faults.store;
  const bool commits_fail =
      store.ambiguous_percent > 0 || store.transient_percent > 0 || store.full_percent > 0;
  const bool here = !store.partition || *store.partition == partition;
  const bool explained = faults.crash_every_steps > 0 || faults.clock_jumps || (commits_fail && here);
  if (explained) return std::nullopt;
  return (faults.partitions > 1 ? 4 : 2) * store.delay_ms_max + kGrainMs;
}

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> kKinds = {
      {"crash", Figure::Crashes, [](const Faults& faults) { return faults.crash_every_steps > 0; },
       [](Faults& faults) { faults.crash_every_steps = 0; }},
      {"ambiguous", Figure::AmbiguousCommits,
       [](const Faults& faults) { return faults.store.ambiguous_percent > 0; },
       [](Faults& faults) { faults.store.ambiguous_percent = 0; }},
      {"transient", Figure::FailedCommits,
       [](const Faults& faults) { return faults.store.transient_percent > 0; },
       [](Faults& faults) { faults.store.transient_percent = 0; }},
      {"full", Figure::FullCommits, [](const Faults& faults) { return faults.store.full_percent > 0; },
       [](Faults& faults) { faults.store.full_percent = 0; }},
      {"slow", Figure::SlowCommits, [](const Faults& faults) { return faults.store.delay_ms_max > 0; },
       [](Faults& faults) { faults.store.delay_ms_max = 0; }},
      {"clock", Figure::ClockJumps, [](const Faults& faults) { return faults.clock_jumps; },
       [](Faults& faults) { faults.clock_jumps = false; }},
      {"vanish", Figure::Vanished, [](const Faults& faults) { return faults.vanish_percent > 0; },
       [](Faults& faults) { faults.vanish_percent = 0; }},
      {"duplicate", Figure::Duplicates, [](const Faults& faults) { return faults.duplicate_percent > 0; },
       [](Faults& faults) { faults.duplicate_percent = 0; }},
      {"late", Figure::LateResults, [](const Faults& faults) { return faults.late_percent > 0; },
       [](Faults& faults) { faults.late_percent = 0; }},
      {"lie", Figure::Lies, [](const Faults& faults) { return faults.lie_percent > 0; },
       [](Faults& faults) { faults.lie_percent = 0; }},
      {"skip", Figure::SkippedHeartbeats, [](const Faults& faults) { return faults.skip_percent > 0; },
       [](Faults& faults) { faults.skip_percent = 0; }},
      {"stop", Figure::Stops, [](const Faults& faults) { return faults.stop_percent > 0; },
       [](Faults& faults) { faults.stop_percent = 0; }},
      {"partitions", Figure::GroupedCommits, [](const Faults& faults) { return faults.partitions > 1; },
       [](Faults& faults) {
         faults.partitions = 1;
         faults.store.partition.reset();
       }},
      {"one-partition", Figure::OnePartition,
       [](const Faults& faults) { return faults.store.partition.has_value(); },
       [](Faults& faults) { faults.store.partition.reset(); }},
      {"retention", Figure::Erased, [](const Faults& faults) { return faults.retention_ms > 0; },
       [](Faults& faults) { faults.retention_ms = 0; }},
      {"shared-log", Figure::Claims, [](const Faults& faults) { return faults.shared_log; },
       [](Faults& faults) { faults.shared_log = false; }},
      {"unleased", Figure::UnleasedPolls, [](const Faults& faults) { return faults.unleased; },
       [](Faults& faults) { faults.unleased = false; }},
      {"small-steps", Figure::SmallSteps,
       [](const Faults& faults) { return faults.transitions_max < Faults().transitions_max; },
       [](Faults& faults) { faults.transitions_max = Faults().transitions_max; }},
  };
  return kKinds;
}

FaultNames names_of(const Faults& faults) {
  FaultNames names;
  for (const FaultKind& kind : fault_kinds()) {
    if (kind.is_on(faults)) names.emplace_back(kind.name);
  }
  return names;
}

void keep_only(Faults& faults, const FaultNames& on) {
  for (const FaultKind& kind : fault_kinds()) {
    if (std::find(on.begin(), on.end(), kind.name) == on.end()) kind.turn_off(faults);
  }
}

}  // namespace simulation
