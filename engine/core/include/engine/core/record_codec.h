// The bytes of a Record, for logs that store it (docs/formats/record.md). Decoding checks every length and
// never crashes; nothing for bytes that are no record, or of a version of the future. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <engine/core/record.h>

namespace engine::core {

std::string encode(const Record& record);
std::optional<Record> decode_record(std::string_view bytes);

// A StartExecution alone: Table::Express.
std::string encode(const StartExecution& start);
std::optional<StartExecution> decode_start_execution(std::string_view bytes);

}  // namespace engine::core
