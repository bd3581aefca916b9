// The simulated workers: once they have a task they answer as answer_to() says, send heartbeats, vanish,
// repeat themselves, are late and lie; and they keep the ledger. How they get tasks is each world's own.
#include "simulated_run.h"

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

void SimulatedRun::work(int worker, const engine::PolledTask& task) {
  const TaskId id = task.task.id;
  const Ledger& entry = note_delivery(ledger_, plans_[by_arn_.at(task.task.execution_arn)], task.task);
  ++figures_[Figure::Tasks];
  const Answer answer = entry.answer;
  trace("worker" + std::to_string(worker) + " gets " + task_name(id) + " " + task.task.state_name +
        " retry " + std::to_string(task.task.retry_count));
  // A message that a worker of the topics does not commit is another fault (take_message()).
  const bool may_vanish = !healed_ && worker_faults_.vanish.has_value();
  if (may_vanish && random_.chance(*worker_faults_.vanish)) {
    ++figures_[Figure::Vanished];
    return trace("... and vanishes");
  }
  // Long tasks show that heartbeats keep them alive.
  const int64_t beating_ms = entry.heartbeat_ms * answer.beats / 2;
  if (entry.heartbeat_ms > 0) beat(id, answer.beats, entry.heartbeat_ms);
  if (answer.kind == Answer::Kind::Hang) return;
  const bool late = !healed_ && random_.chance(worker_faults_.late);
  figures_[Figure::LateResults] += late;
  const int64_t delay = beating_ms + random_.between(0, late ? 60'000 : 1'500);
  scheduler_.after(delay, [this, id, answer] { send(id, answer, true); });
  if (!healed_ && random_.chance(worker_faults_.duplicate)) {
    ++figures_[Figure::Duplicates];
    scheduler_.after(delay + random_.between(0, 15'000), [this, id, answer] { send(id, answer, true); });
  }
  if (!healed_ && random_.chance(worker_faults_.lie)) lie(id);
}

void SimulatedRun::lie(const TaskId& id) {
  ++figures_[Figure::Lies];
  const TaskId other = attempt_that_is_not(id, random_);
  scheduler_.after(random_.between(0, 2'000), [this, other] { send(other, false_answer(), false); });
}

// So many heartbeats, each after less than half the interval.
void SimulatedRun::beat(const TaskId& id, int beats, int64_t interval_ms) {
  if (beats == 0) return;
  scheduler_.after(random_.between(interval_ms / 4, interval_ms / 2), [=, this] {
    const bool skip = worker_faults_.skip && !healed_ && random_.chance(*worker_faults_.skip);
    figures_[Figure::SkippedHeartbeats] += skip;
    beat(id, beats - 1, interval_ms);
    Desk* at = skip ? nullptr : desk();
    if (at == nullptr) return;
    ++figures_[Figure::Heartbeats];
    at->renew(id);
    const bool was_over = ledger_[task_name(id)].accepted > 0;
    const int64_t sent_ms = at->clock().now_ms();
    at->submit(partition_of(id), engine::core::TaskReport{id, statelang::TaskHeartbeat{id.scope, id.attempt}},
               [=, this](const ApiResult<Reply>& reply) {
                 if (reply && reply->code == ReplyCode::Done) beat_accepted(id, was_over, sent_ms);
               });
  });
}

void SimulatedRun::beat_accepted(const TaskId& id, bool was_over, int64_t sent_ms) {
  trace("heartbeat of " + task_name(id) + " accepted");
  if (was_over) violate("C4: a heartbeat of a task that is over was accepted: " + task_name(id));
  Ledger& entry = ledger_[task_name(id)];
  entry.beat_sent_ms = std::max(entry.beat_sent_ms, sent_ms);
  entry.beat_answered_ms = std::max(entry.beat_answered_ms, clock_.now_ms());
}

// Sends until there is an answer of any kind; what was lost with a crash is sent again.
void SimulatedRun::send(const TaskId& id, const Answer& answer, bool honest) {
  if (lost(partition_of(id))) return;
  auto again = [this, id, answer, honest](int64_t delay_ms) {
    if (honest) scheduler_.after(delay_ms, [=, this] { send(id, answer, honest); });
  };
  Desk* at = desk();
  if (at == nullptr) return again(700);
  const auto delivery = at->delivery(id);
  auto answered = std::make_shared<bool>(false);
  at->submit(partition_of(id), report_of(id, answer, delivery ? delivery->started_ms : 0),
             [=, this](const ApiResult<Reply>& reply) {
               *answered = true;
               if (!reply) return again(random_.between(100, 2'000));
               at->withdraw(id);  // accepted or refused, this attempt is over
               result_answered(id, honest, reply->code);
             });
  if (!honest) return;
  scheduler_.after(kAnswerPatienceMs, [again, answered] {
    if (!*answered) again(0);
  });
}

void SimulatedRun::result_answered(const TaskId& id, bool honest, ReplyCode code) {
  const bool done = code == ReplyCode::Done;
  trace("result of " + task_name(id) + (honest ? "" : " (a lie)") + (done ? " accepted" : " refused"));
  if (!done) return;
  if (const auto wrong = note_accepted(ledger_, id, honest)) violate(*wrong);
}

}  // namespace simulation
