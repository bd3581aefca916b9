// JSON pointers (RFC 6901): how findings name places in definitions, triggers and request bodies. Pure.
#pragma once

#include <string>
#include <string_view>

namespace statelang {

// One reference token: '~' as "~0", '/' as "~1"; without the '/' in front of it.
std::string pointer_token(std::string_view name);
// The name that a token stands for. A '~' that begins no escape stays.
std::string pointer_name(std::string_view token);

}  // namespace statelang
