// The invariants over what a run leaves behind (docs/durability.md): C1 to C6, C9 to C11. Nothing: they hold.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>

#include <engine/core/partition.h>
#include <engine/ports/command_log.h>

#include "figures.h"
#include "plan.h"
#include "sim_store.h"

namespace simulation {

// ... over one Standard execution that has ended. `lateness_max_ms`: of timers, if no fault of this run could
// explain more.
std::optional<std::string> check_execution(const Tables& tables, const Planned& plan, const Ledgers& ledgers,
                                           std::optional<int64_t> lateness_max_ms, RunFigures& figures);
// ... over what a partition leaves at the end: `executions` that have ended and nothing that is open.
std::optional<std::string> check_rest(const Tables& tables, size_t executions);
// `recoveries`: the positions at which what was in memory was lost. `ended`: gets the executions that end.
std::optional<std::string> check_replay(std::span<const engine::LoggedRecord> records, const Tables& tables,
                                        const engine::core::PartitionSettings& settings,
                                        const std::set<uint64_t>& recoveries, std::set<std::string>& ended);
// When it ended; nothing: not there, or not ended.
std::optional<int64_t> read_end_ms(const Tables& tables, const std::string& arn);
// Status and output or error as one line; empty: not finished, or not there.
std::string read_outcome(const Tables& tables, const std::string& arn);
engine::core::PartitionSettings partition_settings(engine::PartitionId partition, uint32_t transitions_max);

}  // namespace simulation
