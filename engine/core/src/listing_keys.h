// Keys and values of Table::Listing (docs/formats/state.md): what lists of executions are read from, newest
// first, without touching the executions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <engine/core/execution_list.h>
#include <engine/core/transaction.h>

namespace engine::core::listing {

// Prefixes: add the start time and the number for a whole key.
std::string of_machine(std::string_view machine_arn);
std::string of_machine_and_status(std::string_view machine_arn, statelang::ExecutionStatus status);
std::string with_start(std::string prefix, int64_t start_ms, ExecutionNumber number);
// The prefix of all keys of the first kind, for going from one machine to the next.
std::string of_machines();
std::string_view machine_of(std::string_view key);  // of a key of the first kind

// The start time and number at the end of a key of either kind.
bool parse_end(std::string_view key, ListedExecution& entry);

// A Map Run's record, by its ARN; and those of an execution, by start time (values: the ARN).
std::string map_run(std::string_view map_run_arn);
std::string of_execution(std::string_view execution_arn);  // prefix
std::string of_execution(std::string_view execution_arn, int64_t start_ms, std::string_view map_run_arn);
// The prefix of all Map Runs' children in the order of machines.
std::string of_map_runs_beside(std::string_view map_run_arn);

void add(Transaction& transaction, const ListedExecution& entry);
void change_status(Transaction& transaction, const ListedExecution& entry, statelang::ExecutionStatus before);
void erase(Transaction& transaction, const ListedExecution& entry);

}  // namespace engine::core::listing
