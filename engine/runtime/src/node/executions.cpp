// Starting, stopping and waiting for executions.
#include <algorithm>

#include <engine/core/log_settings.h>
#include <engine/core/queries.h>

#include "engine_parts.h"
#include "node_engine.h"
#include "unique_id.h"

namespace engine::runtime {

using statelang::Unexpected;

namespace {

// A start that names an unregistered revision is sent again behind the registration. Twice is enough: only a
// registration refused for want of space makes it happen again.
constexpr int kStartAttemptsMax = 3;
// StartSyncExecution: AWS ends it after five minutes.
constexpr int64_t kSyncExpressMsMax = 300'000;

// FNV-1a: where an execution lives must never change, so no std::hash.
uint64_t stable_hash(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash ^ (hash >> 32);
}

// ARN#TestCase, Step Functions Local's way of starting with mocks: takes the test case off.
std::string split_test_case(std::string& state_machine_arn) {
  const size_t mark = state_machine_arn.find('#');
  if (mark == std::string::npos) return {};
  std::string test_case = state_machine_arn.substr(mark + 1);
  state_machine_arn.resize(mark);
  return test_case;
}

// For calls that are answered with the time of what they did.
ApiCallback<core::Reply> with_time(ApiCallback<int64_t> done) {
  return [done = std::move(done)](ApiResult<core::Reply> answer) {
    if (!answer) return done(Unexpected{answer.error()});
    if (answer->code != core::ReplyCode::Done) return done(Unexpected{api_error(*answer)});
    done(answer->time_ms);
  };
}

}  // namespace

struct NodeEngine::StartCall {
  std::shared_ptr<const StateMachine> machine;
  core::StartExecution record;
  PartitionId partition{};
  ReplyRegistry::Terms terms;
  int attempts_left = kStartAttemptsMax;
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  ApiCallback<core::Reply> done;
};

// A start whose caller waits for the end: the answer and the end come from different threads, in any order.
struct NodeEngine::WaitedStart {
  std::string arn;
  int64_t until_ms = 0;

  std::mutex mutex;                   // guards what follows
  core::ExecutionNumber execution{};  // once started
  std::optional<ExecutionWatchers::Seen> seen;
  ApiCallback<Execution> done;  // null once it is called

  ApiCallback<Execution> take_done() {
    std::lock_guard lock(mutex);
    return std::exchange(done, nullptr);
  }
  void fail(const ApiError& error) {
    if (auto callback = take_done()) callback(Unexpected{error});
  }
};

PartitionId NodeEngine::partition_of(std::string_view execution_arn) const {
  if (execution_arn.find('/') != std::string_view::npos) return partition_of_child(execution_arn);
  return static_cast<PartitionId>(stable_hash(execution_arn) % store_->partition_count());
}

// Of a child of a Distributed Map or a Map Run: their parent's, which their ARN does not tell. The first one
// when there is none.
PartitionId NodeEngine::partition_of_child(std::string_view arn) const {
  const bool is_run = arn.find(":mapRun:") != std::string_view::npos;
  for (uint16_t i = 0; i < store_->partition_count(); ++i) {
    const auto partition = static_cast<PartitionId>(i);
    if (is_run) {
      const auto run = core::read_map_run(reader(partition), arn);
      if (run && *run) return partition;
    } else {
      const auto number = core::find_execution(reader(partition), arn);
      if (number && *number) return partition;
    }
  }
  return PartitionId{0};
}

// Express executions may share a name: a UUID tells them apart.
std::string NodeEngine::execution_arn(const StateMachine& machine, const std::string& name) const {
  const bool express = machine.type == core::MachineType::Express;
  std::string arn = "arn:aws:states:" + settings_.region + ":" + settings_.account;
  arn += (express ? ":express:" : ":execution:") + machine.name + ":" + name;
  return express ? arn + ":" + random_uuid() : arn;
}

ApiResult<std::shared_ptr<NodeEngine::StartCall>> NodeEngine::prepare(StartExecutionRequest request) {
  std::string test_case = split_test_case(request.state_machine_arn);
  if (request.name.empty()) request.name = random_uuid();
  auto found = resolve(request.state_machine_arn, request.name);
  if (!found) return Unexpected{found.error()};
  if (found->deleting) return Unexpected{deleting_machine(request.state_machine_arn)};
  if (!test_case.empty()) {
    const auto performer = queues_.performer();
    if (!performer || !performer->has_test_case(found->machine->name, test_case)) {
      return Unexpected{ApiError{ApiErrorCode::InvalidArn,
                                 "Invalid Arn: 'the mock configuration has no test case " + test_case +
                                     " for the state machine " + found->machine->name + "'",
                                 {}}};
    }
  }
  auto call = prepare_for(std::move(found->machine), std::move(request));
  if (!call) return call;
  (*call)->record.test_case = std::move(test_case);
  (*call)->record.state_machine_version_arn = std::move(found->version_arn);
  (*call)->record.state_machine_alias_arn = std::move(found->alias_arn);
  return call;
}

ApiResult<std::shared_ptr<NodeEngine::StartCall>> NodeEngine::prepare_for(
    std::shared_ptr<const StateMachine> machine, StartExecutionRequest request) {
  if (request.input.size_bytes() > kInputBytesMax) {
    return Unexpected{ApiError{ApiErrorCode::InvalidExecutionInput,
                               "the input is larger than " + std::to_string(kInputBytesMax) + " bytes",
                               {}}};
  }
  if (!queues_.has_room()) {
    metrics_.requests_throttled.add();
    return Unexpected{
        ApiError{ApiErrorCode::Throttled, "open-tasks-max: too many tasks are open; try again later", {}}};
  }
  auto call = std::make_shared<StartCall>();
  call->machine = std::move(machine);
  call->record.name = request.name.empty() ? random_uuid() : std::move(request.name);
  call->record.execution_arn = execution_arn(*call->machine, call->record.name);
  call->record.revision_id = call->machine->revision_id;
  call->record.input = std::move(request.input);
  call->record.trace_header = std::move(request.trace_header);
  call->record.parent_execution_arn = std::move(request.parent_execution_arn);
  call->record.parent_task = std::move(request.parent_task);
  call->partition = partition_of(call->record.execution_arn);
  call->terms.partition = call->partition;
  return call;
}

// Definitions become known to a partition right before the first start that needs them.
void NodeEngine::make_known(PartitionId partition, const StateMachine& machine, bool again) {
  Shard& shard = *shards_[static_cast<size_t>(partition)];
  {
    std::lock_guard lock(shard.known_mutex);
    if (!shard.known_revisions.insert(machine.revision_id).second && !again) return;
  }
  core::RegisterDefinition record{machine.revision_id,
                                  machine.arn,
                                  machine.name,
                                  machine.type,
                                  machine.role_arn,
                                  machine.definition,
                                  core::log_settings(machine.configuration)};
  // A full log refuses the start behind it, too.
  (void)log_->append(partition, core::Record{now_ms(), 0, node_, std::move(record)});
}

void NodeEngine::start(std::shared_ptr<StartCall> call) {
  make_known(call->partition, *call->machine, call->attempts_left < kStartAttemptsMax);
  --call->attempts_left;
  core::StartExecution record = call->record;
  submit(call->partition, std::move(record), call->terms,
         [this, call](ApiResult<core::Reply> answer) { started(call, std::move(answer)); });
}

void NodeEngine::started(std::shared_ptr<StartCall> call, ApiResult<core::Reply> answer) {
  if (!answer) return call->done(Unexpected{answer.error()});
  if (answer->code == core::ReplyCode::UnknownRevision && call->attempts_left > 0)
    return start(std::move(call));
  if (answer->code != core::ReplyCode::Done) return call->done(Unexpected{api_error(*answer)});
  metrics_.executions_started.add();
  const auto took = std::chrono::steady_clock::now() - call->begun;
  metrics_.start_seconds.observe(std::chrono::duration<double>(took).count());
  call->done(std::move(answer));
}

void NodeEngine::start_execution(StartExecutionRequest request, ApiCallback<StartedExecution> done) {
  auto call = prepare(std::move(request));
  if (!call) return done(Unexpected{call.error()});
  (*call)->done = [arn = (*call)->record.execution_arn,
                   done = std::move(done)](ApiResult<core::Reply> answer) {
    if (!answer) return done(Unexpected{answer.error()});
    done(StartedExecution{arn, answer->time_ms});
  };
  start(std::move(*call));
}

// ------------------------------------------------------------------------------------------ waiting

void NodeEngine::start_and_wait(StartExecutionRequest request, int64_t wait_ms, ApiCallback<Execution> done) {
  auto prepared = prepare(std::move(request));
  if (!prepared) return done(Unexpected{prepared.error()});
  std::shared_ptr<StartCall> call = std::move(*prepared);
  if (call->machine->type == core::MachineType::Express)
    return start_express(std::move(call), wait_ms, std::move(done));
  auto waited = std::make_shared<WaitedStart>();
  waited->arn = call->record.execution_arn;
  waited->until_ms = now_ms() + wait_ms;
  waited->done = std::move(done);
  // Watched before it is started: it need not be read whether it ended meanwhile.
  const uint64_t watcher = watchers_.watch(waited->arn, ExecutionWatchers::Event::End, wait_ms,
                                           [this, waited](ApiResult<ExecutionWatchers::Seen> seen) {
                                             if (!seen) return waited->fail(seen.error());
                                             {
                                               std::lock_guard lock(waited->mutex);
                                               waited->seen = std::move(*seen);
                                               if (waited->execution == core::ExecutionNumber{}) return;
                                             }
                                             answer_waited(waited);
                                           });
  call->done = [this, waited, watcher](ApiResult<core::Reply> answer) {
    if (!answer) {
      watchers_.forget(watcher);
      return waited->fail(answer.error());
    }
    {
      std::lock_guard lock(waited->mutex);
      waited->execution = answer->execution;
      if (!waited->seen) return;
    }
    answer_waited(waited);
  };
  start(std::move(call));
}

// Both answers are there. What was seen may be the end of an earlier execution of that name.
void NodeEngine::answer_waited(const std::shared_ptr<WaitedStart>& waited) {
  const ExecutionWatchers::Seen& seen = *waited->seen;
  if (seen.happened && seen.execution != waited->execution) {
    const int64_t left_ms = std::max<int64_t>(waited->until_ms - now_ms(), 0);
    return wait_for_end(waited->arn, waited->execution, left_ms, waited->take_done());
  }
  waited->take_done()(describe_ended(waited->arn, waited->execution, seen));
}

void NodeEngine::run_unlisted(StateMachine machine, statelang::Payload input, int64_t wait_ms,
                              ApiCallback<Execution> done) {
  StartExecutionRequest request;
  request.input = std::move(input);
  auto call = prepare_for(std::make_shared<const StateMachine>(std::move(machine)), std::move(request));
  if (!call) return done(Unexpected{call.error()});
  start_express(std::move(*call), wait_ms, std::move(done));
}

void NodeEngine::start_express(std::shared_ptr<StartCall> call, int64_t wait_ms,
                               ApiCallback<Execution> done) {
  call->record.synchronous = true;
  call->terms.in_memory = true;
  call->terms.timeout_ms = std::clamp<int64_t>(wait_ms, 1, kSyncExpressMsMax);
  Execution execution;
  execution.execution_arn = call->record.execution_arn;
  execution.name = call->record.name;
  execution.state_machine_arn = call->machine->arn;
  execution.state_machine_version_arn = call->record.state_machine_version_arn;
  execution.state_machine_alias_arn = call->record.state_machine_alias_arn;
  execution.revision_id = call->machine->revision_id;
  execution.input = call->record.input;
  execution.start_ms = now_ms();
  execution.status = statelang::ExecutionStatus::Running;
  const int64_t until_ms = execution.start_ms + call->terms.timeout_ms;
  call->done = [this, until_ms, execution = std::move(execution),
                done = std::move(done)](ApiResult<core::Reply> answer) mutable {
    if (!answer && answer.error().code == ApiErrorCode::Unavailable && now_ms() >= until_ms) {
      return done(std::move(execution));  // still running when the caller's patience ended
    }
    if (!answer) return done(Unexpected{answer.error()});
    execution.status = answer->status;
    execution.stop_ms = now_ms();
    if (execution.status == statelang::ExecutionStatus::Succeeded) {
      execution.output = std::move(answer->output);
    } else {
      if (answer->failure.has_error) execution.error = std::move(answer->failure.error);
      if (answer->failure.has_cause) execution.cause = std::move(answer->failure.cause);
    }
    done(std::move(execution));
  };
  start(std::move(call));
}

void NodeEngine::wait_for_execution(std::string arn, int64_t wait_ms, ApiCallback<Execution> done) {
  const auto number = find_execution(arn);
  if (!number) return done(Unexpected{number.error()});
  wait_for_end(std::move(arn), *number, wait_ms, std::move(done));
}

void NodeEngine::wait_for_end(std::string arn, core::ExecutionNumber number, int64_t wait_ms,
                              ApiCallback<Execution> done) {
  if (wait_ms <= 0) return done(describe_execution(arn, number));
  const StoreReader& store = reader(partition_of(arn));
  const uint64_t watcher =
      watchers_.watch(arn, ExecutionWatchers::Event::End, wait_ms,
                      [this, arn, number, done = std::move(done)](ApiResult<ExecutionWatchers::Seen> seen) {
                        if (!seen) return done(Unexpected{seen.error()});
                        done(describe_ended(arn, number, *seen));
                      });
  // It may have ended before the watcher was there. What cannot be read is told by describe_execution().
  const auto ended = core::has_ended(store, number);
  if (!ended || *ended) watchers_.answer(watcher);
}

void NodeEngine::wait_for_history(std::string arn, statelang::EventId after_id, int64_t wait_ms,
                                  ApiCallback<bool> done) {
  auto news = has_history_after(arn, after_id);
  if (!news) return done(Unexpected{news.error()});
  if (*news || wait_ms <= 0) return done(*news);
  const uint64_t watcher = watchers_.watch(arn, ExecutionWatchers::Event::Change, wait_ms,
                                           [done = std::move(done)](ApiResult<ExecutionWatchers::Seen> seen) {
                                             if (!seen) return done(Unexpected{seen.error()});
                                             done(seen->happened);
                                           });
  news = has_history_after(arn, after_id);
  if (!news || *news) watchers_.answer(watcher);
}

void NodeEngine::stop_execution(StopExecutionRequest request, ApiCallback<int64_t> done) {
  const PartitionId partition = partition_of(request.execution_arn);
  submit(partition, core::StopExecution{std::move(request.execution_arn), std::move(request.failure)},
         {partition}, with_time(std::move(done)));
}

namespace {

// arn:...:execution:NAME:... -> arn:...:stateMachine:NAME
std::string machine_arn_of(std::string_view execution_arn) {
  constexpr std::string_view kKind = ":execution:";
  const size_t kind = execution_arn.find(kKind);
  if (kind == std::string_view::npos) return {};
  const size_t name = kind + kKind.size();
  return std::string(execution_arn.substr(0, kind)) +
         ":stateMachine:" + std::string(execution_arn.substr(name, execution_arn.find(':', name) - name));
}

}  // namespace

void NodeEngine::redrive_execution(RedriveExecutionRequest request, ApiCallback<int64_t> done) {
  if (is_being_deleted(machine_arn_of(request.execution_arn))) {
    return done(Unexpected{ApiError{ApiErrorCode::ExecutionNotRedrivable, std::string(kDeletingReason), {}}});
  }
  const PartitionId partition = partition_of(request.execution_arn);
  submit(partition, core::RedriveExecution{std::move(request.execution_arn), std::move(request.client_token)},
         {partition}, with_time(std::move(done)));
}

void NodeEngine::update_map_run(core::UpdateMapRun update, ApiCallback<bool> done) {
  const PartitionId partition = partition_of(update.map_run_arn);
  submit(partition, std::move(update), {partition}, [done = std::move(done)](ApiResult<core::Reply> answer) {
    if (!answer) return done(Unexpected{answer.error()});
    if (answer->code != core::ReplyCode::Done) return done(Unexpected{api_error(*answer)});
    done(true);
  });
}

}  // namespace engine::runtime
