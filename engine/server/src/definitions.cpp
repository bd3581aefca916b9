#include "definitions.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

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
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    loaded.problems.push_back(file.string() + ": cannot be read");
    return;
  }
  const std::string name = file.stem().string();
  const std::string arn = engine.state_machine_arn(name);
  const auto existing = engine.describe_state_machine(arn);
  if (existing && existing->definition == text.str()) {
    ++loaded.unchanged;
    return;
  }
  const auto done = existing ? update(engine, arn, text.str()) : create(engine, name, text.str());
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
