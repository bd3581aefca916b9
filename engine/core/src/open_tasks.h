// Open tasks, read back from the store.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <engine/core/action.h>
#include <engine/core/storage.h>

namespace engine::core {

// Appends a DispatchTask for each; `act`, if there is one, is called after each page of them.
Expected<void> recover_tasks(uint16_t partition, const StoreReader& store, std::vector<Action>& actions,
                             const std::function<void()>& act);

}  // namespace engine::core
