// Figures: what happened in simulated runs, counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace simulation {

enum class Figure : uint8_t {
  Steps,
  Executions,
  Started,
  Compared,
  ExpressStarts,
  ExpressRuns,
  ExpressEnds,
  Tasks,
  Commits,
  Heartbeats,
  Refused,
  Redeliveries,
  // From here on: faults.
  Crashes,
  AmbiguousCommits,
  FailedCommits,
  FullCommits,
  SlowCommits,
  ClockJumps,
  Vanished,
  Duplicates,
  LateResults,
  Lies,
  SkippedHeartbeats,
  Stops,
  GroupedCommits,
  OnePartition,
  Erased,
  Claims,
  UnleasedPolls,
  SmallSteps,
  // Of a cluster.
  Zombies,
  Rollbacks,
  RolledBack,
  Emptied,
  Truncations,
  Halts,
  Undetected,
  RedisAway,
  BrokerAway,
  Rebalances,
  LostMessages,
  Trimmed,
  TopicTasks,
  LostRecords,
  AmbiguousRecords,
  SlowBroker,
  ClocksOff,
  Partitions,
  Rejected,
  Takeovers,
};
inline constexpr size_t kFigures = 50;
inline constexpr std::array<const char*, kFigures> kFigureNames = {
    "steps",
    "executions planned",
    "executions started",
    "compared with the oracle",
    "Express starts",
    "Express runs",
    "Express ends",
    "tasks delivered",
    "commits",
    "heartbeats",
    "requests refused",
    "tasks redelivered",
    "crashes",
    "ambiguous commits",
    "failed commits",
    "commits on a full disk",
    "slow commits",
    "clock jumps",
    "workers vanished",
    "results sent twice",
    "late results",
    "false results",
    "heartbeats left out",
    "executions stopped",
    "partitions' common commits",
    "runs with one bad partition",
    "executions erased",
    "claims of a shared log",
    "polls without a lease",
    "runs in small steps",
    "nodes asleep",
    "rollbacks of Redis",
    "commits rolled back",
    "times Redis was emptied",
    "times the log lost its end",
    "partitions halted for that",
    "... not to be noticed",
    "times Redis was away",
    "times Kafka was away",
    "turns of rebalance storms",
    "messages lost",
    "records trimmed",
    "tasks over Kafka",
    "records lost",
    "ambiguous records",
    "runs with a slow Kafka",
    "runs with clocks apart",
    "runs with more partitions",
    "commits rejected",
    "takeovers",
};

class RunFigures {
 public:
  uint64_t& operator[](Figure figure) { return counts_[static_cast<size_t>(figure)]; }
  uint64_t operator[](Figure figure) const { return counts_[static_cast<size_t>(figure)]; }
  void add(const RunFigures& other) {
    for (size_t i = 0; i < kFigures; ++i) counts_[i] += other.counts_[i];
  }

 private:
  std::array<uint64_t, kFigures> counts_{};
};

}  // namespace simulation
