// How the simulated workers of a cluster get tasks: they poll any node, or read the task topic.
#include "nodes/cluster_world.h"

namespace simulation {

using engine::ApiResult;

namespace {
constexpr int64_t kPollMs = 10'000;
// A message that its worker does not commit comes to another one.
constexpr int64_t kRedeliveredMs = 15'000;
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

}  // namespace simulation
