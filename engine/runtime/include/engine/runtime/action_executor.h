// ActionExecutor: performs what durable batches asked for: answers callers, hands tasks to the queues, wakes
// those who wait. Every action is idempotent by its id, so that doing it again after a crash is harmless.
// Thread rule: as World; one executor serves all partitions of a process.
#pragma once

#include <functional>

#include <engine/runtime/event_listeners.h>
#include <engine/runtime/execution_watchers.h>
#include <engine/runtime/partition_loop.h>
#include <engine/runtime/reply_registry.h>
#include <engine/runtime/task_queues.h>

namespace engine::runtime {

class ActionExecutor : public World {
 public:
  ActionExecutor(ReplyRegistry& replies, TaskQueues& queues, ExecutionWatchers& watchers)
      : replies_(replies), queues_(queues), watchers_(watchers) {}

  void perform(PartitionId partition, std::vector<core::Action> actions) override;
  void refuse(PartitionId partition, uint64_t request, const Error& why) override;
  void restarted(PartitionId partition) override {
    queues_.restarted(partition);
    replies_.restarted(partition);
  }
  void halted(PartitionId, const Error&) override {}

  // Called for a changed catalog entry.
  std::function<void(const std::string& key)> catalog_changed;
  // Told of every batch, before the callers are answered.
  EventListeners listeners;

 private:
  ReplyRegistry& replies_;
  TaskQueues& queues_;
  ExecutionWatchers& watchers_;
};

}  // namespace engine::runtime
