// What stands in a file that a setting names: definitions, keys, TLS certificates. Blocks.
#pragma once

#include <string>

#include <engine/core/error.h>

namespace engine::server {

// The whole of it. Permanent: "FILE cannot be read: why". Any thread.
Expected<std::string> read_file(const std::string& path);

}  // namespace engine::server
