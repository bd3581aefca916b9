#include "faults.h"

namespace simulation {

Faults random_faults(Random& random) {
  Faults faults;
  faults.durable_log = random.chance(50);
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
  return faults;
}

// A commit under way, the one that the timer's record is in, and the alarm's grain.
std::optional<int64_t> lateness_max_ms(const Faults& faults) {
  constexpr int64_t kGrainMs = 1'000;
  const StoreFaults& store = faults.store;
  const bool explained = faults.crash_every_steps > 0 || faults.clock_jumps || store.ambiguous_percent > 0 ||
                         store.transient_percent > 0 || store.full_percent > 0;
  if (explained) return std::nullopt;
  return 2 * store.delay_ms_max + kGrainMs;
}

}  // namespace simulation
