// SinkRegistry: every sink there is. Documents live in the engine's catalog under "sink/<name>"; the registry
// reads them at start, takes changes from files, from the API and, in a cluster, from other nodes, and runs
// the delivery of each for the partitions of this node. Thread rule: any thread. Callbacks run on a thread of
// the engine or of the registry, or on the caller's for invalid documents.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <connectors/sinks/sink.h>
#include <connectors/triggers/catalog_follower.h>
#include <connectors/triggers/thread_strand.h>
#include <engine/api/http/router.h>
#include <engine/runtime/event_feed.h>

namespace connectors::sinks {

class Delivery;
inline constexpr size_t kSinksMax = 100;  // each has a thread

class SinkRegistry final : private triggers::CatalogDocuments {
 public:
  // Everything must outlive the registry.
  SinkRegistry(engine::Engine& engine, engine::EventFeed& feed, const engine::Clock& clock, Outside& outside);
  ~SinkRegistry();

  // Starts what is stored. One that no longer passes its checks is skipped and described in `problems`, one
  // sentence each. Call once, before anything else.
  void load(std::vector<std::string>& problems);
  // Puts every *.json of a folder (its name without the suffix is the sink's); blocks until all are stored.
  void load_directory(const std::string& folder, std::vector<std::string>& problems);

  // From now on what other nodes put and erase is in force here, too. Once, after load().
  void follow();

  // Creates or replaces. ApiErrorCode::ValidationFailed carries every finding, QuotaExceeded: kSinksMax. The
  // result is the document as describe() gives it.
  void put(const std::string& name, const std::string& json, engine::ApiCallback<std::string> done);
  void erase(const std::string& name, engine::ApiCallback<bool> done);
  // JSON: the document with its figures; ResourceDoesNotExist.
  engine::ApiResult<std::string> describe(const std::string& name) const;
  std::string list() const;  // {"items": [...]}, by name
  void append_metrics(std::string& text) const;
  // Idempotent; nothing is delivered any more when it returns.
  void stop();

 private:
  struct Installed {
    SinkPtr sink;
    std::shared_ptr<Delivery> delivery;  // null: not enabled
  };
  Installed find(const std::string& name) const;
  statelang::Expected<Sink, std::string> read_stored(const std::string& name, const std::string& text) const;
  void arrange_reader(const SinkPtr& sink, engine::ApiCallback<bool> done);
  void store(SinkPtr sink, engine::ApiCallback<std::string> done);
  void look(const std::string& name);
  std::vector<std::string> names_in_force() const override;
  void take_stored(const std::string& name, const std::string& text, bool told) override;
  void confirm(const SinkPtr& sink, const std::string& text);
  void drop(const std::string& name) override;
  void forget(const std::string& name);
  void install(SinkPtr sink);
  void remove(const std::string& name);
  static std::string described(const Installed& installed);

  engine::Engine& engine_;
  engine::EventFeed& feed_;
  const engine::Clock& clock_;
  Outside& outside_;
  mutable std::mutex mutex_;
  std::map<std::string, Installed> sinks_;
  bool stopped_ = false;
  std::unique_ptr<triggers::CatalogFollower> follower_;
  triggers::ThreadStrand strand_;  // deliveries are made and stopped here: stopping may take a moment
};

// GET /v1/sinks; GET, PUT, DELETE /v1/sinks/{sink}. The registry must outlive the router.
void add_routes(engine::http::Router& router, SinkRegistry& registry);

}  // namespace connectors::sinks
