// Simple case mapping of Unicode (one code point to one code point).
#pragma once

#include <cstdint>

namespace statelang::jsonata {

uint32_t upper_case(uint32_t code);
uint32_t lower_case(uint32_t code);

}  // namespace statelang::jsonata
