// Reading JSON text without building a document: members and items as slices of the text. For answers of the
// engine, whose inputs are handed to handlers as they are.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stepstream_worker {

// Walks the members of an object / the items of an array. False when the text is not one; the visits made
// until then stay made. Keys are given as they stand (the engine's member names have no escapes).
bool for_each_member(std::string_view object,
                     const std::function<void(std::string_view key, std::string_view value)>& visit);
bool for_each_item(std::string_view array, const std::function<void(std::string_view item)>& visit);

// A JSON string's characters; nothing for another kind of value.
std::optional<std::string> unquoted(std::string_view value);
int64_t integer_or(std::string_view value, int64_t otherwise);
void append_quoted(std::string& out, std::string_view text);

}  // namespace stepstream_worker
