#include "machine.h"

namespace simulation {

using engine::ApiErrorCode;
using engine::ApiResult;
using engine::core::Reply;
using engine::core::ReplyCode;
using engine::core::TaskId;

namespace {
constexpr engine::PartitionId kPartition{0};
}

std::string task_name(const TaskId& id) {
  return std::to_string(static_cast<uint64_t>(id.execution)) + "/" +
         std::to_string(static_cast<uint32_t>(id.scope)) + "/" + std::to_string(id.attempt);
}

Machine::Machine(const Surroundings& surroundings, const engine::runtime::LoopSettings& settings)
    : surroundings_(surroundings),
      process_(std::make_shared<Process>()),
      loop_strand_(surroundings.scheduler, surroundings.clock, process_),
      reply_strand_(surroundings.scheduler, surroundings.clock, process_),
      queue_strand_(surroundings.scheduler, surroundings.clock, process_),
      watcher_strand_(surroundings.scheduler, surroundings.clock, process_),
      replies(reply_strand_, surroundings.clock),
      queues({}, queue_strand_, surroundings.clock, task_name, started_reporter()),
      watchers(watcher_strand_, surroundings.clock),
      executor_(surroundings_, replies, queues, watchers),
      loop_(settings, loop_strand_, surroundings.clock, surroundings.log, surroundings.store, executor_) {}

void Machine::submit(engine::core::RecordBody body, engine::ApiCallback<Reply> done, bool in_memory) {
  engine::runtime::ReplyRegistry::Terms terms{kPartition};
  if (in_memory) terms = {kPartition, 10LL * 24 * 3600 * 1000, true};
  const uint64_t request = replies.expect(terms, std::move(done));
  if (!surroundings_.log.append(kPartition, {surroundings_.clock.now_ms(), request, 0, std::move(body)})) {
    replies.refuse(request, {ApiErrorCode::Throttled, "log", {}});
  }
}

void Machine::append(engine::core::RecordBody body) {
  (void)surroundings_.log.append(kPartition, {surroundings_.clock.now_ms(), 0, 0, std::move(body)});
}

engine::runtime::TaskQueues::ReportStarted Machine::started_reporter() {
  return [this](const TaskId& id, std::string worker, int64_t started_ms,
                std::function<void(ApiResult<ReplyCode>)> answered) {
    engine::core::TaskReport report{
        id, statelang::TaskStarted{id.scope, id.attempt, std::move(worker), started_ms}};
    if (!answered) return append(std::move(report));
    submit(std::move(report), [answered](ApiResult<Reply> answer) {
      if (!answer) return answered(statelang::Unexpected{answer.error()});
      answered(answer->code);
    });
  };
}

}  // namespace simulation
