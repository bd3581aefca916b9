#include "stored_execution.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <engine/core/bytes.h>
#include <engine/core/mutation.h>
#include <engine/core/state_keys.h>

namespace engine::core {

namespace {

using statelang::Payload;
using statelang::ScopeId;
using statelang::Value;

constexpr size_t kChunkItemsMax = 64;
constexpr size_t kChunkBytes = 16 * 1024;
// More keys than this are erased as one range: single erases are cheaper for the store to read over.
constexpr uint32_t kSingleErasesMax = 64;

[[noreturn]] void corrupt(const char* what) {
  std::fprintf(stderr, "stepstream: a stored %s is damaged: restore the data directory from a backup\n",
               what);
  std::abort();
}

}  // namespace

std::optional<StoredExecution> StoredExecution::load(Transaction& transaction, ExecutionCache& cache,
                                                     ExecutionNumber number) {
  const std::string* bytes = cache.state(transaction, number);
  if (!bytes) return std::nullopt;
  auto stored = decode_state(*bytes);
  StoredExecution execution(transaction, cache, number);
  execution.facts_ = cache.facts(transaction, number);
  if (!stored) corrupt("execution");
  execution.state_ = stored->state;
  execution.continues_ = stored->continues;
  execution.outcome_ = std::move(stored->outcome);
  execution.redrive_tokens_ = std::move(stored->redrives);
  if (stored->root) execution.adopt(ScopeId::Root, std::move(*stored->root), {});
  return execution;
}

StoredExecution StoredExecution::create(Transaction& transaction, ExecutionCache& cache,
                                        ExecutionNumber number, ExecutionFacts facts, Payload input) {
  const bool apart = input.size_bytes() > StoredFacts::kInlineBytesMax;
  if (apart) {
    transaction.put(Table::Executions, execution_part_key(number, ExecutionPart::Input), input.text());
  }
  StoredFacts stored{std::move(facts), input, apart};
  transaction.put(Table::Executions, execution_part_key(number, ExecutionPart::Info), encode(stored));
  cache.stored(number, std::move(stored.facts), input);
  StoredExecution execution(transaction, cache, number);
  execution.facts_ = cache.facts(transaction, number);
  execution.input_ = std::move(input);
  return execution;
}

std::shared_ptr<const EndedExecution> StoredExecution::end() const {
  if (!outcome_ || facts_->is_child()) return nullptr;
  return std::make_shared<const EndedExecution>(EndedExecution{facts_, state_, *outcome_, ended_input_});
}

// The input stays apart from `input_`: what is written must not depend on what is cached.
void StoredExecution::set_outcome(ExecutionOutcome outcome) {
  outcome_ = std::move(outcome);
  ended_input_ = input_ ? input_ : cache_->known_input(number_);
}

const Payload& StoredExecution::execution_input() {
  if (!input_) input_ = cache_->input(*transaction_, number_);
  return *input_;
}

// ------------------------------------------------------------------------------------------ scopes

StoredExecution::LoadedScope* StoredExecution::loaded(ScopeId id) {
  if (const auto found = scopes_.find(id); found != scopes_.end()) {
    return found->second.erased ? nullptr : &found->second;
  }
  if (id == ScopeId::Root) return nullptr;  // came with the counters, if there is one
  auto bytes = transaction_->get(Table::Scopes, scope_part_key(number_, id, ScopePart::Fields));
  if (!bytes) return nullptr;
  auto stored = decode_scope(*bytes);
  if (!stored) corrupt("scope");
  return &adopt(id, std::move(*stored), std::move(*bytes));
}

StoredExecution::LoadedScope& StoredExecution::adopt(ScopeId id, StoredScope stored, std::string bytes) {
  LoadedScope& scope = scopes_[id];
  scope.stored = std::move(stored);
  scope.bytes = std::move(bytes);
  scope.stored.scope.id = id;
  if (scope.stored.input_is_executions) {
    scope.stored.scope.input = execution_input();
  } else if (scope.stored.input_apart) {
    scope.stored.scope.input = cache_->scope_input(*transaction_, number_, id);
  }
  if (scope.stored.map_item_apart) {
    const auto text = transaction_->get(Table::Scopes, scope_part_key(number_, id, ScopePart::MapItem));
    auto item = statelang::parse_json(text ? *text : "null");
    if (item) scope.stored.scope.map_item = std::move(*item);
  }
  scope.input = scope.stored.scope.input;
  scope.map_item = scope.stored.scope.map_item;
  return scope;
}

statelang::Scope* StoredExecution::find_scope(ScopeId id) {
  LoadedScope* scope = loaded(id);
  return scope ? &scope->stored.scope : nullptr;
}

statelang::Scope& StoredExecution::create_scope(ScopeId id) {
  LoadedScope& scope = scopes_[id];
  scope = LoadedScope{};
  scope.is_new = true;
  scope.stored.scope.id = id;
  return scope.stored.scope;
}

void StoredExecution::erase_scope(ScopeId id) {
  LoadedScope* scope = loaded(id);
  if (!scope) return;
  erase_items_and_results(id);
  if (scope->stored.has_variables) transaction_->erase(Table::Variables, scope_key(number_, id));
  if (!scope->is_new) {
    if (id != ScopeId::Root) {
      transaction_->erase(Table::Scopes, scope_part_key(number_, id, ScopePart::Fields));
    }
    if (scope->stored.input_apart) {
      transaction_->erase(Table::Scopes, scope_part_key(number_, id, ScopePart::Input));
      cache_->scope_input_erased(number_, id);
    }
    if (scope->stored.map_item_apart) {
      transaction_->erase(Table::Scopes, scope_part_key(number_, id, ScopePart::MapItem));
    }
  }
  // The caller may still look at what it got from find_scope(): only marked.
  scope->erased = true;
}

void StoredExecution::erase_scopes() {
  if (loaded(ScopeId::Root)) erase_tree(ScopeId::Root);
}

// Only scopes that fan out have some below them: others cost no look.
void StoredExecution::erase_tree(ScopeId id) {
  const LoadedScope* scope = loaded(id);
  if (scope && scope->stored.scope.children_total > 0) {
    for (const ScopeId child : children(id)) erase_tree(child);
  }
  erase_scope(id);
}

std::vector<ScopeId> StoredExecution::children(ScopeId parent) {
  std::vector<ScopeId> found;
  const std::string prefix = execution_key(number_);
  transaction_->scan(Table::Scopes, prefix, after_prefix(prefix),
                     [&](std::string_view key, std::string_view value) {
                       if (parse_scope_part(key) != ScopePart::Fields) return true;
                       const ScopeId id = parse_scope_key(key);
                       if (scopes_.count(id) != 0) return true;
                       const auto parent_of = decode_scope_parent(value);
                       if (!parent_of) corrupt("scope");
                       if (*parent_of == parent) found.push_back(id);
                       return true;
                     });
  for (const auto& [id, scope] : scopes_) {
    if (!scope.erased && scope.stored.scope.parent == parent) found.push_back(id);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// ------------------------------------------------------------------------------------------ variables

Value StoredExecution::variables(ScopeId id) {
  LoadedScope* scope = loaded(id);
  if (!scope) return Value::object();
  if (!scope->variables) {
    scope->variables = Value::object();
    if (scope->stored.has_variables) {
      const auto text = transaction_->get(Table::Variables, scope_key(number_, id));
      auto value = statelang::parse_json(text ? *text : "{}");
      if (!value) corrupt("set of variables");
      scope->variables = std::move(*value);
    }
  }
  return *scope->variables;
}

void StoredExecution::set_variables(ScopeId id, Value variables) {
  LoadedScope* scope = loaded(id);
  if (!scope) return;
  scope->variables = std::move(variables);
  scope->variables_changed = true;
}

// ------------------------------------------------------------------------------------------ Map

void StoredExecution::put_items(ScopeId id, const statelang::Array& items) {
  LoadedScope* scope = loaded(id);
  if (!scope || items.empty()) return;
  std::vector<std::string> texts;
  texts.reserve(items.size());
  size_t bytes = 0;
  for (const Value& item : items) {
    texts.push_back(statelang::to_json(item));
    bytes += texts.back().size();
  }
  const size_t average = std::max<size_t>(1, bytes / texts.size());
  const size_t per_chunk = std::clamp<size_t>(kChunkBytes / average, 1, kChunkItemsMax);
  uint32_t chunks = 0;
  for (size_t at = 0; at < texts.size(); at += per_chunk) {
    const auto first = texts.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = texts.begin() + static_cast<std::ptrdiff_t>(std::min(texts.size(), at + per_chunk));
    const std::vector<std::string> chunk(std::make_move_iterator(first), std::make_move_iterator(last));
    transaction_->put(Table::Items, indexed_key(number_, id, chunks++), encode_items(chunk));
  }
  scope->stored.items_per_chunk = static_cast<uint32_t>(per_chunk);
  scope->stored.item_chunks = chunks;
  scope->chunk.reset();
}

// Chunks keep the length that the first items gave them; the last one is filled up.
void StoredExecution::append_items(ScopeId id, uint32_t count, const statelang::Array& items) {
  if (count == 0) return put_items(id, items);
  LoadedScope* scope = loaded(id);
  if (!scope || items.empty()) return;
  const size_t per_chunk = scope->stored.items_per_chunk;
  if (per_chunk == 0) corrupt("Map");
  std::vector<std::string> chunk;
  uint32_t number = static_cast<uint32_t>(count / per_chunk);
  if (count % per_chunk != 0) {
    const auto bytes = transaction_->get(Table::Items, indexed_key(number_, id, number));
    if (!bytes && transaction_->error()) return;  // the batch will not be committed
    const auto stored = bytes ? decode_items(*bytes) : std::nullopt;
    if (!stored || stored->size() != count % per_chunk) corrupt("Map item");
    chunk.assign(stored->begin(), stored->end());
  }
  for (const Value& item : items) {
    chunk.push_back(statelang::to_json(item));
    if (chunk.size() < per_chunk) continue;
    transaction_->put(Table::Items, indexed_key(number_, id, number++), encode_items(chunk));
    chunk.clear();
  }
  if (!chunk.empty())
    transaction_->put(Table::Items, indexed_key(number_, id, number++), encode_items(chunk));
  scope->stored.item_chunks = number;
  scope->chunk.reset();
}

Value StoredExecution::item(ScopeId id, uint32_t index) {
  LoadedScope* scope = loaded(id);
  if (!scope || scope->stored.items_per_chunk == 0) corrupt("Map");
  const uint32_t chunk = index / scope->stored.items_per_chunk;
  if (scope->chunk != chunk) {
    auto bytes = transaction_->get(Table::Items, indexed_key(number_, id, chunk));
    if (!bytes) {
      if (transaction_->error()) return {};  // the batch will not be committed
      corrupt("Map item");
    }
    scope->chunk_bytes = std::move(*bytes);
    auto items = decode_items(scope->chunk_bytes);
    if (!items) corrupt("Map item");
    scope->items = std::move(*items);
    scope->chunk = chunk;
  }
  const uint32_t within = index % scope->stored.items_per_chunk;
  if (within >= scope->items.size()) corrupt("Map item");
  auto value = statelang::parse_json(scope->items[within]);
  if (!value) corrupt("Map item");
  return std::move(*value);
}

void StoredExecution::put_result(ScopeId id, uint32_t index, const Payload& result) {
  LoadedScope* scope = loaded(id);
  if (!scope) return;
  transaction_->put(Table::Results, indexed_key(number_, id, index), result.text());
  scope->stored.results_end = std::max(scope->stored.results_end, index + 1);
}

std::vector<Payload> StoredExecution::results(ScopeId id, uint32_t count) {
  std::vector<Payload> found(count);
  const std::string prefix = scope_key(number_, id);
  transaction_->scan(Table::Results, prefix, after_prefix(prefix),
                     [&](std::string_view key, std::string_view value) {
                       const uint32_t index = parse_indexed_key(key);
                       if (index < count) found[index] = Payload::from_text(std::string(value));
                       return true;
                     });
  return found;
}

void StoredExecution::erase_indexed(Table table, ScopeId id, uint32_t end) {
  if (end <= kSingleErasesMax) {
    for (uint32_t index = 0; index < end; ++index)
      transaction_->erase(table, indexed_key(number_, id, index));
    return;
  }
  const std::string prefix = scope_key(number_, id);
  transaction_->erase_range(table, prefix, after_prefix(prefix));
}

void StoredExecution::erase_items_and_results(ScopeId id) {
  LoadedScope* scope = loaded(id);
  if (!scope) return;
  erase_indexed(Table::Items, id, scope->stored.item_chunks);
  erase_indexed(Table::Results, id, scope->stored.results_end);
  scope->stored.item_chunks = scope->stored.items_per_chunk = scope->stored.results_end = 0;
  scope->chunk.reset();
}

// ------------------------------------------------------------------------------------------ writing

void StoredExecution::flush_input(ScopeId id, LoadedScope& loaded_scope) {
  StoredScope& stored = loaded_scope.stored;
  const bool fans_out = stored.scope.phase == statelang::ScopePhase::WaitingForChildren ||
                        stored.scope.phase == statelang::ScopePhase::WaitingForMapRun;
  const size_t inline_max =
      fans_out ? StoredScope::kInlineBytesWithChildrenMax : StoredScope::kInlineBytesMax;
  const Payload& input = stored.scope.input;
  const bool changed = loaded_scope.is_new || !input.same_document(loaded_scope.input);
  const bool is_executions = id == ScopeId::Root && input_ && input.same_document(*input_);
  const bool apart = !is_executions && input.size_bytes() > inline_max;
  if (apart && (changed || !stored.input_apart)) {
    transaction_->put(Table::Scopes, scope_part_key(number_, id, ScopePart::Input), input.text());
    cache_->scope_input_stored(number_, id, input);
  } else if (!apart && stored.input_apart) {
    transaction_->erase(Table::Scopes, scope_part_key(number_, id, ScopePart::Input));
    cache_->scope_input_erased(number_, id);
  }
  stored.input_apart = apart;
  stored.input_is_executions = is_executions;
}

void StoredExecution::flush_large_parts(ScopeId id, LoadedScope& loaded_scope) {
  flush_input(id, loaded_scope);
  StoredScope& stored = loaded_scope.stored;
  if (loaded_scope.is_new || !stored.scope.map_item.same_content(loaded_scope.map_item)) {
    std::string text =
        stored.scope.map_item.is_null() ? std::string() : statelang::to_json(stored.scope.map_item);
    const bool apart = text.size() > StoredScope::kInlineBytesMax;
    std::string key = scope_part_key(number_, id, ScopePart::MapItem);
    if (apart) {
      transaction_->put(Table::Scopes, std::move(key), std::move(text));
    } else if (stored.map_item_apart) {
      transaction_->erase(Table::Scopes, std::move(key));
    }
    stored.map_item_apart = apart;
  }
}

void StoredExecution::flush_scope(ScopeId id, LoadedScope& scope) {
  if (scope.variables_changed) {
    transaction_->put(Table::Variables, scope_key(number_, id), statelang::to_json(*scope.variables));
    scope.stored.has_variables = true;
  }
  flush_large_parts(id, scope);
  if (id == ScopeId::Root) return;  // goes with the counters
  std::string bytes = encode(scope.stored);
  if (bytes == scope.bytes) return;
  transaction_->put(Table::Scopes, scope_part_key(number_, id, ScopePart::Fields), std::move(bytes));
}

void StoredExecution::flush() {
  for (auto& [id, scope] : scopes_) {
    if (!scope.erased) flush_scope(id, scope);
  }
  const auto root = scopes_.find(ScopeId::Root);
  const bool has_root = root != scopes_.end() && !root->second.erased;
  std::string bytes = encode(state_, continues_, has_root ? &root->second.stored : nullptr,
                             outcome_ ? &*outcome_ : nullptr, redrive_tokens_);
  cache_->state_stored(number_, bytes);
  transaction_->put(Table::Executions, execution_part_key(number_, ExecutionPart::State), std::move(bytes));
  if (!events_.empty()) {
    const statelang::EventId first = mutated(Mutant::HistoryOverwritten) ? 1 : events_.front().id;
    transaction_->put(Table::History, history_key(number_, first), encode_history(events_));
  }
}

}  // namespace engine::core
