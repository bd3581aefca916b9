// TriggerRegistry: every trigger there is. Documents live in the engine's catalog under "trigger/<name>"; the
// registry reads them at start, takes changes from files, from the API and, in a cluster, from other nodes,
// and hands each to its kind. Thread rule: any thread. Callbacks run on a thread of the engine, or on the
// caller's for invalid documents.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <connectors/triggers/catalog_follower.h>
#include <connectors/triggers/execution_starter.h>
#include <connectors/triggers/thread_strand.h>
#include <connectors/triggers/trigger.h>

namespace connectors::triggers {

class TriggerRegistry final : private CatalogDocuments {
 public:
  // Everything must outlive the registry.
  TriggerRegistry(engine::Engine& engine, const engine::Clock& clock, ExecutionStarter& starter,
                  std::vector<TriggerKind*> kinds);
  ~TriggerRegistry();

  // Reads the catalog and starts what is there. A document that no longer passes its checks is skipped and
  // described in `problems`, one sentence each. Call once, before anything else.
  engine::ApiResult<size_t> load(std::vector<std::string>& problems);
  // Puts every *.json of a folder (its name without the suffix is the trigger's); a file that says what is
  // stored already changes nothing. Blocks until all are stored; problems as above, with the file's name.
  size_t load_directory(const std::string& folder, std::vector<std::string>& problems);
  // From now on what other nodes put and erase is in force here, too; until stop(). Once, after load().
  void follow(engine::EventFeed& feed);
  void stop();  // idempotent; nothing is followed any more when it returns
  // Reads the stored document of this name, or of all names when it is empty, and acts on what has changed.
  // Blocks for the reading; one call at a time.
  void look(const std::string& name);

  // Creates or replaces. ApiErrorCode::ValidationFailed carries every finding. The result is the document as
  // describe() gives it.
  void put(const std::string& name, const std::string& json, engine::ApiCallback<std::string> done);
  void erase(const std::string& name, engine::ApiCallback<bool> done);
  // JSON: the document with its figures; TriggerDoesNotExist.
  engine::ApiResult<std::string> describe(const std::string& name) const;
  std::string list() const;  // {"items": [...]}, by name

 private:
  TriggerKind* kind_of(const Trigger& trigger) const;
  TriggerPtr find(const std::string& name) const;
  void install(TriggerPtr trigger);
  // The document as stored; a text: why it cannot be in force.
  statelang::Expected<Trigger, std::string> read_stored(const std::string& name,
                                                        const std::string& text) const;
  std::vector<std::string> names_in_force() const override;
  void take_stored(const std::string& name, const std::string& text, bool told) override;
  void drop(const std::string& name) override;
  void look_soon(const std::string& name);
  std::string described(const Trigger& trigger) const;

  engine::Engine& engine_;
  const engine::Clock& clock_;
  ExecutionStarter& starter_;
  std::vector<TriggerKind*> kinds_;
  mutable std::mutex mutex_;
  std::map<std::string, TriggerPtr> triggers_;
  // Following only.
  std::unique_ptr<ThreadStrand> strand_;
  std::unique_ptr<CatalogFollower> follower_;
};

}  // namespace connectors::triggers
