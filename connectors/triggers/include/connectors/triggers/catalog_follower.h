// CatalogFollower: notices when documents of the engine's catalog change, through whichever node of a
// cluster, so that every node acts on the same ones. It is told by the engine; what a lost message would have
// told is seen at the look at all of them every half minute. Thread rule: made and stopped by one thread;
// `look` runs on the strand.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <engine/ports/time.h>
#include <engine/runtime/engine.h>
#include <engine/runtime/event_feed.h>

namespace connectors::triggers {

inline constexpr int64_t kLookAtAllEveryMs = 30'000;

// What a node has in force of the catalog's documents of one kind.
class CatalogDocuments {
 public:
  virtual std::vector<std::string> names_in_force() const = 0;
  // Puts the stored text in force unless it is. `told`: somebody has changed this one, it was not only seen.
  virtual void take_stored(const std::string& name, const std::string& text, bool told) = 0;
  virtual void drop(const std::string& name) = 0;

 protected:
  ~CatalogDocuments() = default;
};

// Reads the stored document of this name, or of all names when it is empty, and lets `documents` act on what
// has changed. What cannot be read now is seen at the next look at all. Blocks; one call at a time.
void look_at_catalog(engine::Engine& engine, std::string_view prefix, const std::string& name,
                     CatalogDocuments& documents);

class CatalogFollower {
 public:
  // The name of a document without the prefix, or nothing: look at all of them.
  using Look = std::function<void(const std::string& name)>;
  // Feed, strand and clock must outlive the follower; it has the strand's alarm.
  CatalogFollower(engine::EventFeed& feed, engine::Strand& strand, const engine::Clock& clock,
                  std::string prefix, Look look);
  ~CatalogFollower();
  CatalogFollower(const CatalogFollower&) = delete;
  CatalogFollower& operator=(const CatalogFollower&) = delete;

  // Idempotent. What has been posted before may still run: stop the strand next.
  void stop();

 private:
  class Listener;
  void arm();

  engine::EventFeed& feed_;
  engine::Strand& strand_;
  const engine::Clock& clock_;
  const Look look_;
  std::shared_ptr<Listener> listener_;
};

}  // namespace connectors::triggers
