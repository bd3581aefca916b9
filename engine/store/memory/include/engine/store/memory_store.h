// MemoryStore: the Store port in ordinary memory, for tests, the simulator and engines without a data
// directory. Nothing survives the process. commit() calls `done` before it returns. Any thread.
#pragma once

#include <memory>

#include <engine/ports/store.h>

namespace engine::store {

std::unique_ptr<Store> make_memory_store(uint16_t partition_count);

}  // namespace engine::store
