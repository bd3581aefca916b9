// Puts the definitions of a folder in force: NAME.json is the state machine NAME. What is there already with
// the same definition stays as it is, so that a restart makes no new revisions.
#pragma once

#include <string>
#include <vector>

#include <engine/runtime/engine.h>

namespace engine::server {

struct DefinitionsLoaded {
  size_t created = 0, updated = 0, unchanged = 0;
  std::vector<std::string> problems;  // one line each: file, where, what
};
// Blocks until all are stored.
DefinitionsLoaded load_definitions(Engine& engine, const std::string& folder);

}  // namespace engine::server
