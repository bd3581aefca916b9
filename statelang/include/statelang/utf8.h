// Texts as bytes of UTF-8. May be called from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace statelang {

// Broken bytes become U+FFFD, as Java decodes UTF-8: a Value holds text, not bytes.
std::string repaired_utf8(std::string_view text);

// Characters as Java counts them: UTF-16 units.
size_t utf16_units(std::string_view text);

}  // namespace statelang
