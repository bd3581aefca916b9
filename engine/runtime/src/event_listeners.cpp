#include <algorithm>
#include <mutex>

#include <engine/runtime/event_listeners.h>

namespace engine::runtime {

void EventListeners::add(std::shared_ptr<EventListener> listener) {
  std::unique_lock lock(mutex_);
  listeners_.push_back(std::move(listener));
  any_ = true;
}

void EventListeners::remove(const EventListener* listener) {
  std::unique_lock lock(mutex_);
  listeners_.erase(std::remove_if(listeners_.begin(), listeners_.end(),
                                  [&](const auto& held) { return held.get() == listener; }),
                   listeners_.end());
  any_ = !listeners_.empty();
}

void EventListeners::tell(PartitionId partition, const std::vector<core::Action>& actions) const {
  if (!any_) return;
  std::shared_lock lock(mutex_);
  bool grown = false;
  for (const core::Action& action : actions) {
    grown = grown || std::holds_alternative<core::FeedGrown>(action);
    for (const auto& listener : listeners_) {
      if (const auto* logged = std::get_if<core::ExpressLogged>(&action)) listener->express_logged(*logged);
      if (const auto* changed = std::get_if<core::ExecutionChanged>(&action))
        listener->execution_changed(*changed);
      if (const auto* entry = std::get_if<core::CatalogChanged>(&action))
        listener->catalog_changed(entry->key);
    }
  }
  if (!grown) return;
  for (const auto& listener : listeners_) listener->feed_grown(static_cast<uint16_t>(partition));
}

}  // namespace engine::runtime
