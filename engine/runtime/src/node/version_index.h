// VersionIndex: the versions and aliases of one state machine, one catalog document (docs/formats/catalog.md)
// changed only if it is still what was read. What a version was is kept beside it, by its revision. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <engine/runtime/engine.h>

namespace engine::runtime {

inline constexpr size_t kVersionsMax = 1000;
inline constexpr size_t kAliasesMax = 100;

struct VersionIndex {
  struct Version {
    int64_t number = 0;
    std::string revision_id;
    std::string description;
    int64_t created_ms = 0;
  };
  struct Route {
    int64_t number = 0;
    int64_t weight = 0;  // percent
    bool operator==(const Route&) const = default;
  };
  struct Alias {
    std::string name;
    std::string description;
    std::vector<Route> routes;
    int64_t created_ms = 0;
    int64_t updated_ms = 0;
  };

  // When its state machine was created: the index of a deleted one of the same name is none of its own.
  int64_t machine_created_ms = 0;
  int64_t next_number = 1;        // never goes back: numbers are not used again
  std::vector<Version> versions;  // ascending
  std::vector<Alias> aliases;     // in the order of their creation

  const Version* version(int64_t number) const;
  const Version* version_of_revision(std::string_view revision_id) const;
  Alias* alias(std::string_view name);
  const Alias* alias(std::string_view name) const;
};

std::string write_version_index(const VersionIndex& index);
// nullopt: not such a document.
std::optional<VersionIndex> read_version_index(std::string_view document);

// The version an execution of this name gets: the same each time, by the weights over many names.
int64_t choose_version(const VersionIndex::Alias& alias, std::string_view execution_name);

// arn:...:stateMachine:NAME:QUALIFIER in its two parts; without a qualifier the second one is empty.
struct QualifiedArn {
  std::string machine_arn;
  std::string qualifier;
};
QualifiedArn split_qualifier(std::string_view arn);
// A qualifier of digits alone names a version; nullopt: it names an alias, or there is no such number.
std::optional<int64_t> version_number(std::string_view qualifier);

inline constexpr std::string_view kVersionIndexKeys = "state_machine_versions/";
inline constexpr std::string_view kRevisionKeys = "state_machine_revision/";
inline std::string version_index_key(std::string_view machine_arn) {
  return std::string(kVersionIndexKeys) + std::string(machine_arn);
}
inline std::string revision_keys_of(std::string_view machine_arn) {
  return std::string(kRevisionKeys) + std::string(machine_arn) + "/";
}

}  // namespace engine::runtime
