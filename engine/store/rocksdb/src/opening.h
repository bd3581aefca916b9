// Opens or creates the database of a data directory and checks that it is ours to use.
#pragma once

#include <engine/store/rocksdb_store.h>

#include "values.h"

namespace engine::store {

Expected<std::unique_ptr<Database>> open_database(const RocksDbSettings& settings);

}  // namespace engine::store
