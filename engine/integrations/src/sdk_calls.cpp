#include "sdk_calls.h"

#include <statelang/value.h>

#include "failures.h"
#include "start_request.h"
#include "step_functions_answers.h"

namespace engine::integrations {

using statelang::Value;

namespace {
// The service ends synchronous Express executions after five minutes.
constexpr int64_t kSyncWaitMs = 5 * 60 * 1000;
}  // namespace

struct SdkCalls::Call {
  PolledTask task;
  std::string request_id;
  int attempt = 0;

  std::string text(std::string_view name) const {
    const Value* found = task.task.input.value().find(name);
    if (!found || found->is_null()) return {};
    return found->is_string() ? std::string(found->as_string()) : statelang::to_json(*found);
  }
  bool has(std::string_view name) const { return task.task.input.value().find(name) != nullptr; }
};

const SdkCalls::Row SdkCalls::kRows[] = {
    {"startSyncExecution", &SdkCalls::start_sync},
    {"describeExecution", &SdkCalls::describe},
    {"stopExecution", &SdkCalls::stop},
    {"sendTaskSuccess", &SdkCalls::send_success},
    {"sendTaskFailure", &SdkCalls::send_failure},
    {"sendTaskHeartbeat", &SdkCalls::send_heartbeat},
};

bool SdkCalls::knows(std::string_view api) {
  for (const Row& row : kRows) {
    if (row.api == api) return true;
  }
  return false;
}

void SdkCalls::perform(PolledTask task, std::string_view api) {
  auto call = std::make_shared<Call>();
  call->request_id = id_of(task.task.execution_arn, task.task.id, "request");
  call->task = std::move(task);
  for (const Row& row : kRows) {
    if (row.api == api) return (this->*row.action)(call);
  }
}

void SdkCalls::failed(const CallPtr& call, const ApiError& error, Action action) {
  if (error.code == ApiErrorCode::ShuttingDown) return;
  if (worth_retrying(error.code)) {
    io_.after(retry_delay_ms(call->attempt++), [this, call, action] { (this->*action)(call); });
    return;
  }
  reporter_.fail(call->task.token, step_functions_failure(Caller::Sdk, error, call->request_id));
}

void SdkCalls::start_sync(const CallPtr& call) {
  auto request = start_request(call->task.task);
  if (!request) return reporter_.fail(call->task.token, request.error());
  if (auto invalid = invalid_start(*request)) {
    return failed(call, *invalid, &SdkCalls::start_sync);
  }
  const auto machine = engine_.describe_state_machine(machine_arn_of(*request));
  if (machine && machine->type != core::MachineType::Express) {
    const ApiError error{ApiErrorCode::StateMachineTypeNotSupported,
                         "This operation is not supported by this type of state machine",
                         {}};
    return failed(call, error, &SdkCalls::start_sync);
  }
  engine_.start_and_wait(std::move(*request), kSyncWaitMs, [this, call](ApiResult<Execution> ended) {
    if (!ended) return failed(call, ended.error(), &SdkCalls::start_sync);
    reporter_.succeed(call->task.token, sdk_sync_answer(*ended));
  });
}

void SdkCalls::describe(const CallPtr& call) {
  const auto execution = engine_.describe_execution(call->text("ExecutionArn"));
  if (!execution) return failed(call, execution.error(), &SdkCalls::describe);
  reporter_.succeed(call->task.token, sdk_describe_answer(*execution));
}

void SdkCalls::stop(const CallPtr& call) {
  StopExecutionRequest request{
      call->text("ExecutionArn"),
      {call->text("Error"), call->text("Cause"), call->has("Error"), call->has("Cause")}};
  engine_.stop_execution(std::move(request), [this, call](ApiResult<int64_t> stopped) {
    if (!stopped) return failed(call, stopped.error(), &SdkCalls::stop);
    reporter_.succeed(call->task.token, sdk_stop_answer(*stopped));
  });
}

void SdkCalls::send_success(const CallPtr& call) {
  TaskResult result{call->text("TaskToken"), call->text("Output"), {}};
  engine_.report_task(std::move(result), {}, [this, call](ApiResult<bool> reported) {
    if (!reported) return failed(call, reported.error(), &SdkCalls::send_success);
    reporter_.succeed(call->task.token, "{}");
  });
}

void SdkCalls::send_failure(const CallPtr& call) {
  TaskResult result{call->text("TaskToken"),
                    std::nullopt,
                    {call->text("Error"), call->text("Cause"), call->has("Error"), call->has("Cause")}};
  engine_.report_task(std::move(result), {}, [this, call](ApiResult<bool> reported) {
    if (!reported) return failed(call, reported.error(), &SdkCalls::send_failure);
    reporter_.succeed(call->task.token, "{}");
  });
}

void SdkCalls::send_heartbeat(const CallPtr& call) {
  engine_.heartbeat_task(call->text("TaskToken"), [this, call](ApiResult<HeartbeatAnswer> answer) {
    if (!answer) return failed(call, answer.error(), &SdkCalls::send_heartbeat);
    if (answer->cancelled) {
      const ApiError late{
          ApiErrorCode::TaskTimedOut, "Task Timed Out: 'Provided task does not exist anymore'", {}};
      return failed(call, late, &SdkCalls::send_heartbeat);
    }
    reporter_.succeed(call->task.token, "{}");
  });
}

}  // namespace engine::integrations
