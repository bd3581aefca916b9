#include "execution_cache.h"

#include <cstdio>
#include <cstdlib>

#include <engine/core/state_keys.h>

namespace engine::core {

namespace {

using statelang::Payload;
using statelang::ScopeId;

// Of an entry besides its texts, about.
constexpr size_t kEntryBytes = 400;

size_t bytes_of(const ExecutionFacts& facts) {
  return kEntryBytes + facts.execution_arn.size() + facts.name.size() + facts.revision_id.size() +
         facts.state_machine_arn.size() + facts.state_machine_alias_arn.size() +
         facts.state_machine_version_arn.size() + facts.trace_header.size();
}

Payload payload_at(Transaction& transaction, Table table, const std::string& key) {
  auto text = transaction.get(table, key);  // absent: a read error, and the batch is not committed
  return text ? Payload::from_text(std::move(*text)) : Payload();
}

}  // namespace

std::shared_ptr<const ExecutionFacts> ExecutionCache::facts(Transaction& transaction,
                                                            ExecutionNumber number) {
  Entry* entry = read(transaction, number);
  return entry ? entry->facts : nullptr;
}

const std::string* ExecutionCache::state(Transaction& transaction, ExecutionNumber number) {
  Entry* entry = read(transaction, number);
  if (!entry) return nullptr;
  if (entry->state.empty()) {
    auto bytes = transaction.get(Table::Executions, execution_part_key(number, ExecutionPart::State));
    if (!bytes) return nullptr;
    entry->state = std::move(*bytes);
    grow(*entry, entry->state.size());
  }
  return &entry->state;
}

void ExecutionCache::state_stored(ExecutionNumber number, const std::string& bytes) {
  Entry* entry = find(number);
  if (!entry) return;
  entry->bytes -= entry->state.size();
  bytes_ -= entry->state.size();
  entry->state = bytes;
  grow(*entry, bytes.size());
}

Payload ExecutionCache::input(Transaction& transaction, ExecutionNumber number) {
  Entry* entry = read(transaction, number);
  if (!entry) return {};
  if (!entry->input) {
    entry->input =
        payload_at(transaction, Table::Executions, execution_part_key(number, ExecutionPart::Input));
    const Payload input = *entry->input;
    grow(*entry, input.size_bytes());
    return input;
  }
  return *entry->input;
}

std::optional<Payload> ExecutionCache::known_input(ExecutionNumber number) {
  const Entry* entry = find(number);
  return entry ? entry->input : std::nullopt;
}

Payload ExecutionCache::scope_input(Transaction& transaction, ExecutionNumber number, ScopeId scope) {
  Entry* entry = find(number);
  if (entry) {
    if (const auto found = entry->scope_inputs.find(scope); found != entry->scope_inputs.end()) {
      return found->second;
    }
  }
  Payload input = payload_at(transaction, Table::Scopes, scope_part_key(number, scope, ScopePart::Input));
  if (entry) {
    entry->scope_inputs.emplace(scope, input);
    grow(*entry, input.size_bytes());
  }
  return input;
}

void ExecutionCache::stored(ExecutionNumber number, ExecutionFacts facts, Payload input) {
  const size_t bytes = bytes_of(facts) + input.size_bytes();
  add({number, std::make_shared<const ExecutionFacts>(std::move(facts)), std::move(input), {}, {}, bytes});
}

void ExecutionCache::scope_input_stored(ExecutionNumber number, ScopeId scope, const Payload& input) {
  Entry* entry = find(number);
  if (!entry) return;
  scope_input_erased(number, scope);
  const size_t bytes = input.size_bytes();
  // A document of its own, as when it is read: what is written must not depend on what is cached, and a
  // history value holds a document once that is the same in memory.
  entry->scope_inputs.emplace(scope, Payload::from_text(input.text()));
  grow(*entry, bytes);
}

void ExecutionCache::scope_input_erased(ExecutionNumber number, ScopeId scope) {
  Entry* entry = find(number);
  if (!entry) return;
  const auto found = entry->scope_inputs.find(scope);
  if (found == entry->scope_inputs.end()) return;
  const size_t bytes = found->second.size_bytes();
  entry->scope_inputs.erase(found);
  entry->bytes -= bytes;
  bytes_ -= bytes;
}

void ExecutionCache::forget(ExecutionNumber number) {
  const auto found = by_number_.find(static_cast<uint64_t>(number));
  if (found == by_number_.end()) return;
  bytes_ -= found->second->bytes;
  order_.erase(found->second);
  by_number_.erase(found);
}

ExecutionCache::Entry* ExecutionCache::find(ExecutionNumber number) {
  const auto found = by_number_.find(static_cast<uint64_t>(number));
  if (found == by_number_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return &*found->second;
}

const ExecutionCache::Entry* ExecutionCache::peek(ExecutionNumber number) const {
  const auto found = by_number_.find(static_cast<uint64_t>(number));
  return found == by_number_.end() ? nullptr : &*found->second;
}

ExecutionCache::Entry* ExecutionCache::read(Transaction& transaction, ExecutionNumber number) {
  if (Entry* entry = find(number)) return entry;
  const auto bytes = transaction.get(Table::Executions, execution_part_key(number, ExecutionPart::Info));
  if (!bytes) return nullptr;
  auto stored = decode_facts(*bytes);
  if (!stored) {
    std::fputs("stepstream: a stored execution is damaged: restore the data directory from a backup\n",
               stderr);
    std::abort();
  }
  Entry entry;
  entry.number = number;
  entry.bytes = bytes_of(stored->facts) + (stored->input_apart ? 0 : stored->input.size_bytes());
  entry.facts = std::make_shared<const ExecutionFacts>(std::move(stored->facts));
  if (!stored->input_apart) entry.input = std::move(stored->input);
  return add(std::move(entry));
}

// The newest entry stays, whatever its size: its caller is about to use it.
ExecutionCache::Entry* ExecutionCache::add(Entry entry) {
  forget(entry.number);
  const uint64_t number = static_cast<uint64_t>(entry.number);
  order_.push_front(std::move(entry));
  by_number_[number] = order_.begin();
  bytes_ += order_.front().bytes;
  while (bytes_ > bytes_max_ && order_.size() > 1) forget(order_.back().number);
  return &order_.front();
}

void ExecutionCache::grow(Entry& entry, size_t bytes) {
  entry.bytes += bytes;
  bytes_ += bytes;
  while (bytes_ > bytes_max_ && order_.size() > 1) forget(order_.back().number);
}

}  // namespace engine::core
