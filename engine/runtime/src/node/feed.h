// NodeFeed: the feeds of an NodeEngine's partitions.
#pragma once

#include <engine/ports/store.h>
#include <engine/runtime/event_feed.h>
#include <engine/runtime/event_listeners.h>

namespace engine::runtime {

class NodeFeed : public EventFeed {
 public:
  // Applies a record of the partition's own and says how that ended.
  using Submit = std::function<void(PartitionId, core::RecordBody, ApiCallback<bool>)>;
  using RunsHere = std::function<bool(PartitionId)>;
  NodeFeed(const Store& store, EventListeners& listeners, Submit submit, RunsHere runs_here)
      : store_(store), listeners_(listeners), submit_(std::move(submit)), runs_here_(std::move(runs_here)) {}

  uint16_t partitions() const override { return store_.partition_count(); }
  bool runs_here(uint16_t partition) const override {
    return runs_here_(static_cast<PartitionId>(partition));
  }
  void put_reader(std::string name, uint8_t wants, ApiCallback<bool> done) override;
  void erase_reader(std::string name, ApiCallback<bool> done) override;
  ApiResult<core::FeedPosition> position(std::string_view reader, uint16_t partition) override;
  ApiResult<FeedPage> read(uint16_t partition, uint8_t wants, core::FeedPosition from, size_t limit) override;
  void advance(std::string reader, uint8_t wants, uint16_t partition, core::FeedPosition next,
               ApiCallback<bool> done) override;
  void add_listener(std::shared_ptr<EventListener> listener) override { listeners_.add(std::move(listener)); }
  void remove_listener(const EventListener* listener) override { listeners_.remove(listener); }

 private:
  void in_every_partition(const core::UpdateFeedReader& record, ApiCallback<bool> done);

  const Store& store_;
  EventListeners& listeners_;
  const Submit submit_;
  const RunsHere runs_here_;
};

}  // namespace engine::runtime
