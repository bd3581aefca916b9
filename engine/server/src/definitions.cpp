#include "definitions.h"

#include <algorithm>
#include <filesystem>
#include <future>

#include <engine/server/read_file.h>
#include <statelang/value.h>

namespace engine::server {
namespace {

namespace fs = std::filesystem;

ApiResult<StateMachine> create(Engine& engine, const std::string& name, std::string definition) {
  std::promise<ApiResult<StateMachine>> done;
  CreateStateMachineRequest request;
  request.name = name;
  request.definition = std::move(definition);
  engine.create_state_machine(
      std::move(request), [&done](ApiResult<StateMachine> machine) { done.set_value(std::move(machine)); });
  return done.get_future().get();
}

ApiResult<StateMachine> update(Engine& engine, const std::string& arn, std::string definition) {
  std::promise<ApiResult<StateMachine>> done;
  UpdateStateMachineRequest request;
  request.arn = arn;
  request.definition = std::move(definition);
  engine.update_state_machine(
      std::move(request), [&done](ApiResult<StateMachine> machine) { done.set_value(std::move(machine)); });
  return done.get_future().get();
}

void describe(const fs::path& file, const ApiError& error, std::vector<std::string>& problems) {
  if (error.diagnostics.empty()) problems.push_back(file.string() + ": " + error.message);
  for (const auto& diagnostic : error.diagnostics) {
    std::string line = file.string() + ": " + diagnostic.location + ": " + diagnostic.message;
    if (!diagnostic.hint.empty()) line += " (" + diagnostic.hint + ")";
    problems.push_back(std::move(line));
  }
}

void load_file(Engine& engine, const fs::path& file, DefinitionsLoaded& loaded) {
  const auto text = read_file(file.string());
  if (!text) return loaded.problems.push_back(text.error().message);
  // Line and column alone: the service's words for this repeat the whole text.
  if (const auto parsed = statelang::parse_json(*text); !parsed)
    return loaded.problems.push_back(file.string() + ": " + parsed.error().message);
  const std::string name = file.stem().string();
  const std::string arn = engine.state_machine_arn(name);
  const auto existing = engine.describe_state_machine(arn);
  if (existing && existing->definition == *text) {
    ++loaded.unchanged;
    return;
  }
  const auto done = existing ? update(engine, arn, *text) : create(engine, name, *text);
  if (!done) return describe(file, done.error(), loaded.problems);
  ++(existing ? loaded.updated : loaded.created);
}

}  // namespace

DefinitionsLoaded load_definitions(Engine& engine, const std::string& folder) {
  DefinitionsLoaded loaded;
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (error) loaded.problems.push_back(folder + ": " + error.message());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) load_file(engine, file, loaded);
  return loaded;
}

}  // namespace engine::server
