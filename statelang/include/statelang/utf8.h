// Texts as bytes of UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). May be
// called from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace statelang {

// Bytes of the character that `text` begins with; 0: there is none that is well formed.
size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// Broken bytes become U+FFFD, as Java decodes UTF-8: a Value holds text, not bytes.
std::string repaired_utf8(std::string_view text);

// Below, at or above 0: the order of UTF-16 units, as Java and JavaScript compare texts.
int compare_code_units(std::string_view a, std::string_view b);

// Characters as Java counts them: UTF-16 units.
size_t utf16_units(std::string_view text);

}  // namespace statelang
