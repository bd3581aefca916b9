// RemotePolls: lets a worker that polls one node have tasks of all of them. What this node has goes first;
// otherwise the poll waits here and, told to them, at the others; the first answer wins and what comes too
// late goes back to where it came from. Thread rule: any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include <engine/runtime/task_queues.h>

#include "node_messages.h"

namespace engine::runtime::cluster {

class RemotePolls {
 public:
  struct Post {
    std::function<void(const NodeMessage&)> to_all;
    std::function<void(uint32_t node, const NodeMessage&)> to;
  };
  RemotePolls(TaskQueues& queues, const Clock& clock, Post post)
      : queues_(queues), clock_(clock), post_(std::move(post)) {}

  // A worker's poll at this node.
  void poll(PollTasksRequest request, ApiCallback<std::vector<PolledTask>> done);

  // Ends those of the queue whose callers have gone, here and at the other nodes.
  void end_abandoned(const std::string& queue);

  // Messages of other nodes.
  void begun(uint32_t from, PollBegun begun);
  void ended(uint32_t from, const PollEnded& ended);
  void answered(uint32_t from, PollAnswered answered);
  void returned(const TasksReturned& returned);

  // Who has a task that came from another node.
  std::optional<TaskQueues::Delivery> delivery(const core::TaskId& id) const;

  static constexpr size_t kDeliveriesMax = 100'000;  // remembered; the oldest go first

 private:
  struct Waiting {
    PollTasksRequest request;
    std::shared_ptr<std::atomic<bool>> over;  // tells the own queues
    ApiCallback<std::vector<PolledTask>> done;
  };
  std::shared_ptr<Waiting> take(uint64_t poll);
  void own_answer(uint64_t poll, ApiResult<std::vector<PolledTask>> answer);
  void remember(const std::string& worker, const std::vector<PolledTask>& tasks);

  TaskQueues& queues_;
  const Clock& clock_;
  const Post post_;
  mutable std::mutex mutex_;
  uint64_t next_ = 1;
  std::unordered_map<uint64_t, std::shared_ptr<Waiting>> waiting_;
  struct Guest {
    std::string queue;
    std::shared_ptr<std::atomic<bool>> over;
  };
  std::map<std::pair<uint32_t, uint64_t>, Guest> guests_;  // polls of other nodes, by node and number
  std::unordered_map<core::TaskId, TaskQueues::Delivery, TaskIdHash> deliveries_;
  std::list<core::TaskId> delivered_order_;
};

}  // namespace engine::runtime::cluster
