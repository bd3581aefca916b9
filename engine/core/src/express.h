// Express executions under way: they run in memory; only the start record of an asynchronous one is stored.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include <engine/core/record.h>
#include <engine/core/state_codec.h>
#include <statelang/interpreter/memory_storage.h>

#include "machine_cache.h"

namespace engine::core {

struct ExpressExecution {
  ExecutionFacts facts;
  std::shared_ptr<const Machine> machine;
  statelang::MemoryStorage storage;
  bool synchronous = false;
  bool stored = false;   // its start record is in Table::Express
  uint64_t request = 0;  // synchronous: who waits
  uint32_t node = 0;
  std::vector<statelang::ScopeId> ready;       // what a bounded step left, in order
  std::map<std::string, uint32_t> mock_calls;  // with a test case: tasks of each state so far
};

// By number. Numbers of Express executions have the highest bit set and come from time and offset: one that
// stores nothing must not need a stored counter.
using ExpressExecutions = std::unordered_map<uint64_t, std::unique_ptr<ExpressExecution>>;
inline constexpr uint64_t kExpressBit = uint64_t{1} << 63;

inline bool is_express(ExecutionNumber number) {
  return (static_cast<uint64_t>(number) & kExpressBit) != 0;
}

}  // namespace engine::core
