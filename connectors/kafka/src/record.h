// Records and the events made of them. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <statelang/expected.h>
#include <statelang/value.h>

#include "settings.h"

namespace connectors::kafka {

struct Record {
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;

  size_t size_bytes() const;
};

// {"offset", "timestamp_ms", "key", "value", "headers"}; a header that comes more than once is an array.
// The error says what cannot be decoded.
statelang::Expected<statelang::Value, std::string> decode(const Settings& settings, const Record& record);

// {"trigger", "topic", "partition", ...members of the record}
statelang::Value record_event(const std::string& trigger, const std::string& topic, int32_t partition,
                              const statelang::Value& decoded);
// {"trigger", "topic", "partition", "records": [...]}
statelang::Value batch_event(const std::string& trigger, const std::string& topic, int32_t partition,
                             std::vector<statelang::Value> decoded);

// The same for the same record, at most 80 characters: <trigger>-<topic>-<partition>-<offset>; instead of a
// topic too long for that, t and eight hex digits of its SHA-256.
std::string execution_name(const std::string& trigger, const std::string& topic, int32_t partition,
                           int64_t offset);

}  // namespace connectors::kafka
