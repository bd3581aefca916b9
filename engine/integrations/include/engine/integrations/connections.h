// Connections: the store of documents that say how HTTP tasks prove who is calling
// (docs/formats/connection.md). They lie in the engine's catalog; secrets stand in them by reference only, so
// that they may be shown. Thread rule: any thread; callbacks as the Engine's.
#pragma once

#include <string>
#include <string_view>

#include <engine/api/http/router.h>
#include <engine/runtime/engine.h>

namespace engine::integrations {

struct ConnectionSettings {
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::string secrets;  // folder of files that {"file": NAME} may name; empty: none
};

class Connections {
 public:
  Connections(Engine& engine, ConnectionSettings settings)
      : engine_(engine), settings_(std::move(settings)) {}

  const ConnectionSettings& settings() const { return settings_; }

  // Creates or replaces it; gives it as describe() does. ValidationFailed carries every finding.
  void put(const std::string& name, const std::string& json, ApiCallback<std::string> done);
  // Its JSON; nothing: there is none of that name.
  ApiResult<std::optional<std::string>> describe(const std::string& name);
  ApiResult<std::string> list();  // {"items": [...]}, by name
  // False: there was none.
  void erase(const std::string& name, ApiCallback<bool> done);

 private:
  std::string shown(const std::string& name, const std::string& stored) const;

  Engine& engine_;
  const ConnectionSettings settings_;
};

// GET /v1/connections; GET, PUT, DELETE /v1/connections/{connection}.
void add_connection_routes(http::Router& router, Connections& connections);

}  // namespace engine::integrations
