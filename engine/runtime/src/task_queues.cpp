#include <algorithm>
#include <tuple>

#include <engine/core/mutation.h>
#include <engine/runtime/task_queues.h>

namespace engine::runtime {

namespace {

constexpr size_t kPolledQueuesMax = 10'000;
// Longer than a worker takes from one long poll to the next.
constexpr int64_t kWorkerGoneMs = 30'000;

// Checks are bunched to tenths of a second, so that a busy queue wakes up ten times a second at most.
constexpr int64_t kCheckGrainMs = 100;
int64_t grain(int64_t ms) {
  return (ms + kCheckGrainMs - 1) / kCheckGrainMs * kCheckGrainMs;
}

auto fields(const core::TaskId& id) {
  return std::tie(id.partition, id.execution, id.scope, id.attempt);
}

template <class Calls>
void run_all(Calls& calls) {
  for (auto& call : calls) call();
}

}  // namespace

size_t TaskIdHash::operator()(const core::TaskId& id) const {
  uint64_t mixed = static_cast<uint64_t>(id.execution) * 0x9E3779B97F4A7C15u;
  mixed ^= (static_cast<uint64_t>(id.scope) << 32 | id.attempt) + (mixed << 6) + (mixed >> 2);
  mixed = (mixed ^ id.partition) * 0xBF58476D1CE4E5B9u;
  return mixed ^ (mixed >> 31);
}

bool TaskQueues::CheckOrder::operator()(const Check& a, const Check& b) const {
  if (a.due_ms != b.due_ms) return a.due_ms < b.due_ms;
  return fields(a.id) < fields(b.id);
}

TaskQueues::TaskQueues(TaskQueueSettings settings, Strand& strand, const Clock& clock, MakeToken make_token,
                       ReportStarted report_started, FetchTasks fetch_tasks)
    : settings_(settings),
      clock_(clock),
      make_token_(std::move(make_token)),
      report_started_(std::move(report_started)),
      fetch_tasks_(std::move(fetch_tasks)),
      alarm_(strand, [this] { woken(); }) {}

// ------------------------------------------------------------------------------------------ tasks come and
// go

void TaskQueues::offer(std::vector<core::DispatchTask> tasks) {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    std::vector<Queue*> changed;
    for (core::DispatchTask& offered : tasks) {
      auto [found, is_new] = tasks_.try_emplace(offered.id);
      if (!is_new) continue;
      Task& task = found->second;
      task.queue = &queue(offered.queue);
      ++task.queue->tasks;
      keep(task, std::move(offered));
      if (give_to_performer(task, calls)) continue;
      make_pending(task, false);
      shelve_if_over(task);
      if (std::find(changed.begin(), changed.end(), task.queue) == changed.end())
        changed.push_back(task.queue);
    }
    for (Queue* one : changed) hand_out(*one, calls);
    schedule();
  }
  run_all(calls);
}

void TaskQueues::withdraw(const core::TaskId& id, bool cancelled) {
  if (mutated(Mutant::WithdrawIgnored)) return;
  PolledTask withdrawn;
  {
    std::lock_guard lock(mutex_);
    auto found = tasks_.find(id);
    if (found == tasks_.end()) return;
    const bool performed = found->second.performed;
    if (performed) withdrawn = polled(found->second);
    forget(found);
    if (!performed) return;
  }
  performer_->withdrawn(std::move(withdrawn), cancelled);
}

void TaskQueues::restarted(PartitionId partition) {
  if (mutated(Mutant::ExpressTasksKept)) return;
  std::vector<core::TaskId> lost;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, task] : tasks_) {
      if (task.task.express && id.partition == static_cast<uint16_t>(partition)) lost.push_back(id);
    }
  }
  for (const core::TaskId& id : lost) withdraw(id);
}

void TaskQueues::drop(uint16_t partition) {
  std::vector<PolledTask> performed;
  {
    std::lock_guard lock(mutex_);
    for (auto next = tasks_.begin(); next != tasks_.end();) {
      const auto found = next++;
      if (found->first.partition != partition) continue;
      if (found->second.performed) performed.push_back(polled(found->second));
      forget(found);
    }
  }
  for (PolledTask& task : performed) performer_->withdrawn(std::move(task), false);
}

void TaskQueues::end_abandoned(const std::string& name) {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    const auto found = queues_.find(name);
    if (found == queues_.end()) return;
    Queue& queue = found->second;
    for (auto next = queue.polls.begin(); next != queue.polls.end();) {
      const auto place = next++;
      if (!place->request.abandoned || !place->request.abandoned->load()) continue;
      calls.push_back([done = take_poll(queue, place).done] { done(std::vector<PolledTask>()); });
    }
    erase_if_idle(queue);
  }
  run_all(calls);
}

void TaskQueues::take_back(const core::TaskId& id) {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    auto found = tasks_.find(id);
    if (found == tasks_.end() || found->second.phase != TaskPhase::Delivered) return;
    Task& task = found->second;
    task.lease_until_ms = 0;
    --task.delivery;
    if (!task.started_reported) task.started_ms = 0;
    make_pending(task, true);
    hand_out(*task.queue, calls);
    schedule();
  }
  run_all(calls);
}

// It holds what it gets for as long as the process lives, so that there is no lease.
bool TaskQueues::give_to_performer(Task& task, Calls& calls) {
  if (!performer_ || !performer_->performs(task.task)) return false;
  deliver(task, {}, false);
  task.performed = true;
  calls.push_back(
      [performer = performer_, given = polled(task)]() mutable { performer->perform(std::move(given)); });
  return true;
}

void TaskQueues::set_performer(std::shared_ptr<TaskPerformer> performer) {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    performer_ = std::move(performer);
    std::vector<core::TaskId> shelved;
    for (auto& [id, task] : tasks_) {
      if (task.phase != TaskPhase::Pending) continue;
      const auto place = task.place;
      if (task.shelved && performer_->performs(task.task)) shelved.push_back(id);
      if (!task.shelved && give_to_performer(task, calls)) task.queue->pending.erase(place);
    }
    if (!shelved.empty()) fetch(std::move(shelved), {}, calls);
  }
  run_all(calls);
}

std::shared_ptr<TaskPerformer> TaskQueues::performer() const {
  std::lock_guard lock(mutex_);
  return performer_;
}

void TaskQueues::forget(std::unordered_map<core::TaskId, Task, TaskIdHash>::iterator found) {
  Task& task = found->second;
  if (task.phase == TaskPhase::Pending) task.queue->pending.erase(task.place);
  if (task.check_ms != 0) checks_.erase({task.check_ms, found->first});
  if (!task.shelved) contents_bytes_ -= task.contents_bytes;
  Queue& queue = *task.queue;
  --queue.tasks;
  tasks_.erase(found);
  erase_if_idle(queue);
}

void TaskQueues::make_pending(Task& task, bool first) {
  task.phase = TaskPhase::Pending;
  auto& pending = task.queue->pending;
  task.place = pending.insert(first ? pending.begin() : pending.end(), task.task.id);
}

TaskQueues::Queue& TaskQueues::queue(const std::string& name) {
  Queue& found = queues_[name];
  if (found.name.empty()) found.name = name;
  return found;
}

void TaskQueues::erase_if_idle(Queue& queue) {
  if (queue.polls.empty() && queue.tasks == 0) queues_.erase(std::string(queue.name));
}

// ------------------------------------------------------------------------------------------ polls

void TaskQueues::poll(PollTasksRequest request, ApiCallback<std::vector<PolledTask>> done) {
  Calls calls;
  bool refused = false;
  bool closed = false;
  {
    std::lock_guard lock(mutex_);
    closed = closed_;
    refused = polls_.size() >= settings_.polls_max;
    if (!closed && !refused) {
      Queue& wanted = queue(request.queue);
      Poll poll{std::move(request), std::move(done), 0, 0, false};
      poll.request.tasks_max = std::clamp<size_t>(poll.request.tasks_max, 1, settings_.poll_tasks_max);
      poll.until_ms = clock_.now_ms() + poll.request.wait_ms;
      note_poll(poll.request.queue, clock_.now_ms());
      poll.at_once = poll.request.wait_ms <= 0;
      // Ended by the fetch, if there is one.
      if (poll.at_once) poll.until_ms += settings_.lease_ms;
      const bool at_once = poll.at_once;
      enlist(wanted, std::move(poll), false);
      hand_out(wanted, calls);
      if (at_once) end_at_once(wanted, calls);
      schedule();
    }
  }
  if (closed)
    return done(statelang::Unexpected{ApiError{ApiErrorCode::ShuttingDown, "the engine is stopping", {}}});
  if (refused) {
    return done(statelang::Unexpected{
        ApiError{ApiErrorCode::Throttled, "polls_max: too many polls are waiting; try again later", {}}});
  }
  run_all(calls);
}

// Names come from outside: when there are many, those that nobody asks for any more go.
void TaskQueues::note_poll(const std::string& queue, int64_t now_ms) {
  if (polled_ms_.size() >= kPolledQueuesMax && polled_ms_.count(queue) == 0) {
    std::erase_if(polled_ms_, [now_ms](const auto& entry) { return entry.second < now_ms - kWorkerGoneMs; });
    if (polled_ms_.size() >= kPolledQueuesMax) return;
  }
  polled_ms_[queue] = now_ms;
}

bool TaskQueues::has_worker(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto found = queues_.find(name);
  if (found != queues_.end()) {
    const Queue& queue = found->second;
    if (!queue.polls.empty() || queue.tasks > queue.pending.size()) return true;
  }
  const auto polled = polled_ms_.find(name);
  return polled != polled_ms_.end() && polled->second >= clock_.now_ms() - kWorkerGoneMs;
}

void TaskQueues::enlist(Queue& queue, Poll poll, bool first) {
  poll.number = next_poll_++;
  const uint64_t number = poll.number;
  polls_until_.insert({poll.until_ms, number});
  auto place = queue.polls.insert(first ? queue.polls.begin() : queue.polls.end(), std::move(poll));
  polls_[number] = {&queue, place};
}

TaskQueues::Poll TaskQueues::take_poll(Queue& queue, std::list<Poll>::iterator place) {
  Poll poll = std::move(*place);
  polls_until_.erase({poll.until_ms, poll.number});
  polls_.erase(poll.number);
  queue.polls.erase(place);
  return poll;
}

void TaskQueues::end_polls(int64_t now_ms, Calls& calls) {
  while (!polls_until_.empty() && polls_until_.begin()->first <= now_ms) {
    auto [queue, place] = polls_.at(polls_until_.begin()->second);
    calls.push_back([done = take_poll(*queue, place).done] { done(std::vector<PolledTask>()); });
    erase_if_idle(*queue);
  }
}

// ------------------------------------------------------------------------------------------ hand-over

// Shares what is pending among the waiting polls, oldest first on both sides.
void TaskQueues::hand_out(Queue& queue, Calls& calls) {
  while (!queue.pending.empty() && !queue.polls.empty()) {
    if (fetch_first(queue, calls)) return;
    const size_t share = (queue.pending.size() + queue.polls.size() - 1) / queue.polls.size();
    Poll poll = take_poll(queue, queue.polls.begin());
    if (poll.request.abandoned && poll.request.abandoned->load()) {
      calls.push_back([done = std::move(poll.done)] { done(std::vector<PolledTask>()); });
      continue;
    }
    if (poll.request.leased) {
      hand_to(queue, std::move(poll), share, calls);
    } else {
      hand_unleased(queue, std::move(poll), calls);
    }
  }
}

void TaskQueues::hand_to(Queue& queue, Poll poll, size_t count, Calls& calls) {
  count = std::min({count, poll.request.tasks_max, queue.pending.size()});
  std::vector<PolledTask> given;
  given.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    Task& task = tasks_.at(queue.pending.front());
    if (task.shelved) break;  // comes when it is fetched
    queue.pending.pop_front();
    deliver(task, poll.request.worker, true);
    given.push_back(polled(task));
    shelve_if_over(task);
  }
  calls.push_back(
      [done = std::move(poll.done), given = std::move(given)]() mutable { done(std::move(given)); });
}

void TaskQueues::deliver(Task& task, const std::string& worker, bool leased) {
  const int64_t now = clock_.now_ms();
  task.phase = TaskPhase::Delivered;
  task.worker = worker;
  if (task.started_ms == 0) task.started_ms = now;
  if (++task.delivery > 1) ++redeliveries_;
  if (!leased) return;
  task.lease_until_ms = now + settings_.lease_ms;
  check_at(task, task.started_reported ? task.lease_until_ms
                                       : std::min(now + settings_.started_after_ms, task.lease_until_ms));
}

PolledTask TaskQueues::polled(const Task& task) const {
  PolledTask polled;
  polled.token = make_token_(task.task.id);
  polled.task = task.task;
  polled.delivery = task.delivery;
  return polled;
}

// Nobody renews an unleased task, so that it was started must be durable before it is given away.
void TaskQueues::hand_unleased(Queue& queue, Poll poll, Calls& calls) {
  Task& task = tasks_.at(queue.pending.front());
  queue.pending.pop_front();
  task.phase = TaskPhase::Starting;
  task.started_ms = clock_.now_ms();
  task.started_reported = true;
  auto waiting = std::make_shared<Poll>(std::move(poll));
  calls.push_back(
      [this, id = task.task.id, started_ms = task.started_ms, waiting, alive = std::weak_ptr<bool>(alive_)] {
        report_started_(id, waiting->request.worker, started_ms,
                        [this, id, waiting, alive](ApiResult<core::ReplyCode> answer) {
                          if (alive.lock()) started_answered(id, std::move(*waiting), answer);
                        });
      });
}

void TaskQueues::started_answered(const core::TaskId& id, Poll poll,
                                  const ApiResult<core::ReplyCode>& answer) {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    auto found = tasks_.find(id);
    const bool open = found != tasks_.end() && found->second.phase == TaskPhase::Starting;
    const bool abandoned = poll.request.abandoned && poll.request.abandoned->load();
    if (open && answer && *answer == core::ReplyCode::Done && !abandoned) {
      deliver(found->second, poll.request.worker, false);
      calls.push_back([done = std::move(poll.done), given = polled(found->second)]() mutable {
        std::vector<PolledTask> one;
        one.push_back(std::move(given));
        done(std::move(one));
      });
      shelve_if_over(found->second);
    } else {
      const bool over = answer && *answer != core::ReplyCode::Done;
      if (open && over) forget(found);
      if (open && !over) make_pending(found->second, true);
      if (open && !answer) check_at(found->second, clock_.now_ms() + settings_.started_after_ms);
      Queue& wanted = queue(poll.request.queue);
      if (abandoned || closed_ || !answer) {
        calls.push_back([done = std::move(poll.done)] { done(std::vector<PolledTask>()); });
        if (answer) hand_out(wanted, calls);
        erase_if_idle(wanted);
      } else {
        enlist(wanted, std::move(poll), true);
        hand_out(wanted, calls);
        end_at_once(wanted, calls);
      }
      end_polls(clock_.now_ms(), calls);
    }
    schedule();
  }
  run_all(calls);
}

// ------------------------------------------------------------------------------------------ leases

std::optional<int64_t> TaskQueues::renew(const core::TaskId& id) {
  std::lock_guard lock(mutex_);
  auto found = tasks_.find(id);
  if (found == tasks_.end()) return std::nullopt;
  Task& task = found->second;
  if (task.phase == TaskPhase::Pending) {
    task.queue->pending.erase(task.place);
    deliver(task, task.worker, true);
    schedule();
  } else if (task.lease_until_ms != 0) {
    task.lease_until_ms = clock_.now_ms() + settings_.lease_ms;
  }
  return task.task.heartbeat_ms;
}

std::optional<TaskQueues::Delivery> TaskQueues::delivery(const core::TaskId& id) const {
  std::lock_guard lock(mutex_);
  auto found = tasks_.find(id);
  if (found == tasks_.end() || found->second.started_ms == 0) return std::nullopt;
  return Delivery{found->second.worker, found->second.started_ms};
}

void TaskQueues::check_at(Task& task, int64_t due_ms) {
  if (task.check_ms != 0) checks_.erase({task.check_ms, task.task.id});
  task.check_ms = grain(due_ms);
  checks_.insert({task.check_ms, task.task.id});
}

void TaskQueues::check_task(Task& task, int64_t now_ms, Calls& calls) {
  task.check_ms = 0;
  if (task.phase == TaskPhase::Pending) {  // its start could not be written, or it could not be fetched
    if (task.shelved && performer_ && performer_->performs(task.task))
      return fetch({task.task.id}, {}, calls);
    return hand_out(*task.queue, calls);
  }
  if (task.phase != TaskPhase::Delivered || task.lease_until_ms == 0) return;
  if (now_ms >= task.lease_until_ms) {
    if (mutated(Mutant::LeaseNeverExpires)) return;
    task.lease_until_ms = 0;
    make_pending(task, true);
    return hand_out(*task.queue, calls);
  }
  if (!task.started_reported) {
    task.started_reported = true;
    calls.push_back([this, id = task.task.id, worker = task.worker, started_ms = task.started_ms] {
      report_started_(id, worker, started_ms, nullptr);
    });
  }
  check_at(task, task.lease_until_ms);
}

void TaskQueues::woken() {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    const int64_t now = clock_.now_ms();
    while (!checks_.empty() && checks_.begin()->due_ms <= now) {
      const core::TaskId id = checks_.begin()->id;
      checks_.erase(checks_.begin());
      check_task(tasks_.at(id), now, calls);
    }
    end_polls(now, calls);
    schedule();
  }
  run_all(calls);
}

void TaskQueues::schedule() {
  if (!checks_.empty()) alarm_.wake_by(checks_.begin()->due_ms);
  if (!polls_until_.empty()) alarm_.wake_by(polls_until_.begin()->first);
}

// ------------------------------------------------------------------------------------------ the rest

bool TaskQueues::has_room() const {
  std::lock_guard lock(mutex_);
  return tasks_.size() < settings_.tasks_max;
}

void TaskQueues::close() {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto& [number, poll] : polls_) {
      calls.push_back([done = std::move(poll.second->done)] {
        done(statelang::Unexpected{ApiError{ApiErrorCode::ShuttingDown, "the engine is stopping", {}}});
      });
      poll.first->polls.erase(poll.second);
    }
    polls_.clear();
    polls_until_.clear();
  }
  run_all(calls);
}

std::vector<TaskQueues::Depth> TaskQueues::depths() const {
  std::lock_guard lock(mutex_);
  std::vector<Depth> depths;
  for (const auto& [name, queue] : queues_) {
    depths.push_back({name, queue.pending.size(), queue.tasks - queue.pending.size(), queue.polls.size()});
  }
  return depths;
}

uint64_t TaskQueues::redeliveries() const {
  std::lock_guard lock(mutex_);
  return redeliveries_;
}

}  // namespace engine::runtime
