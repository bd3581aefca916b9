#include "machine_cache.h"

#include <engine/core/state_codec.h>

namespace engine::core {

std::shared_ptr<const Machine> MachineCache::find(Transaction& transaction, const std::string& revision_id) {
  if (const auto found = by_revision_.find(revision_id); found != by_revision_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }
  const auto bytes = transaction.get(Table::Definitions, revision_id);
  if (!bytes) return nullptr;
  auto registered = decode_definition(*bytes);
  if (!registered) return nullptr;
  auto definition =
      statelang::Definition::parse(registered->definition, {registered->type == MachineType::Express, false});
  if (!definition) return nullptr;
  registered->definition.clear();
  auto machine = std::make_shared<const Machine>(Machine{std::move(*registered), std::move(*definition)});
  order_.emplace_front(revision_id, machine);
  by_revision_[revision_id] = order_.begin();
  if (order_.size() > machines_max_) {
    by_revision_.erase(order_.back().first);
    order_.pop_back();
  }
  return machine;
}

}  // namespace engine::core
