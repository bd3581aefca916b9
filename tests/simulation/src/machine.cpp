#include "machine.h"

#include <engine/core/queries.h>

namespace simulation {

using engine::ApiErrorCode;
using engine::core::Reply;

namespace {

// Most tasks are fetched from the store.
engine::runtime::TaskQueueSettings little_room() {
  engine::runtime::TaskQueueSettings settings;
  settings.contents_bytes_max = 300;
  return settings;
}

}  // namespace

Machine::Machine(const Surroundings& surroundings, const std::vector<engine::runtime::LoopSettings>& settings)
    : surroundings_(surroundings),
      process_(std::make_shared<Process>()),
      reply_strand_(surroundings.scheduler, surroundings.clock, process_),
      queue_strand_(surroundings.scheduler, surroundings.clock, process_),
      watcher_strand_(surroundings.scheduler, surroundings.clock, process_),
      replies(reply_strand_, surroundings.clock),
      queues(little_room(), queue_strand_, surroundings.clock, task_name, started_reporter(), task_fetcher()),
      watchers(watcher_strand_, surroundings.clock),
      executor_(surroundings_, replies, queues, watchers) {
  for (const engine::runtime::LoopSettings& one : settings)
    shards_.push_back(std::make_unique<Shard>(surroundings_, process_, one, executor_));
}

engine::Expected<void> Machine::start() {
  for (const auto& shard : shards_) {
    if (auto started = shard->loop.start(); !started) return started;
  }
  return {};
}

void Machine::submit(engine::PartitionId partition, engine::core::RecordBody body,
                     engine::ApiCallback<Reply> done) {
  engine::runtime::ReplyRegistry::Terms terms{partition};
  const auto* start = std::get_if<engine::core::StartExecution>(&body);
  if (start != nullptr && start->synchronous) terms = {partition, 10LL * 24 * 3600 * 1000, true};
  const uint64_t request = replies.expect(terms, std::move(done));
  if (!surroundings_.log.append(partition, {surroundings_.clock.now_ms(), request, 0, std::move(body)})) {
    replies.refuse(request, {ApiErrorCode::Throttled, "log", {}});
  }
}

void Machine::append(engine::PartitionId partition, engine::core::RecordBody body) {
  (void)surroundings_.log.append(partition, {surroundings_.clock.now_ms(), 0, 0, std::move(body)});
}

engine::runtime::TaskQueues::FetchTasks Machine::task_fetcher() {
  return [this](std::vector<engine::core::TaskId> ids,
                std::function<void(engine::runtime::TaskQueues::Fetched)> done) {
    queue_strand_.post([this, ids = std::move(ids), done = std::move(done)] {
      std::vector<std::optional<engine::core::DispatchTask>> tasks;
      for (const engine::core::TaskId& id : ids) {
        auto task = engine::core::read_open_task(
            surroundings_.store.reader(static_cast<engine::PartitionId>(id.partition)), id);
        if (!task) {
          return done(
              statelang::Unexpected{engine::ApiError{ApiErrorCode::Unavailable, task.error().message, {}}});
        }
        tasks.push_back(std::move(*task));
      }
      done(std::move(tasks));
    });
  };
}

}  // namespace simulation
