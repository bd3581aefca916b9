// Names of keys in Redis and the forms of numbers (docs/formats/redis.md). All keys of a partition share a
// hash tag, so that a cluster keeps them together.
#pragma once

#include <cstdio>
#include <string>

#include <engine/core/storage.h>

#include "connection.h"

namespace engine::store::redis {

inline std::string partition_tag(const RedisSettings& settings, uint16_t partition) {
  return "{" + settings.name + ":" + std::to_string(partition) + "}:";
}
inline std::string position_key(const std::string& tag) {
  return tag + "m";
}
inline std::string values_key(const std::string& tag, Table table) {
  return tag + "v" + std::to_string(static_cast<int>(table));
}
inline std::string order_key(const std::string& tag, Table table) {
  return tag + "k" + std::to_string(static_cast<int>(table));
}
// What holds for the whole engine: partition count and schema.
inline std::string engine_key(const RedisSettings& settings) {
  return settings.name + ":engine";
}

// Twenty digits: compared as text, in Lua and here.
inline std::string fixed_width(uint64_t number) {
  char text[21];
  std::snprintf(text, sizeof text, "%020llu", static_cast<unsigned long long>(number));
  return text;
}

// Bounds as ZRANGEBYLEX takes them: begin <= key < end.
inline std::string lex_from(std::string_view begin) {
  return begin.empty() ? "-" : "[" + std::string(begin);
}
inline std::string lex_below(std::string_view end) {
  return end.empty() ? "+" : "(" + std::string(end);
}

// The stored position; zeros when there is none.
Expected<AppliedPosition> read_position(Connection& connection, const std::string& tag);

}  // namespace engine::store::redis
