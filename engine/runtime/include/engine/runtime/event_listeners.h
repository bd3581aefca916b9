// EventListeners: those who are told of what was committed (EventListener of event_feed.h). The engine of a
// process has one; each partition calls tell() after its commits, from its strand. Thread rule: any thread;
// remove() must not be called by a listener that is being told.
#pragma once

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <vector>

#include <engine/core/storage.h>
#include <engine/runtime/event_feed.h>

namespace engine::runtime {

class EventListeners {
 public:
  void add(std::shared_ptr<EventListener> listener);
  void remove(const EventListener* listener);  // returns when no call to it is under way
  void tell(PartitionId partition, const std::vector<core::Action>& actions) const;

 private:
  mutable std::shared_mutex mutex_;
  std::vector<std::shared_ptr<EventListener>> listeners_;
  std::atomic<bool> any_{false};  // nobody listens: no lock
};

}  // namespace engine::runtime
