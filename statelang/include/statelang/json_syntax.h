// What is wrong with text that is no JSON, in the words AWS uses (those of its JSON reader, Jackson). Asked
// only after parse_json() has refused a text; pure, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace statelang {

struct JsonSyntaxError {
  std::string message;  // Unrecognized token 'not': was expecting (JSON String, Number, ...)
  std::string source;   // [Source: (String)"not json"; line: 1, column: 4]
  size_t offset = 0;    // the byte that could not be read; the text's size at an unexpected end
  size_t line = 1;      // of the reader when it gave up, which is often one character later
  size_t column = 1;    // in UTF-16 units
};

// The first mistake, or nothing for valid JSON. Costs one pass over the text.
std::optional<JsonSyntaxError> find_json_syntax_error(std::string_view text,
                                                      bool refuse_duplicate_keys = false);

}  // namespace statelang
