// JSON pointers (RFC 6901): how findings name places in definitions, triggers and request bodies.
#pragma once

#include <string>
#include <string_view>

namespace statelang {

// One reference token: '~' as "~0", '/' as "~1"; without the '/' in front of it.
std::string pointer_token(std::string_view name);

}  // namespace statelang
