// The items in a file that an ItemReader names: JSON, JSON Lines and CSV. Pure: whoever reads the bytes calls
// this and hands the items to step() as ItemsRead. May be used from any thread. Source: AWS "ItemReader
// (Map)"; failure texts are AWS's own where known.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/value.h>

namespace statelang::map_run {

// `config` is ReaderConfig: InputType (JSON, JSONL, CSV), CSVHeaderLocation, CSVHeaders, CSVDelimiter,
// ItemsPointer. At most `items_max` items are parsed (0: all). An object's members become {"Key", "Value"}.
// Failures: States.ItemReaderFailed.
Expected<Array, Failure> parse_items(std::string_view bytes, const Value& config, int64_t items_max);

}  // namespace statelang::map_run
