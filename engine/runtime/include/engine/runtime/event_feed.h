// EventFeed: what happens to executions, for those who carry it out of the engine: sinks and logs
// (docs/adr/0010_event_feed.md). Each partition has a feed of its own; its entries are committed with what
// they tell and stay until every reader has advanced past them, so that a reader that comes back after a
// crash sees everything again that it had not advanced past: at least once. Order: as it happened, within a
// partition, and an execution stays in its partition.
//
// Thread rule: any thread. Callbacks run on a thread of the engine and must not block.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <engine/core/record.h>
#include <engine/runtime/engine.h>

namespace engine {

// One event, with what is stored about it.
struct FeedEvent {
  enum class Kind : uint8_t { Status, History };
  core::FeedPosition position;
  Kind kind = Kind::Status;
  statelang::EventId first_event = 0;  // of the step that made it; tells this change from a later one
  // Status: the execution as this change made it, although it may have gone on since. History: its names and
  // ARNs alone.
  Execution execution;
  int64_t time_ms = 0;                          // Status: when it changed
  int64_t redrive_ms = 0;                       // Status: the last redrive before it; 0: none
  std::vector<statelang::HistoryEvent> events;  // History: those of one step, without a gap
  bool logged = false;                          // History: its state machine's log wants it
  std::string state_machine_name;               // ... logged only
  core::LogSettings log;                        // ... logged only
};

struct FeedPage {
  std::vector<FeedEvent> events;
  core::FeedPosition next;  // read on from here; to advance to when all of `events` are done with
  bool more = false;        // there was more than `limit`
  size_t missing = 0;       // entries whose executions have been erased since
};

// Told after the commit, on the partition's strand; catalog_changed() on any thread.
class EventListener {
 public:
  virtual ~EventListener() = default;
  virtual void feed_grown(uint16_t /*partition*/) {}
  virtual void express_logged(const core::ExpressLogged&) {}
  virtual void execution_changed(const core::ExecutionChanged&) {}
  // A document of the catalog was put or erased, through this node or another one. Empty: any may have been.
  // May be missed when a node dies: who must know looks by itself now and then.
  virtual void catalog_changed(const std::string& /*key*/) {}
};

class EventFeed {
 public:
  virtual ~EventFeed() = default;

  virtual uint16_t partitions() const = 0;
  // False: another node has it now, and with it its readers. feed_grown() tells when it has come here.
  virtual bool runs_here(uint16_t) const { return true; }
  // Makes a reader that begins now, or changes what an old one wants (bits of core::UpdateFeedReader::Wants).
  virtual void put_reader(std::string name, uint8_t wants, ApiCallback<bool> done) = 0;
  virtual void erase_reader(std::string name, ApiCallback<bool> done) = 0;
  virtual ApiResult<core::FeedPosition> position(std::string_view reader, uint16_t partition) = 0;
  // Entries of the wanted kinds among the next `limit`.
  virtual ApiResult<FeedPage> read(uint16_t partition, uint8_t wants, core::FeedPosition from,
                                   size_t limit) = 0;
  virtual void advance(std::string reader, uint8_t wants, uint16_t partition, core::FeedPosition next,
                       ApiCallback<bool> done) = 0;
  // Held until it is removed. remove_listener() returns when no call is under way.
  virtual void add_listener(std::shared_ptr<EventListener> listener) = 0;
  virtual void remove_listener(const EventListener* listener) = 0;
};

}  // namespace engine
