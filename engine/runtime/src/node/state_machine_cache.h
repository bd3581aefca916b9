// StateMachineCache: parsed catalog documents of state machines, so that a start reads none. Thread rule:
// any.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include <engine/runtime/engine.h>

namespace engine::runtime {

inline constexpr std::string_view kStateMachineKeys = "state_machine/";
inline std::string state_machine_key(std::string_view arn) {
  return std::string(kStateMachineKeys) + std::string(arn);
}

// A StateMachine::status; the other one is ACTIVE.
inline constexpr std::string_view kDeletingStatus = "DELETING";

// The catalog document (docs/formats/catalog.md) and back; nullopt: not such a document.
std::string write_state_machine(const StateMachine& machine);
std::optional<StateMachine> read_state_machine(std::string_view document);

class StateMachineCache {
 public:
  using Machine = std::shared_ptr<const StateMachine>;
  // Null when it is not here. `generation` is for keep().
  Machine find(std::string_view arn, uint64_t& generation) const;
  // Keeps what was read from the store, unless something has changed since `generation`.
  void keep(Machine machine, uint64_t generation);
  void forget(std::string_view catalog_key);
  void forget_all();

 private:
  static constexpr size_t kMachinesMax = 10'000;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Machine> machines_;
  uint64_t generation_ = 0;
};

}  // namespace engine::runtime
