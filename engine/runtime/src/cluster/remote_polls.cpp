#include "remote_polls.h"

namespace engine::runtime::cluster {

namespace {

TasksReturned ids_of(const std::vector<PolledTask>& tasks) {
  TasksReturned returned;
  for (const PolledTask& polled : tasks) returned.tasks.push_back(polled.task.id);
  return returned;
}

}  // namespace

void RemotePolls::poll(PollTasksRequest request, ApiCallback<std::vector<PolledTask>> done) {
  auto waiting = std::make_shared<Waiting>();
  waiting->request = request;
  waiting->over = std::make_shared<std::atomic<bool>>(false);
  waiting->done = std::move(done);
  uint64_t poll = 0;
  {
    const std::lock_guard lock(mutex_);
    poll = next_++;
    waiting_.emplace(poll, waiting);
  }
  const PollBegun begun{
      poll,          request.queue, request.worker, static_cast<uint32_t>(request.tasks_max), request.wait_ms,
      request.leased};
  request.abandoned = waiting->over;
  // A look without waiting has no time for the others.
  const bool waits = request.wait_ms > 0;
  queues_.poll(std::move(request), [this, poll](ApiResult<std::vector<PolledTask>> answer) {
    own_answer(poll, std::move(answer));
  });
  bool open = false;
  {
    const std::lock_guard lock(mutex_);
    open = waiting_.count(poll) != 0;
  }
  if (open && waits) post_.to_all(begun);
}

void RemotePolls::end_abandoned(const std::string& queue) {
  std::vector<std::pair<uint64_t, std::shared_ptr<Waiting>>> gone;
  {
    const std::lock_guard lock(mutex_);
    for (auto next = waiting_.begin(); next != waiting_.end();) {
      const auto at = next++;
      const PollTasksRequest& request = at->second->request;
      if (request.queue != queue || !request.abandoned || !request.abandoned->load()) continue;
      gone.emplace_back(at->first, std::move(at->second));
      waiting_.erase(at);
    }
  }
  for (const auto& [poll, waiting] : gone) waiting->over->store(true);
  queues_.end_abandoned(queue);
  for (const auto& [poll, waiting] : gone) {
    if (waiting->request.wait_ms > 0) post_.to_all(PollEnded{poll});
    waiting->done(std::vector<PolledTask>());
  }
}

std::shared_ptr<RemotePolls::Waiting> RemotePolls::take(uint64_t poll) {
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(poll);
  if (found == waiting_.end()) return nullptr;
  auto waiting = std::move(found->second);
  waiting_.erase(found);
  return waiting;
}

void RemotePolls::own_answer(uint64_t poll, ApiResult<std::vector<PolledTask>> answer) {
  const auto waiting = take(poll);
  const bool gone = !waiting || (waiting->request.abandoned && waiting->request.abandoned->load());
  if (gone && answer) {
    for (const PolledTask& polled : *answer) queues_.take_back(polled.task.id);
    answer->clear();
  }
  if (!waiting) return;
  if (waiting->request.wait_ms > 0) post_.to_all(PollEnded{poll});
  waiting->done(std::move(answer));
}

void RemotePolls::answered(uint32_t from, PollAnswered answered) {
  const auto waiting = take(answered.poll);
  const bool gone = !waiting || (waiting->request.abandoned && waiting->request.abandoned->load());
  if (gone) post_.to(from, ids_of(answered.tasks));
  if (!waiting) return;
  if (gone) answered.tasks.clear();
  remember(waiting->request.worker, answered.tasks);
  waiting->over->store(true);
  queues_.end_abandoned(waiting->request.queue);
  post_.to_all(PollEnded{answered.poll});
  waiting->done(std::move(answered.tasks));
}

void RemotePolls::begun(uint32_t from, PollBegun begun) {
  const std::pair<uint32_t, uint64_t> key{from, begun.poll};
  PollTasksRequest request;
  auto over = std::make_shared<std::atomic<bool>>(false);
  request.queue = begun.queue;
  request.worker = std::move(begun.worker);
  request.tasks_max = begun.tasks_max;
  request.wait_ms = begun.wait_ms;
  request.leased = begun.leased;
  request.abandoned = over;
  {
    const std::lock_guard lock(mutex_);
    guests_[key] = {std::move(begun.queue), std::move(over)};
  }
  queues_.poll(std::move(request), [this, key](ApiResult<std::vector<PolledTask>> answer) {
    {
      const std::lock_guard lock(mutex_);
      guests_.erase(key);
    }
    if (answer && !answer->empty()) post_.to(key.first, PollAnswered{key.second, std::move(*answer)});
  });
}

void RemotePolls::ended(uint32_t from, const PollEnded& ended) {
  Guest guest;
  {
    const std::lock_guard lock(mutex_);
    const auto found = guests_.find({from, ended.poll});
    if (found == guests_.end()) return;
    guest = found->second;
  }
  guest.over->store(true);
  queues_.end_abandoned(guest.queue);
}

void RemotePolls::returned(const TasksReturned& returned) {
  for (const core::TaskId& id : returned.tasks) queues_.take_back(id);
}

void RemotePolls::remember(const std::string& worker, const std::vector<PolledTask>& tasks) {
  const std::lock_guard lock(mutex_);
  for (const PolledTask& polled : tasks) {
    if (!deliveries_.insert_or_assign(polled.task.id, TaskQueues::Delivery{worker, clock_.now_ms()}).second)
      continue;
    delivered_order_.push_back(polled.task.id);
  }
  while (delivered_order_.size() > kDeliveriesMax) {
    deliveries_.erase(delivered_order_.front());
    delivered_order_.pop_front();
  }
}

std::optional<TaskQueues::Delivery> RemotePolls::delivery(const core::TaskId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = deliveries_.find(id);
  return found == deliveries_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace engine::runtime::cluster
