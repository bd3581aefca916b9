// TaskQueues: what tasks bring along, and how it comes back from the store.
#include <algorithm>

#include <engine/runtime/task_queues.h>

namespace engine::runtime {

namespace {

// What a worker gets of a task beside what the queues need: the input, mostly.
size_t bytes_of(const core::DispatchTask& task) {
  return task.input.size_bytes() + task.execution_arn.size() + task.state_machine_arn.size();
}

}  // namespace

void TaskQueues::keep(Task& task, core::DispatchTask contents) {
  task.task = std::move(contents);
  task.shelved = false;
  task.contents_bytes = bytes_of(task.task);
  contents_bytes_ += task.contents_bytes;
}

// Express executions are not in the store.
void TaskQueues::shelve_if_over(Task& task) {
  if (fetch_tasks_ && !task.task.express && !task.shelved && contents_bytes_ > settings_.contents_bytes_max)
    shelve(task);
}

void TaskQueues::shelve(Task& task) {
  contents_bytes_ -= task.contents_bytes;
  task.task.input = statelang::Payload();
  task.task.execution_arn = std::string();
  task.task.state_machine_arn = std::string();
  task.shelved = true;
}

// Whether the first one has to come from the store: then those behind it that the polls have room for come
// with it, and hand_out() goes on when they are there.
bool TaskQueues::fetch_first(Queue& queue, Calls& calls) {
  if (!tasks_.at(queue.pending.front()).shelved) return false;
  if (queue.fetching) return true;
  size_t wanted = 0, bytes = 0;
  for (const Poll& poll : queue.polls) wanted += poll.request.leased ? poll.request.tasks_max : 1;
  std::vector<core::TaskId> ids;
  for (const core::TaskId& id : queue.pending) {
    const Task& task = tasks_.at(id);
    if (ids.size() == wanted || !task.shelved) break;
    bytes += task.contents_bytes;
    if (!ids.empty() && bytes > settings_.fetch_bytes_max) break;
    ids.push_back(id);
  }
  queue.fetching = true;
  fetch(std::move(ids), queue.name, calls);
  return true;
}

void TaskQueues::fetch(std::vector<core::TaskId> ids, std::string queue, Calls& calls) {
  calls.push_back(
      [this, ids = std::move(ids), queue = std::move(queue), alive = std::weak_ptr<bool>(alive_)]() mutable {
        std::vector<core::TaskId> wanted = ids;
        fetch_tasks_(std::move(wanted),
                     [this, ids = std::move(ids), queue = std::move(queue), alive](Fetched answer) {
                       if (alive.lock()) fetched(ids, queue, std::move(answer));
                     });
      });
}

// `name`: the queue whose polls wait for it; empty: the performer does.
void TaskQueues::fetched(const std::vector<core::TaskId>& ids, const std::string& name, Fetched answer) {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto found = tasks_.find(ids[i]);
      // Over since then, or its worker has told that it has it.
      if (found == tasks_.end() || found->second.phase != TaskPhase::Pending) continue;
      if (!answer) {
        check_at(found->second, clock_.now_ms() + settings_.started_after_ms);  // then once more
      } else if (!(*answer)[i]) {
        forget(found);
      } else {
        take_fetched(found->second, std::move(*(*answer)[i]), calls);
      }
    }
    const auto waiting = queues_.find(name);
    if (waiting != queues_.end()) {
      Queue& queue = waiting->second;
      queue.fetching = false;
      if (answer) hand_out(queue, calls);
      if (!queue.fetching) end_at_once(queue, calls);
    }
    schedule();
  }
  for (auto& call : calls) call();
}

void TaskQueues::take_fetched(Task& task, core::DispatchTask contents, Calls& calls) {
  if (task.shelved) keep(task, std::move(contents));
  const auto place = task.place;
  if (give_to_performer(task, calls)) task.queue->pending.erase(place);
}

// Polls that do not wait, unless what they are to get is on its way.
void TaskQueues::end_at_once(Queue& queue, Calls& calls) {
  if (queue.fetching) return;
  for (auto next = queue.polls.begin(); next != queue.polls.end();) {
    const auto place = next++;
    if (!place->at_once) continue;
    calls.push_back([done = take_poll(queue, place).done] { done(std::vector<PolledTask>()); });
  }
  erase_if_idle(queue);
}

size_t TaskQueues::contents_bytes() const {
  std::lock_guard lock(mutex_);
  return contents_bytes_;
}

}  // namespace engine::runtime
