// Ids that are never given twice, from the system's random numbers.
#pragma once

#include <string>

namespace engine::runtime {

std::string random_uuid();                // RFC 9562, version 4
std::string random_secret(size_t bytes);  // raw bytes

}  // namespace engine::runtime
