// Triggers: the connectors that start executions, put together: webhooks, schedules and Kafka topics, their
// registry and routes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <engine/api/http/router.h>
#include <engine/runtime/engine.h>
#include <engine/runtime/event_feed.h>

namespace engine::server {

class Triggers {
 public:
  explicit Triggers(Engine& engine);
  ~Triggers();

  // Starts what is stored and what the folder holds (empty: none); gives one line for each that cannot run.
  std::vector<std::string> load(const std::string& folder);
  // What other nodes of the cluster put and erase from now on; the feed is the engine's.
  void follow(EventFeed& feed);
  void add_routes(http::Router& router);
  void append_metrics(std::string& text) const;
  void stop();  // nothing fires any more when it returns

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace engine::server
