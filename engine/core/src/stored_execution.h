// StoredExecution: an execution's parts over a transaction, for step(). Reads a part when it is first asked
// for; flush() writes the parts that changed, nothing else (docs/adr/0004). The root scope is stored with the
// counters, because nearly every step writes both.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <engine/core/action.h>
#include <engine/core/record.h>
#include <engine/core/state_codec.h>
#include <engine/core/transaction.h>
#include <statelang/interpreter/execution_state.h>

#include "execution_cache.h"

namespace engine::core {

class StoredExecution : public statelang::ExecutionStorage {
 public:
  // Nothing when there is no such execution.
  static std::optional<StoredExecution> load(Transaction& transaction, ExecutionCache& cache,
                                             ExecutionNumber number);
  // A new one: its facts and input are stored now, the rest by flush().
  static StoredExecution create(Transaction& transaction, ExecutionCache& cache, ExecutionNumber number,
                                ExecutionFacts facts, statelang::Payload input);

  void flush();
  const ExecutionFacts& facts() const { return *facts_; }
  // How it ended; set by the step that ends it.
  const std::optional<ExecutionOutcome>& outcome() const { return outcome_; }
  // What is stored of it, for those who wait for its end; null while it runs, and of children, for whom their
  // parent waits.
  std::shared_ptr<const EndedExecution> end() const;
  void set_outcome(ExecutionOutcome outcome);
  void forget_outcome() { outcome_.reset(); }
  // Of the redrives that were asked for with one.
  std::vector<RedriveToken>& redrive_tokens() { return redrive_tokens_; }
  // All scopes, with what belongs to them: of an execution that is to be erased.
  void erase_scopes();
  // Whether the rest of a bounded step is noted in Table::Meta.
  bool continues() const { return continues_; }
  void set_continues(bool continues) { continues_ = continues; }
  bool has_events() const { return !events_.empty(); }
  // The first one of this step; 0: there is none.
  statelang::EventId first_event() const { return events_.empty() ? 0 : events_.front().id; }

  statelang::ExecutionState& execution() override { return state_; }
  const statelang::Payload& execution_input() override;
  statelang::Scope* find_scope(statelang::ScopeId id) override;
  statelang::Scope& create_scope(statelang::ScopeId id) override;
  void erase_scope(statelang::ScopeId id) override;
  std::vector<statelang::ScopeId> children(statelang::ScopeId parent) override;
  statelang::Value variables(statelang::ScopeId id) override;
  void set_variables(statelang::ScopeId id, statelang::Value variables) override;
  void put_items(statelang::ScopeId id, const statelang::Array& items) override;
  void append_items(statelang::ScopeId id, uint32_t count, const statelang::Array& items) override;
  statelang::Value item(statelang::ScopeId id, uint32_t index) override;
  void put_result(statelang::ScopeId id, uint32_t index, const statelang::Payload& result) override;
  std::vector<statelang::Payload> results(statelang::ScopeId id, uint32_t count) override;
  void erase_items_and_results(statelang::ScopeId id) override;
  void append_event(statelang::HistoryEvent event) override { events_.push_back(std::move(event)); }

 private:
  struct LoadedScope {
    StoredScope stored;
    bool erased = false;
    bool is_new = false;
    std::string bytes;          // as stored
    statelang::Payload input;   // as stored
    statelang::Value map_item;  // as stored
    std::optional<statelang::Value> variables;
    bool variables_changed = false;
    std::optional<uint32_t> chunk;  // of the items that `items` are
    std::string chunk_bytes;
    std::vector<std::string_view> items;
  };
  StoredExecution(Transaction& transaction, ExecutionCache& cache, ExecutionNumber number)
      : transaction_(&transaction), cache_(&cache), number_(number) {}
  LoadedScope* loaded(statelang::ScopeId id);
  LoadedScope& adopt(statelang::ScopeId id, StoredScope stored, std::string bytes);
  void flush_scope(statelang::ScopeId id, LoadedScope& scope);
  void flush_input(statelang::ScopeId id, LoadedScope& scope);
  void flush_large_parts(statelang::ScopeId id, LoadedScope& scope);
  void erase_tree(statelang::ScopeId id);
  void erase_indexed(Table table, statelang::ScopeId id, uint32_t end);

  Transaction* transaction_;
  ExecutionCache* cache_;
  ExecutionNumber number_;
  std::shared_ptr<const ExecutionFacts> facts_;
  statelang::ExecutionState state_;
  std::optional<ExecutionOutcome> outcome_;
  bool continues_ = false;
  std::vector<RedriveToken> redrive_tokens_;
  std::optional<statelang::Payload> input_;
  std::optional<statelang::Payload> ended_input_;  // for end(): as `input_`, or what the cache had
  std::map<statelang::ScopeId, LoadedScope> scopes_;
  std::vector<statelang::HistoryEvent> events_;
};

}  // namespace engine::core
