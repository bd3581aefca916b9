#include "nodes/cluster_faults.h"

#include <algorithm>

namespace simulation {

ClusterFaults random_cluster_faults(Random& random) {
  ClusterFaults faults;
  faults.partitions = static_cast<uint16_t>(random.between(1, 3));
  faults.nodes = static_cast<int>(random.between(1, 4));
  if (random.chance(50)) faults.transitions_max = static_cast<uint32_t>(random.between(1, 6));
  faults.topics = random.chance(50);
  faults.crash = random.chance(40);
  faults.zombie = random.chance(40);
  faults.rollback = random.chance(40);
  faults.emptied = random.chance(10);
  faults.truncation = random.chance(15);
  faults.redis_away = random.chance(30);
  faults.broker_away = random.chance(30);
  faults.storm = random.chance(40);
  faults.channel = random.chance(30);
  faults.trimming = random.chance(40);
  // What Redis loses, the log must have: two losses at once are more than the design promises to survive.
  if (faults.truncation) faults.rollback = faults.emptied = false;
  if (faults.emptied) faults.trimming = false;
  const auto percent = [&](int of_runs, int most) {
    return random.chance(of_runs) ? static_cast<int>(random.between(1, most)) : 0;
  };
  faults.commit_lost = percent(30, 15);
  faults.commit_ambiguous = percent(40, 15);
  faults.record_lost = percent(30, 10);
  faults.record_ambiguous = percent(30, 10);
  faults.vanish = percent(30, 20);
  faults.duplicate = percent(40, 50);
  faults.late = percent(30, 40);
  faults.lie = percent(30, 40);
  if (random.chance(40)) faults.redis_delay_ms = random.between(5, 300);
  if (random.chance(40)) faults.broker_delay_ms = random.between(10, 300);
  if (random.chance(30)) faults.clock_off_ms = random.between(10, 5'000);
  return faults;
}

#define STEPSTREAM_FAULT(name, figure, member)                                               \
  {                                                                                          \
    name, figure, [](const ClusterFaults& faults) { return faults.member != kNone.member; }, \
        [](ClusterFaults& faults) { faults.member = kNone.member; }                          \
  }

const std::vector<ClusterFaultKind>& cluster_fault_kinds() {
  static const ClusterFaults kNone;
  static const std::vector<ClusterFaultKind> kKinds = {
      STEPSTREAM_FAULT("crash", Figure::Crashes, crash),
      STEPSTREAM_FAULT("zombie", Figure::Zombies, zombie),
      STEPSTREAM_FAULT("rollback", Figure::Rollbacks, rollback),
      STEPSTREAM_FAULT("emptied", Figure::Emptied, emptied),
      STEPSTREAM_FAULT("truncation", Figure::Truncations, truncation),
      STEPSTREAM_FAULT("redis-away", Figure::RedisAway, redis_away),
      STEPSTREAM_FAULT("broker-away", Figure::BrokerAway, broker_away),
      STEPSTREAM_FAULT("storm", Figure::Rebalances, storm),
      STEPSTREAM_FAULT("channel", Figure::LostMessages, channel),
      STEPSTREAM_FAULT("trimming", Figure::Trimmed, trimming),
      STEPSTREAM_FAULT("topics", Figure::TopicTasks, topics),
      STEPSTREAM_FAULT("commit-lost", Figure::FailedCommits, commit_lost),
      STEPSTREAM_FAULT("commit-ambiguous", Figure::AmbiguousCommits, commit_ambiguous),
      STEPSTREAM_FAULT("record-lost", Figure::LostRecords, record_lost),
      STEPSTREAM_FAULT("record-ambiguous", Figure::AmbiguousRecords, record_ambiguous),
      STEPSTREAM_FAULT("vanish", Figure::Vanished, vanish),
      STEPSTREAM_FAULT("duplicate", Figure::Duplicates, duplicate),
      STEPSTREAM_FAULT("late", Figure::LateResults, late),
      STEPSTREAM_FAULT("lie", Figure::Lies, lie),
      STEPSTREAM_FAULT("slow-redis", Figure::SlowCommits, redis_delay_ms),
      STEPSTREAM_FAULT("slow-broker", Figure::SlowBroker, broker_delay_ms),
      STEPSTREAM_FAULT("clocks", Figure::ClocksOff, clock_off_ms),
      STEPSTREAM_FAULT("small-steps", Figure::SmallSteps, transitions_max),
      STEPSTREAM_FAULT("partitions", Figure::Partitions, partitions),
  };
  return kKinds;
}

std::vector<std::string> names_of(const ClusterFaults& faults) {
  std::vector<std::string> names;
  for (const ClusterFaultKind& kind : cluster_fault_kinds()) {
    if (kind.is_on(faults)) names.emplace_back(kind.name);
  }
  return names;
}

void keep_only(ClusterFaults& faults, const std::vector<std::string>& on) {
  for (const ClusterFaultKind& kind : cluster_fault_kinds()) {
    if (std::find(on.begin(), on.end(), kind.name) == on.end()) kind.turn_off(faults);
  }
}

}  // namespace simulation
