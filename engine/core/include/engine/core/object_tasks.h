// What a Distributed Map reads and writes is done outside of apply(), as a task of the engine's own: it is
// open until it is answered, comes again after a restart, and may be done twice. These are its queue names
// and what core and the performer (engine/integrations) say to each other. Inline: the performer links no
// core. Nothing is given for JSON that says something else. Pure functions; any thread.
#pragma once

#include <optional>
#include <string_view>

#include <statelang/interpreter/step.h>
#include <statelang/payload.h>

namespace engine::core {

inline constexpr std::string_view kReadItemsQueue = "objects:read";
inline constexpr std::string_view kWriteResultsQueue = "objects:write";

inline statelang::Payload input_of(const statelang::ReadItems& read) {
  return statelang::Payload::from_value(
      statelang::Value::object({{"Resource", read.resource},
                                {"Arguments", read.arguments},
                                {"Config", read.config},
                                {"MaxItems", read.items_max},
                                {"Skip", static_cast<int64_t>(read.skip)},
                                {"Count", static_cast<int64_t>(read.count)},
                                {"Bytes", static_cast<int64_t>(read.bytes)}}));
}

inline std::optional<statelang::ReadItems> read_items_of(const statelang::Value& input) {
  const statelang::Value* resource = input.find("Resource");
  const statelang::Value* arguments = input.find("Arguments");
  const statelang::Value* config = input.find("Config");
  const auto number = [&](std::string_view name) -> int64_t {
    const statelang::Value* value = input.find(name);
    return value && value->is_integer() ? value->as_integer() : 0;
  };
  if (!resource || !resource->is_string() || !arguments || !config) return std::nullopt;
  statelang::ReadItems read;
  read.resource = resource->as_string();
  read.arguments = *arguments;
  read.config = *config;
  read.items_max = number("MaxItems");
  read.skip = static_cast<uint64_t>(number("Skip"));
  read.count = static_cast<uint32_t>(number("Count"));
  read.bytes = static_cast<size_t>(number("Bytes"));
  return read;
}

inline statelang::Payload input_of(const statelang::WriteResults& write) {
  statelang::Array files;
  for (const auto& file : write.files) {
    files.push_back(statelang::Value::object({{"Key", file.key}, {"Bytes", file.bytes}}));
  }
  return statelang::Payload::from_value(
      statelang::Value::object({{"Bucket", write.bucket}, {"Files", statelang::Value(std::move(files))}}));
}

}  // namespace engine::core
