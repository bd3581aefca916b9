// MachineCache: parsed definitions by revision, the least recently used ones forgotten. A revision never
// changes, so an entry is never wrong.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include <engine/core/record.h>
#include <engine/core/transaction.h>

namespace engine::core {

struct Machine {
  RegisterDefinition registered;  // without the text
  std::shared_ptr<const statelang::Definition> definition;
};

class MachineCache {
 public:
  explicit MachineCache(size_t machines_max) : machines_max_(machines_max) {}
  // Null: not registered, or not parseable any more.
  std::shared_ptr<const Machine> find(Transaction& transaction, const std::string& revision_id);

 private:
  using Order = std::list<std::pair<std::string, std::shared_ptr<const Machine>>>;
  const size_t machines_max_;
  Order order_;  // most recently used first
  std::unordered_map<std::string, Order::iterator> by_revision_;
};

}  // namespace engine::core
