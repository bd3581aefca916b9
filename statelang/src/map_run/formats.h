// The formats of one file: each makes an ItemSource of a text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/map_run/item_source.h>

#include "text_input.h"

namespace statelang::map_run {

// A member of ReaderConfig that is a text.
std::string text_of(const Value& config, std::string_view name, std::string_view otherwise);

std::unique_ptr<ItemSource> json_items(std::unique_ptr<TextInput> text, std::string pointer);
std::unique_ptr<ItemSource> json_line_items(std::unique_ptr<TextInput> text);
// CSVDelimiter, CSVHeaderLocation and CSVHeaders of `config`.
Expected<std::unique_ptr<ItemSource>, Failure> csv_items(std::unique_ptr<TextInput> text,
                                                         const Value& config);
// `headers` are given; the file begins with its first record.
std::unique_ptr<ItemSource> csv_items(std::unique_ptr<TextInput> text, char delimiter,
                                      std::vector<std::string> headers);

// One file by InputType (JSON, JSONL, CSV).
Expected<std::unique_ptr<ItemSource>, Failure> file_items(std::unique_ptr<TextInput> text,
                                                          const Value& config);

}  // namespace statelang::map_run
