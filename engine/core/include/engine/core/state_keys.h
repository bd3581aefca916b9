// Keys of a partition's tables (docs/formats/state.md). Numbers are big-endian, so that keys sort by them.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <engine/core/record.h>

namespace engine::core {

// The parts of an execution in Table::Executions, and of a scope in Table::Scopes. Numbers are stored.
enum class ExecutionPart : uint8_t { Info = 1, State = 2, Input = 4 };
enum class ScopePart : uint8_t { Fields = 1, Input = 2, MapItem = 3 };

std::string execution_key(ExecutionNumber execution);  // prefix of everything an execution has; Express
std::string execution_part_key(ExecutionNumber execution, ExecutionPart part);
std::string scope_key(ExecutionNumber execution, statelang::ScopeId scope);  // prefix; Variables
std::string scope_part_key(ExecutionNumber execution, statelang::ScopeId scope, ScopePart part);
// Items: `index` is the chunk, Results: the index of the child.
std::string indexed_key(ExecutionNumber execution, statelang::ScopeId scope, uint32_t index);
std::string task_key(ExecutionNumber execution, statelang::ScopeId scope, uint32_t attempt);
std::string history_key(ExecutionNumber execution, int64_t first_event_id);
std::string continue_key(ExecutionNumber execution);  // Table::Meta: has a ContinueExecution to come
// Table::Meta: tasks of a state so far, in executions with a test case. State empty: the prefix of all.
std::string mock_calls_key(ExecutionNumber execution, std::string_view state);
std::string feed_key(const FeedPosition& position);    // Table::Outbox
std::string feed_reader_key(std::string_view reader);  // Table::Meta; empty: the prefix of all
std::string next_execution_key();                      // Table::Meta: the next number
std::string timer_key(const TimerDue& timer);
// The key after every key that starts with `prefix`; empty: the end of the table.
std::string after_prefix(std::string prefix);

// Keys that the store gave back. A key that is none of ours is corrupt data: aborts.
TimerDue parse_timer_key(std::string_view key);
ExecutionNumber parse_execution_key(std::string_view key);  // the number that any execution's key starts with
TaskId parse_task_key(uint16_t partition, std::string_view key);
FeedPosition parse_feed_key(std::string_view key);
uint32_t parse_indexed_key(std::string_view key);
statelang::ScopeId parse_scope_key(std::string_view key);
ScopePart parse_scope_part(std::string_view key);

}  // namespace engine::core
