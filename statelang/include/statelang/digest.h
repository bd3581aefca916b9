// Message digests as lower-case hexadecimal text. Pure.
#pragma once

#include <string>
#include <string_view>

namespace statelang {

// `algorithm` is MD5, SHA-1, SHA-256, SHA-384 or SHA-512, written exactly so; any other name gives "".
std::string digest_hex(std::string_view algorithm, std::string_view data);

}  // namespace statelang
