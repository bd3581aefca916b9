// ExecutionCache: what steps read again and again: an execution's facts and its input, which never change,
// its state as it was stored last, and large inputs of scopes. Documents stay parsed from step to step, so
// that a Map's large input is read once and not for each item. Bounded by the bytes of the texts; the least
// recently used execution goes first. Holds what the records so far have made: after a batch that was not
// committed, start with a new one.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include <engine/core/state_codec.h>
#include <engine/core/transaction.h>

namespace engine::core {

class ExecutionCache {
 public:
  explicit ExecutionCache(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Null: there is no such execution. Aborts on bytes that are no facts.
  std::shared_ptr<const ExecutionFacts> facts(Transaction& transaction, ExecutionNumber number);
  // The bytes of its state (ExecutionPart::State). Null: there is no such execution. Valid until the next
  // call.
  const std::string* state(Transaction& transaction, ExecutionNumber number);
  // Of an execution that is there.
  statelang::Payload input(Transaction& transaction, ExecutionNumber number);
  // The same without reading: nothing when it is not here.
  std::optional<statelang::Payload> known_input(ExecutionNumber number);
  // The input of a scope that stands apart.
  statelang::Payload scope_input(Transaction& transaction, ExecutionNumber number, statelang::ScopeId scope);

  // Whether facts() and state() answer without reading.
  bool has_facts(ExecutionNumber number) const { return peek(number) != nullptr; }
  bool has_state(ExecutionNumber number) const {
    const Entry* entry = peek(number);
    return entry != nullptr && !entry->state.empty();
  }

  // Tell what was stored or erased.
  void stored(ExecutionNumber number, ExecutionFacts facts, statelang::Payload input);
  void state_stored(ExecutionNumber number, const std::string& bytes);
  void scope_input_stored(ExecutionNumber number, statelang::ScopeId scope, const statelang::Payload& input);
  void scope_input_erased(ExecutionNumber number, statelang::ScopeId scope);
  void forget(ExecutionNumber number);

 private:
  struct Entry {
    ExecutionNumber number{};
    std::shared_ptr<const ExecutionFacts> facts;
    std::optional<statelang::Payload> input;
    std::string state;  // empty: not known
    std::map<statelang::ScopeId, statelang::Payload> scope_inputs;
    size_t bytes = 0;
  };
  Entry* find(ExecutionNumber number);
  const Entry* peek(ExecutionNumber number) const;  // changes no order
  Entry* read(Transaction& transaction, ExecutionNumber number);
  Entry* add(Entry entry);
  void grow(Entry& entry, size_t bytes);

  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::list<Entry> order_;  // most recently used first
  std::unordered_map<uint64_t, std::list<Entry>::iterator> by_number_;
};

}  // namespace engine::core
