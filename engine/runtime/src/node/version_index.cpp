#include "version_index.h"

#include <algorithm>
#include <charconv>

#include <statelang/value.h>

namespace engine::runtime {

using statelang::Value;

namespace {

std::string text(const Value& object, std::string_view key) {
  const Value* found = object.find(key);
  return found && found->is_string() ? std::string(found->as_string()) : std::string();
}

int64_t number(const Value& object, std::string_view key) {
  const Value* found = object.find(key);
  return found && found->is_integer() ? found->as_integer() : 0;
}

Value to_value(const VersionIndex::Alias& alias) {
  Value routes = Value::array();
  for (const VersionIndex::Route& route : alias.routes) {
    routes.push_back(Value::object({{"number", route.number}, {"weight", route.weight}}));
  }
  return Value::object({{"name", alias.name},
                        {"description", alias.description},
                        {"routes", std::move(routes)},
                        {"created_ms", alias.created_ms},
                        {"updated_ms", alias.updated_ms}});
}

VersionIndex::Alias read_alias(const Value& value) {
  VersionIndex::Alias alias{text(value, "name"),
                            text(value, "description"),
                            {},
                            number(value, "created_ms"),
                            number(value, "updated_ms")};
  if (const Value* routes = value.find("routes"); routes && routes->is_array()) {
    for (const Value& route : routes->as_array()) {
      alias.routes.push_back({number(route, "number"), number(route, "weight")});
    }
  }
  return alias;
}

}  // namespace

const VersionIndex::Version* VersionIndex::version(int64_t wanted) const {
  for (const Version& v : versions) {
    if (v.number == wanted) return &v;
  }
  return nullptr;
}

const VersionIndex::Version* VersionIndex::version_of_revision(std::string_view revision_id) const {
  for (const Version& v : versions) {
    if (v.revision_id == revision_id) return &v;
  }
  return nullptr;
}

VersionIndex::Alias* VersionIndex::alias(std::string_view name) {
  for (Alias& a : aliases) {
    if (a.name == name) return &a;
  }
  return nullptr;
}

const VersionIndex::Alias* VersionIndex::alias(std::string_view name) const {
  return const_cast<VersionIndex*>(this)->alias(name);
}

std::string write_version_index(const VersionIndex& index) {
  Value versions = Value::array();
  for (const VersionIndex::Version& v : index.versions) {
    versions.push_back(Value::object({{"number", v.number},
                                      {"revision_id", v.revision_id},
                                      {"description", v.description},
                                      {"created_ms", v.created_ms}}));
  }
  Value aliases = Value::array();
  for (const VersionIndex::Alias& a : index.aliases) aliases.push_back(to_value(a));
  return statelang::to_json(Value::object({{"machine_created_ms", index.machine_created_ms},
                                           {"next_number", index.next_number},
                                           {"versions", std::move(versions)},
                                           {"aliases", std::move(aliases)}}));
}

std::optional<VersionIndex> read_version_index(std::string_view document) {
  const auto parsed = statelang::parse_json(document);
  if (!parsed || !parsed->is_object() || number(*parsed, "next_number") < 1) return std::nullopt;
  VersionIndex index;
  index.machine_created_ms = number(*parsed, "machine_created_ms");
  index.next_number = number(*parsed, "next_number");
  if (const Value* versions = parsed->find("versions"); versions && versions->is_array()) {
    for (const Value& v : versions->as_array()) {
      index.versions.push_back(
          {number(v, "number"), text(v, "revision_id"), text(v, "description"), number(v, "created_ms")});
    }
  }
  if (const Value* aliases = parsed->find("aliases"); aliases && aliases->is_array()) {
    for (const Value& a : aliases->as_array()) index.aliases.push_back(read_alias(a));
  }
  return index;
}

int64_t choose_version(const VersionIndex::Alias& alias, std::string_view execution_name) {
  // FNV-1a: a start that is sent again must come to the same version after a restart, too.
  uint64_t hash = 0xCBF29CE484222325u;
  for (char c : execution_name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  hash ^= hash >> 32;
  auto point = static_cast<int64_t>(hash % 100);
  for (const VersionIndex::Route& route : alias.routes) {
    if (point < route.weight) return route.number;
    point -= route.weight;
  }
  return alias.routes.empty() ? 0 : alias.routes.back().number;
}

QualifiedArn split_qualifier(std::string_view arn) {
  size_t colon = std::string_view::npos;
  size_t at = 0;
  for (int i = 0; i < 7; ++i) {  // arn:aws:states:REGION:ACCOUNT:stateMachine:NAME:QUALIFIER
    colon = arn.find(':', at);
    if (colon == std::string_view::npos) return {std::string(arn), {}};
    at = colon + 1;
  }
  return {std::string(arn.substr(0, colon)), std::string(arn.substr(at))};
}

std::optional<int64_t> version_number(std::string_view qualifier) {
  int64_t value = 0;
  const char* end = qualifier.data() + qualifier.size();
  const auto read = std::from_chars(qualifier.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || value < 1 || qualifier[0] == '0') return std::nullopt;
  return value;
}

}  // namespace engine::runtime
