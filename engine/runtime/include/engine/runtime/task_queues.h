// TaskQueues: open tasks and the workers that wait for them, for all partitions of this process. A task comes
// in by offer() after its commit, goes straight to a waiting long poll if there is one, and is remembered
// until its attempt is over. Nothing here is durable: after a restart every open task is offered again.
//
// What tasks bring along (input, ARNs) is kept in memory up to a bound. Of those beyond it only what tells
// them apart is: the rest is fetched from the store when a worker is there for them.
//
// Delivery is at least once: a leased task whose worker neither reports nor renews in time is given to
// another one, as the same attempt; the first result wins (Partition::apply decides). Thread rule: any
// thread; callbacks run on the caller's thread or on the strand, never under the lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <engine/core/storage.h>
#include <engine/ports/time.h>
#include <engine/runtime/alarm.h>
#include <engine/runtime/engine.h>

namespace engine::runtime {

struct TaskIdHash {
  size_t operator()(const core::TaskId& id) const;
};

struct TaskQueueSettings {
  int64_t lease_ms = kTaskLeaseMs;
  // A task that runs longer than this gets its Started event at once; otherwise the event is written together
  // with the result, which saves a commit.
  int64_t started_after_ms = 1'000;
  size_t polls_max = 10'000;      // waiting; above: Throttled
  size_t poll_tasks_max = 1'000;  // given to one poll
  size_t tasks_max = 1'000'000;   // above: no_room(), new executions are refused
  // Of what tasks bring along, all together; one fetch for the polls of a queue.
  size_t contents_bytes_max = 64u << 20;
  size_t fetch_bytes_max = 16u << 20;
};

class TaskQueues {
 public:
  // Appends a TaskStarted record. `answered` may be null; otherwise it is called with what apply() said.
  using ReportStarted = std::function<void(const core::TaskId&, std::string worker, int64_t started_ms,
                                           std::function<void(ApiResult<core::ReplyCode>)> answered)>;
  using MakeToken = std::function<std::string(const core::TaskId&)>;
  // Reads open tasks from the store, one answer for each, in order; nothing: its attempt is over. Answers
  // from any thread, also at once. Null: everything stays in memory.
  using Fetched = ApiResult<std::vector<std::optional<core::DispatchTask>>>;
  using FetchTasks = std::function<void(std::vector<core::TaskId>, std::function<void(Fetched)>)>;

  TaskQueues(TaskQueueSettings settings, Strand& strand, const Clock& clock, MakeToken make_token,
             ReportStarted report_started, FetchTasks fetch_tasks = nullptr);

  // New tasks of one batch. One that is known already is left as it is.
  void offer(std::vector<core::DispatchTask> tasks);
  // The attempt is over (cancelled, timed out, its result was accepted or refused).
  void withdraw(const core::TaskId& id, bool cancelled = false);
  // The partition starts over from the store: its Express executions are gone, and their tasks with them.
  void restarted(PartitionId partition);
  // Forgets all tasks of a partition: it is another node's from now on. What workers hold stays theirs.
  void drop(uint16_t partition);
  // Answers the polls of the queue whose callers have gone, empty.
  void end_abandoned(const std::string& queue);
  // A poll's caller had gone: the task is given to the next one, as if it had not been given away.
  void take_back(const core::TaskId& id);
  // Gives it the waiting tasks that are its own, and from now on every new one. At most once.
  void set_performer(std::shared_ptr<TaskPerformer> performer);
  std::shared_ptr<TaskPerformer> performer() const;

  void poll(PollTasksRequest request, ApiCallback<std::vector<PolledTask>> done);
  // The worker still has it. After a restart: takes it out of the queue, its worker is alive. Its heartbeat
  // interval (0: none); nothing: not a task of the queues.
  std::optional<int64_t> renew(const core::TaskId& id);

  struct Delivery {
    std::string worker;
    int64_t started_ms = 0;
  };
  // Who has it since when; nothing: nobody, as far as is known.
  std::optional<Delivery> delivery(const core::TaskId& id) const;

  bool has_room() const;
  // A worker waits for tasks of the queue, has one, or asked a moment ago.
  bool has_worker(const std::string& queue) const;
  // Every waiting poll, and every later one, is answered ShuttingDown.
  void close();

  struct Depth {
    std::string queue;
    size_t pending = 0;
    size_t delivered = 0;
    size_t polls = 0;
  };
  std::vector<Depth> depths() const;
  uint64_t redeliveries() const;
  // Of what tasks bring along; see TaskQueueSettings.
  size_t contents_bytes() const;

 private:
  struct Queue;
  enum class TaskPhase : uint8_t { Pending, Starting, Delivered };
  struct Task {
    core::DispatchTask task;
    Queue* queue = nullptr;
    TaskPhase phase = TaskPhase::Pending;
    std::list<core::TaskId>::iterator place;  // Pending
    std::string worker;
    int64_t started_ms = 0;
    int64_t lease_until_ms = 0;  // 0: not leased
    bool started_reported = false;
    bool performed = false;     // by the performer
    bool shelved = false;       // `task` lacks what is in the store
    size_t contents_bytes = 0;  // of `task`, when it is not shelved
    uint32_t delivery = 0;
    int64_t check_ms = 0;  // its entry in checks_; 0: none
  };
  struct Poll {
    PollTasksRequest request;
    ApiCallback<std::vector<PolledTask>> done;
    int64_t until_ms = 0;
    uint64_t number = 0;
    bool at_once = false;  // waits for nothing but a fetch
  };
  struct Queue {
    std::string name;
    std::list<core::TaskId> pending;
    std::list<Poll> polls;
    size_t tasks = 0;  // pending, starting and delivered
    bool fetching = false;
  };
  // What is done after the lock is released.
  using Calls = std::vector<std::function<void()>>;
  struct Check {
    int64_t due_ms = 0;
    core::TaskId id;
  };
  struct CheckOrder {
    bool operator()(const Check& a, const Check& b) const;
  };

  Queue& queue(const std::string& name);
  void erase_if_idle(Queue& queue);
  void note_poll(const std::string& queue, int64_t now_ms);
  Poll take_poll(Queue& queue, std::list<Poll>::iterator poll);
  void enlist(Queue& queue, Poll poll, bool first);
  void hand_out(Queue& queue, Calls& calls);
  void hand_to(Queue& queue, Poll poll, size_t count, Calls& calls);
  void hand_unleased(Queue& queue, Poll poll, Calls& calls);
  void started_answered(const core::TaskId& id, Poll poll, const ApiResult<core::ReplyCode>& answer);
  void deliver(Task& task, const std::string& worker, bool leased);
  PolledTask polled(const Task& task) const;
  void make_pending(Task& task, bool first);
  bool give_to_performer(Task& task, Calls& calls);
  // task_contents.cpp
  void keep(Task& task, core::DispatchTask contents);
  void shelve(Task& task);
  void shelve_if_over(Task& task);
  bool fetch_first(Queue& queue, Calls& calls);
  void fetch(std::vector<core::TaskId> ids, std::string queue, Calls& calls);
  void fetched(const std::vector<core::TaskId>& ids, const std::string& name, Fetched answer);
  void take_fetched(Task& task, core::DispatchTask contents, Calls& calls);
  void end_at_once(Queue& queue, Calls& calls);
  void forget(std::unordered_map<core::TaskId, Task, TaskIdHash>::iterator found);
  void check_at(Task& task, int64_t due_ms);
  void check_task(Task& task, int64_t now_ms, Calls& calls);
  void end_polls(int64_t now_ms, Calls& calls);
  void woken();
  void schedule();

  const TaskQueueSettings settings_;
  const Clock& clock_;
  const MakeToken make_token_;
  const ReportStarted report_started_;
  const FetchTasks fetch_tasks_;

  mutable std::mutex mutex_;
  std::unordered_map<core::TaskId, Task, TaskIdHash> tasks_;
  std::unordered_map<std::string, Queue> queues_;
  std::unordered_map<std::string, int64_t> polled_ms_;  // by queue: when it was asked for last
  std::set<Check, CheckOrder> checks_;                  // started reports and leases
  std::set<std::pair<int64_t, uint64_t>> polls_until_;  // ends of long polls: time, poll number
  std::unordered_map<uint64_t, std::pair<Queue*, std::list<Poll>::iterator>> polls_;  // by number
  uint64_t next_poll_ = 1;
  uint64_t redeliveries_ = 0;
  size_t contents_bytes_ = 0;
  bool closed_ = false;
  std::shared_ptr<TaskPerformer> performer_;
  Alarm alarm_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace engine::runtime
