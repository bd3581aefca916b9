// The simulated workers: they take tasks, answer as answer_to() says, send heartbeats, vanish, repeat
// themselves, are late and lie; and they keep the ledger.
#include "world.h"

namespace simulation {

using engine::ApiResult;
using engine::core::Reply;
using engine::core::ReplyCode;
using engine::core::TaskId;

namespace {
engine::PartitionId partition_of(const TaskId& id) {
  return static_cast<engine::PartitionId>(id.partition);
}
}  // namespace

void World::poll(int worker) {
  if (!machine_) return;  // boot() calls every worker again
  engine::PollTasksRequest request;
  request.queue = kTaskQueue;
  request.worker = "worker" + std::to_string(worker);
  request.tasks_max = static_cast<size_t>(random_.between(1, 3));
  request.wait_ms = 20'000;
  request.leased = !faults_.unleased;
  figures_[Figure::UnleasedPolls] += faults_.unleased;
  const uint64_t life = figures_[Figure::Crashes];
  machine_->queues.poll(std::move(request),
                        [this, worker, life](ApiResult<std::vector<engine::PolledTask>> polled) {
                          if (polled) {
                            for (const engine::PolledTask& task : *polled) work(worker, task);
                          }
                          scheduler_.after(polled && !polled->empty() ? 0 : 50, [this, worker, life] {
                            if (life == figures_[Figure::Crashes]) poll(worker);
                          });
                        });
}

void World::work(int worker, const engine::PolledTask& task) {
  const TaskId id = task.task.id;
  const Ledger& entry = note_delivery(ledger_, plans_[by_arn_.at(task.task.execution_arn)], task.task);
  ++figures_[Figure::Tasks];
  const Answer answer = entry.answer;
  trace("worker" + std::to_string(worker) + " gets " + task_name(id) + " " + task.task.state_name +
        " retry " + std::to_string(task.task.retry_count));
  if (!healed_ && random_.chance(faults_.vanish_percent)) {
    ++figures_[Figure::Vanished];
    return trace("... and vanishes");
  }
  // Long tasks show that heartbeats keep them alive.
  const int64_t beating_ms = entry.heartbeat_ms * answer.beats / 2;
  if (entry.heartbeat_ms > 0) beat(id, answer.beats, entry.heartbeat_ms);
  if (answer.kind == Answer::Kind::Hang) return;
  const bool late = !healed_ && random_.chance(faults_.late_percent);
  figures_[Figure::LateResults] += late;
  const int64_t delay = beating_ms + random_.between(0, late ? 60'000 : 1'500);
  scheduler_.after(delay, [this, id, answer] { send(id, answer, true); });
  if (!healed_ && random_.chance(faults_.duplicate_percent)) {
    ++figures_[Figure::Duplicates];
    scheduler_.after(delay + random_.between(0, 15'000), [this, id, answer] { send(id, answer, true); });
  }
  if (!healed_ && random_.chance(faults_.lie_percent)) lie(id);
}

void World::lie(const TaskId& id) {
  ++figures_[Figure::Lies];
  const TaskId other = attempt_that_is_not(id, random_);
  scheduler_.after(random_.between(0, 2'000), [this, other] { send(other, false_answer(), false); });
}

// So many heartbeats, each after less than half the interval.
void World::beat(const TaskId& id, int beats, int64_t interval_ms) {
  if (beats == 0) return;
  scheduler_.after(random_.between(interval_ms / 4, interval_ms / 2), [=, this] {
    const bool skip = !healed_ && random_.chance(faults_.skip_percent);
    figures_[Figure::SkippedHeartbeats] += skip;
    beat(id, beats - 1, interval_ms);
    if (skip || !machine_) return;
    ++figures_[Figure::Heartbeats];
    (void)machine_->queues.renew(id);
    const bool was_over = ledger_[task_name(id)].accepted > 0;
    const int64_t sent_ms = clock_.now_ms();
    machine_->submit(partition_of(id),
                     engine::core::TaskReport{id, statelang::TaskHeartbeat{id.scope, id.attempt}},
                     [=, this](const ApiResult<Reply>& reply) {
                       if (!reply || reply->code != ReplyCode::Done) return;
                       trace("heartbeat of " + task_name(id) + " accepted");
                       if (was_over)
                         violate("C4: a heartbeat of a task that is over was accepted: " + task_name(id));
                       Ledger& entry = ledger_[task_name(id)];
                       entry.beat_sent_ms = std::max(entry.beat_sent_ms, sent_ms);
                       entry.beat_answered_ms = std::max(entry.beat_answered_ms, clock_.now_ms());
                     });
  });
}

// Sends until there is an answer of any kind; what was lost with a crash is sent again.
void World::send(const TaskId& id, const Answer& answer, bool honest) {
  auto again = [this, id, answer, honest](int64_t delay_ms) {
    if (honest) scheduler_.after(delay_ms, [=, this] { send(id, answer, honest); });
  };
  if (!machine_) return again(700);
  const auto delivery = machine_->queues.delivery(id);
  engine::core::TaskReport report = report_of(id, answer, delivery ? delivery->started_ms : 0);
  auto answered = std::make_shared<bool>(false);
  machine_->submit(partition_of(id), std::move(report), [=, this](const ApiResult<Reply>& reply) {
    *answered = true;
    if (!reply) return again(random_.between(100, 2'000));
    machine_->queues.withdraw(id);
    const bool done = reply->code == ReplyCode::Done;
    trace("result of " + task_name(id) + (honest ? "" : " (a lie)") + (done ? " accepted" : " refused"));
    if (!done) return;
    if (const auto wrong = note_accepted(ledger_, id, honest)) violate(*wrong);
  });
  if (honest) {
    scheduler_.after(kAnswerPatienceMs, [again, answered] {
      if (!*answered) again(0);
    });
  }
}

}  // namespace simulation
