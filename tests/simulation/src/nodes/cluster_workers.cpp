// The simulated workers of a cluster: they poll any node, or read the task topic; they answer as answer_to()
// says, at any node, vanish, repeat themselves, are late and lie; and they keep the ledger.
#include "nodes/cluster_world.h"

namespace simulation {

using engine::ApiResult;
using engine::core::Reply;
using engine::core::ReplyCode;
using engine::core::TaskId;

namespace {
constexpr int64_t kPollMs = 10'000;
// A message that its worker does not commit comes to another one.
constexpr int64_t kRedeliveredMs = 15'000;

engine::PartitionId partition_of(const TaskId& id) {
  return static_cast<engine::PartitionId>(id.partition);
}
}  // namespace

void ClusterWorld::poll(int worker) {
  faults_.topics ? take_message(worker) : poll_node(worker);
}

void ClusterWorld::poll_node(int worker) {
  const int number = ++polls_[static_cast<size_t>(worker)];
  const auto again = [this, worker, number](int64_t delay_ms) {
    scheduler_.after(delay_ms, [this, worker, number] {
      if (polls_[static_cast<size_t>(worker)] == number) poll(worker);
    });
  };
  Node* node = any_node();
  if (node == nullptr) return again(500);
  engine::PollTasksRequest request;
  request.queue = kTaskQueue;
  request.worker = "worker" + std::to_string(worker);
  request.tasks_max = static_cast<size_t>(random_.between(1, 3));
  request.wait_ms = kPollMs;
  request.leased = true;
  node->poll(std::move(request), [=, this](ApiResult<std::vector<engine::PolledTask>> polled) {
    if (polls_[static_cast<size_t>(worker)] != number) return;  // it has hung up; the leases end
    if (polled) {
      for (const engine::PolledTask& task : *polled) work(worker, task);
    }
    again(polled && !polled->empty() ? 0 : 50);
  });
  again(kPollMs + 2'000);
}

void ClusterWorld::take_message(int worker) {
  if (broker_.away() || broker_.tasks.empty())
    return scheduler_.after(random_.between(20, 500), [this, worker] { poll(worker); });
  const std::string message = std::move(broker_.tasks.front());
  broker_.tasks.pop_front();
  ++figures_[Figure::TopicTasks];
  if (!healed_ && random_.chance(faults_.vanish)) {
    ++figures_[Figure::Vanished];
    scheduler_.after(kRedeliveredMs, [this, message] { broker_.tasks.push_front(message); });
  } else if (const auto task = read_message(message)) {
    work(worker, *task);
  } else {
    violate("a task message that cannot be read: " + message);
  }
  scheduler_.after(random_.between(0, 20), [this, worker] { poll(worker); });
}

// What the SDKs read of it (docs/formats/task_wire.md).
std::optional<engine::PolledTask> ClusterWorld::read_message(const std::string& message) const {
  const auto json = statelang::parse_json(message);
  if (!json) return std::nullopt;
  const auto text = [&](const char* name) {
    const statelang::Value* member = json->find(name);
    return member != nullptr && member->is_string() ? std::string(member->as_string()) : std::string();
  };
  const auto number = [&](const char* name) {
    const statelang::Value* member = json->find(name);
    return member != nullptr && member->is_number() ? static_cast<int64_t>(member->as_double()) : 0;
  };
  engine::PolledTask polled;
  unsigned partition = 0, scope = 0, attempt = 0;
  unsigned long long execution = 0;
  polled.token = text("token");
  if (std::sscanf(polled.token.c_str(), "%u/%llu/%u/%u", &partition, &execution, &scope, &attempt) != 4)
    return std::nullopt;
  polled.task.id = {static_cast<uint16_t>(partition), engine::core::ExecutionNumber{execution},
                    statelang::ScopeId{scope}, attempt};
  polled.task.execution_arn = text("execution_arn");
  polled.task.state_name = text("state_name");
  polled.task.retry_count = static_cast<uint32_t>(number("retry_count"));
  polled.task.scheduled_ms = number("scheduled_ms");
  polled.task.heartbeat_ms = number("heartbeat_ms");
  const statelang::Value* input = json->find("input");
  if (input == nullptr || !by_arn_.contains(polled.task.execution_arn)) return std::nullopt;
  polled.task.input = statelang::Payload::from_value(*input);
  return polled;
}

void ClusterWorld::work(int worker, const engine::PolledTask& task) {
  const TaskId id = task.task.id;
  const Ledger& entry = note_delivery(ledger_, plans_[by_arn_.at(task.task.execution_arn)], task.task);
  ++figures_[Figure::Tasks];
  const Answer answer = entry.answer;
  trace("worker" + std::to_string(worker) + " gets " + task_name(id) + " " + task.task.state_name);
  if (!healed_ && !faults_.topics && random_.chance(faults_.vanish)) {
    ++figures_[Figure::Vanished];
    return trace("... and vanishes");
  }
  const int64_t beating_ms = entry.heartbeat_ms * answer.beats / 2;
  if (entry.heartbeat_ms > 0) beat(id, answer.beats, entry.heartbeat_ms);
  if (answer.kind == Answer::Kind::Hang) return;
  const bool late = !healed_ && random_.chance(faults_.late);
  figures_[Figure::LateResults] += late;
  const int64_t delay = beating_ms + random_.between(0, late ? 60'000 : 1'500);
  scheduler_.after(delay, [this, id, answer] { send(id, answer, true); });
  if (!healed_ && random_.chance(faults_.duplicate)) {
    ++figures_[Figure::Duplicates];
    scheduler_.after(delay + random_.between(0, 15'000), [this, id, answer] { send(id, answer, true); });
  }
  if (!healed_ && random_.chance(faults_.lie)) lie(id);
}

void ClusterWorld::lie(const TaskId& id) {
  ++figures_[Figure::Lies];
  const TaskId other = attempt_that_is_not(id, random_);
  scheduler_.after(random_.between(0, 2'000), [this, other] { send(other, false_answer(), false); });
}

// So many heartbeats, each after less than half the interval.
void ClusterWorld::beat(const TaskId& id, int beats, int64_t interval_ms) {
  if (beats == 0) return;
  scheduler_.after(random_.between(interval_ms / 4, interval_ms / 2), [=, this] {
    beat(id, beats - 1, interval_ms);
    Node* node = any_node();
    if (node == nullptr) return;
    ++figures_[Figure::Heartbeats];
    node->renew(id);
    const int64_t sent_ms = node->clock().now_ms();
    node->submit(partition_of(id),
                 engine::core::TaskReport{id, statelang::TaskHeartbeat{id.scope, id.attempt}},
                 [=, this](const ApiResult<Reply>& reply) {
                   if (!reply || reply->code != ReplyCode::Done) return;
                   Ledger& entry = ledger_[task_name(id)];
                   entry.beat_sent_ms = std::max(entry.beat_sent_ms, sent_ms);
                   entry.beat_answered_ms = std::max(entry.beat_answered_ms, clock_.now_ms());
                 });
  });
}

// Sends until there is an answer of any kind.
void ClusterWorld::send(const TaskId& id, const Answer& answer, bool honest) {
  if (diverged_.contains(partition_of(id))) return;
  auto again = [this, id, answer, honest](int64_t delay_ms) {
    if (honest) scheduler_.after(delay_ms, [=, this] { send(id, answer, honest); });
  };
  Node* node = any_node();
  if (node == nullptr) return again(700);
  const auto delivery = node->delivery(id);
  auto answered = std::make_shared<bool>(false);
  node->submit(partition_of(id), report_of(id, answer, delivery ? delivery->started_ms : 0),
               [=, this](const ApiResult<Reply>& reply) {
                 *answered = true;
                 if (!reply) return again(random_.between(100, 2'000));
                 node->withdraw(id);  // accepted or refused, this attempt is over
                 result_answered(id, honest, reply->code);
               });
  if (!honest) return;
  scheduler_.after(kAnswerPatienceMs, [again, answered] {
    if (!*answered) again(0);
  });
}

void ClusterWorld::result_answered(const TaskId& id, bool honest, ReplyCode code) {
  const bool done = code == ReplyCode::Done;
  trace("result of " + task_name(id) + (honest ? "" : " (a lie)") + (done ? " accepted" : " refused"));
  if (!done) return;
  if (const auto wrong = note_accepted(ledger_, id, honest)) violate(*wrong);
}

}  // namespace simulation
