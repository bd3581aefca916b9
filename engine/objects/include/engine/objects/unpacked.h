// Unpacks objects while they are read: GZIP and Zstandard by the key's ending, as the service reads text
// files (AWS "ItemReader (Map)"). For every implementation of ObjectStore. A reader is used by one thread at
// a time.
#pragma once

#include <memory>
#include <string_view>

#include <statelang/map_run/object_store.h>

namespace engine::objects {

// .gz: GZIP, several members included; .zst, .zstd: Zstandard frames; anything else: `packed` itself. Damaged
// or shortened data is an error of read().
std::unique_ptr<statelang::map_run::ObjectReader> unpacked(
    std::unique_ptr<statelang::map_run::ObjectReader> packed, std::string_view key);

}  // namespace engine::objects
