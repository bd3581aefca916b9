// LookedUp: the stored rows that records will look up, told by the records alone. A store that is another
// process is asked for all of them at once before a batch is applied, instead of for one after the other.
// What is forgotten here costs time, never correctness.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include <engine/core/record.h>
#include <engine/core/storage.h>

#include "execution_cache.h"

namespace engine::core {

class LookedUp {
 public:
  // What `executions` has is not read.
  explicit LookedUp(const ExecutionCache& executions) : executions_(executions) {}

  void add(const StartExecution& body);
  void add(const TaskReport& body);
  void add(const TimerDue& body);
  void add(const ContinueExecution& body);
  template <class Rare>
  void add(const Rare&) {}

  std::vector<RowKey> take() { return std::move(rows_); }

 private:
  void add_execution(ExecutionNumber number);
  void add_scope(ExecutionNumber number, statelang::ScopeId scope);

  const ExecutionCache& executions_;
  std::vector<RowKey> rows_;
  std::set<ExecutionNumber> seen_executions_;
  std::set<std::pair<ExecutionNumber, statelang::ScopeId>> seen_scopes_;
};

}  // namespace engine::core
