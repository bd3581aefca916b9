#include <statelang/interpreter/memory_storage.h>

namespace statelang {

Scope* MemoryStorage::find_scope(ScopeId id) {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second.scope;
}

Scope& MemoryStorage::create_scope(ScopeId id) {
  Scope& scope = nodes_[id].scope;
  scope.id = id;
  return scope;
}

void MemoryStorage::erase_scope(ScopeId id) {
  nodes_.erase(id);
}

std::vector<ScopeId> MemoryStorage::children(ScopeId parent) {
  std::vector<ScopeId> found;
  for (const auto& [id, node] : nodes_) {
    if (node.scope.parent == parent) found.push_back(id);
  }
  return found;
}

Value MemoryStorage::variables(ScopeId id) {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? Value::object() : found->second.variables;
}

void MemoryStorage::set_variables(ScopeId id, Value variables) {
  nodes_[id].variables = std::move(variables);
}

void MemoryStorage::put_items(ScopeId id, const Array& items) {
  nodes_[id].items = items;
}

void MemoryStorage::append_items(ScopeId id, uint32_t, const Array& items) {
  for (const Value& item : items) nodes_[id].items.push_back(item);
}

Value MemoryStorage::item(ScopeId id, uint32_t index) {
  return nodes_[id].items[index];
}

void MemoryStorage::put_result(ScopeId id, uint32_t index, const Payload& result) {
  auto& results = nodes_[id].results;
  if (results.size() <= index) results.resize(index + 1);
  results[index] = result;
}

std::vector<Payload> MemoryStorage::results(ScopeId id, uint32_t count) {
  auto& results = nodes_[id].results;
  results.resize(count);
  return results;
}

void MemoryStorage::erase_items_and_results(ScopeId id) {
  nodes_[id].items = Array{};
  nodes_[id].results.clear();
}

}  // namespace statelang
