// MemoryStorage: an execution's parts in memory. For the test runner and for Express executions, whose
// transitions are not stored. Reads cannot fail. One thread at a time; a scope's reference lasts as long as
// it.
#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include <statelang/interpreter/execution_state.h>

namespace statelang {

class MemoryStorage : public ExecutionStorage {
 public:
  explicit MemoryStorage(Payload input) : input_(std::move(input)) {}

  ExecutionState& execution() override { return execution_; }
  const Payload& execution_input() override { return input_; }
  Scope* find_scope(ScopeId id) override;
  Scope& create_scope(ScopeId id) override;
  void erase_scope(ScopeId id) override;
  std::vector<ScopeId> children(ScopeId parent) override;
  Value variables(ScopeId id) override;
  void set_variables(ScopeId id, Value variables) override;
  void put_items(ScopeId id, const Array& items) override;
  void append_items(ScopeId id, uint32_t count, const Array& items) override;
  Value item(ScopeId id, uint32_t index) override;
  void put_result(ScopeId id, uint32_t index, const Payload& result) override;
  std::vector<Payload> results(ScopeId id, uint32_t count) override;
  void erase_items_and_results(ScopeId id) override;
  void append_event(HistoryEvent event) override { events_.push_back(std::move(event)); }

  const std::vector<HistoryEvent>& events() const { return events_; }
  std::vector<HistoryEvent> take_events() { return std::exchange(events_, {}); }

 private:
  struct Node {
    Scope scope;
    Value variables = Value::object();
    Array items;
    std::vector<Payload> results;
  };
  ExecutionState execution_;
  Payload input_;
  std::map<ScopeId, Node> nodes_;  // references stay valid while others come and go
  std::vector<HistoryEvent> events_;
};

}  // namespace statelang
