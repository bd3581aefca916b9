// ClusterFaults: what goes wrong in one simulated run of a cluster. Each seed draws a random subset.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "figures.h"
#include "random.h"

namespace simulation {

struct ClusterFaults {
  uint16_t partitions = 1;
  int nodes = 2;
  uint32_t transitions_max = 1000;
  bool topics = false;
  bool trimming = false;
  // Strike again and again until the run heals.
  bool crash = false;
  bool zombie = false;
  bool rollback = false;
  bool emptied = false;
  bool truncation = false;
  bool redis_away = false;
  bool broker_away = false;
  bool storm = false;
  bool channel = false;
  // Of 100.
  int commit_lost = 0;
  int commit_ambiguous = 0;
  int record_lost = 0;
  int record_ambiguous = 0;
  int vanish = 0;
  int duplicate = 0;
  int late = 0;
  int lie = 0;
  int64_t redis_delay_ms = 2;
  int64_t broker_delay_ms = 5;
  int64_t clock_off_ms = 0;  // of each node, up to
};
ClusterFaults random_cluster_faults(Random& random);

struct ClusterFaultKind {
  std::string_view name;  // --faults
  Figure happened;
  bool (*is_on)(const ClusterFaults&);
  void (*turn_off)(ClusterFaults&);
};
const std::vector<ClusterFaultKind>& cluster_fault_kinds();
std::vector<std::string> names_of(const ClusterFaults& faults);
void keep_only(ClusterFaults& faults, const std::vector<std::string>& on);

}  // namespace simulation
