#include "state_machine_cache.h"

#include <statelang/value.h>

namespace engine::runtime {

using statelang::Value;

std::string write_state_machine(const StateMachine& machine) {
  Value document = Value::object({
      {"arn", machine.arn},
      {"name", machine.name},
      {"type", static_cast<int64_t>(machine.type)},
      {"definition", machine.definition},
      {"role_arn", machine.role_arn},
      {"revision_id", machine.revision_id},
      {"initial_revision", machine.initial_revision},
      {"created_ms", machine.created_ms},
      {"updated_ms", machine.updated_ms},
      {"status", machine.status},
      {"configuration", machine.configuration},
  });
  return statelang::to_json(document);
}

std::optional<StateMachine> read_state_machine(std::string_view document) {
  auto parsed = statelang::parse_json(document);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  auto text = [&](std::string_view key) {
    const Value* found = parsed->find(key);
    return found && found->is_string() ? std::string(found->as_string()) : std::string();
  };
  auto number = [&](std::string_view key) {
    const Value* found = parsed->find(key);
    return found && found->is_integer() ? found->as_integer() : 0;
  };
  const Value* initial = parsed->find("initial_revision");
  StateMachine machine;
  machine.arn = text("arn");
  machine.name = text("name");
  machine.type = static_cast<core::MachineType>(number("type"));
  machine.definition = text("definition");
  machine.role_arn = text("role_arn");
  machine.revision_id = text("revision_id");
  machine.initial_revision = initial && initial->is_boolean() && initial->as_boolean();
  machine.created_ms = number("created_ms");
  machine.updated_ms = number("updated_ms");
  machine.status = text("status");
  machine.configuration = text("configuration");
  return machine;
}

StateMachineCache::Machine StateMachineCache::find(std::string_view arn, uint64_t& generation) const {
  std::lock_guard lock(mutex_);
  generation = generation_;
  auto found = machines_.find(std::string(arn));
  return found == machines_.end() ? nullptr : found->second;
}

void StateMachineCache::keep(Machine machine, uint64_t generation) {
  std::lock_guard lock(mutex_);
  if (generation != generation_) return;
  if (machines_.size() >= kMachinesMax) machines_.clear();
  std::string arn = machine->arn;
  machines_[std::move(arn)] = std::move(machine);
}

void StateMachineCache::forget_all() {
  std::lock_guard lock(mutex_);
  ++generation_;
  machines_.clear();
}

void StateMachineCache::forget(std::string_view catalog_key) {
  if (!catalog_key.starts_with(kStateMachineKeys)) return;
  std::lock_guard lock(mutex_);
  ++generation_;
  machines_.erase(std::string(catalog_key.substr(kStateMachineKeys.size())));
}

}  // namespace engine::runtime
