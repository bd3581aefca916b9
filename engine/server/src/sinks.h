// Sinks: events that leave the server, put together: the registry, its routes, and the HTTP requests and
// secrets of engine/integrations under its rules.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <engine/api/http/router.h>
#include <engine/integrations/outbound.h>
#include <engine/runtime/engine.h>

namespace engine::server {

class Sinks {
 public:
  // The engine has an event feed.
  Sinks(Engine& engine, integrations::OutboundSettings settings);
  ~Sinks();

  // Starts what is stored and what the folder holds (empty: none); gives one line for each that cannot run.
  std::vector<std::string> load(const std::string& folder);
  // What other nodes of the cluster put and erase from now on.
  void follow();
  void add_routes(http::Router& router);
  void append_metrics(std::string& text) const;
  void stop();  // nothing is delivered any more when it returns

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace engine::server
