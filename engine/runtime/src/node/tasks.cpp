// Tasks: polls and reports. The token says which attempt of which partition; whether it still counts is
// decided by Partition::apply.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <engine/core/queries.h>
#include <engine/wire/task_token.h>
#include <statelang/encoding.h>

#include "node_engine.h"

namespace engine::runtime {

namespace {

ApiError invalid_token() {
  return {ApiErrorCode::InvalidToken, "Invalid Token: 'Invalid token'", {}};
}

core::TaskReport report_of(const core::TaskId& id, TaskResult result, std::string worker,
                           int64_t started_ms) {
  const bool whole = result.whole_answer;
  if (result.output) {
    return {id,
            statelang::TaskSucceeded{id.scope, id.attempt,
                                     statelang::Payload::from_text(std::move(*result.output)),
                                     std::move(worker), started_ms},
            whole};
  }
  return {id,
          statelang::TaskFailed{id.scope, id.attempt, std::move(result.failure), std::move(worker),
                                started_ms, result.submission},
          whole};
}

}  // namespace

std::string NodeEngine::token(const core::TaskId& id) const {
  return wire::make_task_token(settings_.token_key, {id.partition, static_cast<uint64_t>(id.execution),
                                                     static_cast<uint32_t>(id.scope), id.attempt});
}

std::optional<core::TaskId> NodeEngine::task_id(std::string_view token) const {
  const auto numbers = wire::parse_task_token(settings_.token_key, token);
  if (!numbers || numbers->partition >= store_->partition_count()) return std::nullopt;
  return core::TaskId{numbers->partition, static_cast<core::ExecutionNumber>(numbers->execution),
                      static_cast<statelang::ScopeId>(numbers->scope), numbers->attempt};
}

TaskQueues::FetchTasks NodeEngine::task_fetcher() {
  return [this](std::vector<core::TaskId> ids, std::function<void(TaskQueues::Fetched)> done) {
    fetch_strand_->post([this, ids = std::move(ids), done = std::move(done)] { done(read_open_tasks(ids)); });
  };
}

TaskQueues::Fetched NodeEngine::read_open_tasks(const std::vector<core::TaskId>& ids) const {
  std::vector<std::optional<core::DispatchTask>> tasks;
  tasks.reserve(ids.size());
  for (const core::TaskId& id : ids) {
    auto task = core::read_open_task(reader(static_cast<PartitionId>(id.partition)), id);
    if (!task) return statelang::Unexpected{api_error(task.error())};
    tasks.push_back(std::move(*task));
  }
  return tasks;
}

void NodeEngine::poll_tasks(PollTasksRequest request, ApiCallback<std::vector<PolledTask>> done) {
  const auto abandoned = request.abandoned;
  queues_.poll(std::move(request),
               [this, abandoned, done = std::move(done)](ApiResult<std::vector<PolledTask>> polled) {
                 if (polled && abandoned && abandoned->load()) {  // just now
                   for (const PolledTask& task : *polled) queues_.take_back(task.task.id);
                   polled->clear();
                 }
                 if (polled) metrics_.tasks_delivered.add(polled->size());
                 done(std::move(polled));
               });
}

// A thousand workers that go at once are one search, not a thousand.
void NodeEngine::end_abandoned_polls(std::string queue) {
  {
    const std::lock_guard lock(abandoned_mutex_);
    if (!abandoned_queues_.insert(queue).second) return;
  }
  queue_strand_->post([this, queue = std::move(queue)] {
    {
      const std::lock_guard lock(abandoned_mutex_);
      abandoned_queues_.erase(queue);
    }
    end_abandoned_now(queue);
  });
}

void NodeEngine::end_abandoned_now(const std::string& queue) {
  queues_.end_abandoned(queue);
}

void NodeEngine::report_task(TaskResult result, std::string worker, ApiCallback<bool> done) {
  const auto id = task_id(result.token);
  if (!id) return done(statelang::Unexpected{invalid_token()});
  if (result.output && !statelang::valid_json(*result.output)) {
    return done(statelang::Unexpected{
        ApiError{ApiErrorCode::InvalidOutput, "Invalid Output: 'not a JSON text'", {}}});
  }
  int64_t started_ms = 0;
  auto delivery = queues_.delivery(*id);
  if (!delivery) delivery = delivered_elsewhere(*id);
  if (delivery) {
    started_ms = delivery->started_ms;
    if (worker.empty()) worker = delivery->worker;
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto partition = static_cast<PartitionId>(id->partition);
  submit(partition, report_of(*id, std::move(result), std::move(worker), started_ms), {partition},
         [this, id = *id, begun, done = std::move(done)](ApiResult<core::Reply> answer) {
           if (!answer) return done(statelang::Unexpected{answer.error()});
           queues_.withdraw(id);  // accepted or refused, this attempt is over
           const auto took = std::chrono::steady_clock::now() - begun;
           metrics_.task_result_seconds.observe(std::chrono::duration<double>(took).count());
           const bool accepted = answer->code == core::ReplyCode::Done;
           (accepted ? metrics_.task_results_accepted : metrics_.task_results_refused).add();
           if (!accepted) return done(statelang::Unexpected{api_error(*answer)});
           done(true);
         });
}

void NodeEngine::report_submitted(std::string token, std::string output, ApiCallback<bool> done) {
  const auto id = task_id(token);
  if (!id) return done(statelang::Unexpected{invalid_token()});
  core::TaskReport report{*id, statelang::TaskSubmitted{id->scope, id->attempt,
                                                        statelang::Payload::from_text(std::move(output))}};
  const auto partition = static_cast<PartitionId>(id->partition);
  submit(partition, std::move(report), {partition}, [done = std::move(done)](ApiResult<core::Reply> answer) {
    if (!answer) return done(statelang::Unexpected{answer.error()});
    if (answer->code != core::ReplyCode::Done) return done(statelang::Unexpected{api_error(*answer)});
    done(true);
  });
}

void NodeEngine::set_task_performer(std::shared_ptr<TaskPerformer> performer) {
  queues_.set_performer(std::move(performer));
}

void NodeEngine::heartbeat_task(std::string token, ApiCallback<HeartbeatAnswer> done) {
  const auto id = task_id(token);
  if (!id) return done(statelang::Unexpected{invalid_token()});
  // Known here and without a heartbeat limit: there is no timer to move, so nothing to make durable.
  if (queues_.renew(*id) == std::optional<int64_t>(0)) return done(HeartbeatAnswer{false});
  const auto partition = static_cast<PartitionId>(id->partition);
  submit(partition, core::TaskReport{*id, statelang::TaskHeartbeat{id->scope, id->attempt}}, {partition},
         [done = std::move(done)](ApiResult<core::Reply> answer) {
           if (!answer) return done(statelang::Unexpected{answer.error()});
           if (answer->code == core::ReplyCode::TaskTimedOut) return done(HeartbeatAnswer{true});
           if (answer->code != core::ReplyCode::Done) return done(statelang::Unexpected{api_error(*answer)});
           done(HeartbeatAnswer{false});
         });
}

void NodeEngine::renew_leases(const std::vector<std::string>& tokens) {
  for (const std::string& token : tokens) {
    if (const auto id = task_id(token)) (void)queues_.renew(*id);
  }
}

std::string NodeEngine::authenticate(std::string_view purpose, std::string_view text) const {
  const std::string message = std::string(purpose) + '\0' + std::string(text);
  std::array<unsigned char, EVP_MAX_MD_SIZE> code;
  unsigned int size = 0;
  HMAC(EVP_sha256(), settings_.token_key.data(), static_cast<int>(settings_.token_key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), code.data(), &size);
  return statelang::to_hex({reinterpret_cast<const char*>(code.data()), size});
}

}  // namespace engine::runtime
