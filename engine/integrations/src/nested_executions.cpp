#include "nested_executions.h"

#include <optional>

#include <statelang/value.h>

#include "failures.h"
#include "start_request.h"
#include "step_functions_answers.h"

namespace engine::integrations {

using statelang::IntegrationPattern;

namespace {

// Waits end with the execution; this bound is only there because the call wants one: ten years.
constexpr int64_t kWaitMs = int64_t{10} * 366 * 24 * 3600 * 1000;

bool waits(IntegrationPattern pattern) {
  return pattern == IntegrationPattern::Sync || pattern == IntegrationPattern::Sync2;
}

}  // namespace

struct NestedExecutions::Child {
  PolledTask task;
  IntegrationPattern pattern{};
  Caller caller{};
  StartExecutionRequest request;
  std::string arn;  // of the child; empty until it is known to be there, unless the name says it
  std::string request_id;
  // Under mutex_:
  bool start_answered = false;
  bool withdrawn = false;
  bool cancelled = false;
};

void NestedExecutions::perform(PolledTask task, const statelang::Resource& resource) {
  auto child = std::make_shared<Child>();
  child->pattern = resource.pattern;
  child->caller = resource.kind == statelang::ResourceKind::AwsSdk ? Caller::Sdk : Caller::Optimized;
  child->request_id = id_of(task.task.execution_arn, task.task.id, "request");
  auto request = start_request(task.task);
  child->task = std::move(task);
  if (!request) return fail(child, request.error());
  child->request = std::move(*request);
  child->arn = execution_arn_of(child->request);
  {
    std::lock_guard lock(mutex_);
    open_[child->task.token] = child;
  }
  if (child->task.task.cancelled) return stop(child, 0);
  if (child->task.task.submitted) return go_on(child);
  if (auto invalid = invalid_start(child->request)) {
    return fail(child, step_functions_failure(child->caller, *invalid, child->request_id));
  }
  if (waits(child->pattern)) {
    const auto machine = engine_.describe_state_machine(machine_arn_of(child->request));
    if (machine && machine->type == core::MachineType::Express) {
      const ApiError error{ApiErrorCode::StateMachineTypeNotSupported,
                           "This operation is not supported by this type of state machine",
                           {}};
      return fail(child, step_functions_failure(child->caller, error, child->request_id));
    }
  }
  start(child, 0);
}

// After a restart: the child is there.
void NestedExecutions::go_on(const ChildPtr& child) {
  {
    std::lock_guard lock(mutex_);
    child->start_answered = true;
  }
  if (waits(child->pattern)) wait(child, 0);
}

bool NestedExecutions::over(const ChildPtr& child) const {
  std::lock_guard lock(mutex_);
  return child->withdrawn;
}

size_t NestedExecutions::open() const {
  std::lock_guard lock(mutex_);
  return open_.size();
}

void NestedExecutions::forget(const ChildPtr& child) {
  std::lock_guard lock(mutex_);
  open_.erase(child->task.token);
}

void NestedExecutions::fail(const ChildPtr& child, statelang::Failure failure) {
  forget(child);
  reporter_.fail(child->task.token, std::move(failure), !child->task.task.submitted);
}

// ------------------------------------------------------------------------------------------ start

void NestedExecutions::start(ChildPtr child, int attempt) {
  engine_.start_execution(child->request, [this, child, attempt](ApiResult<StartedExecution> answer) {
    started(child, std::move(answer), attempt);
  });
}

void NestedExecutions::started(const ChildPtr& child, ApiResult<StartedExecution> answer, int attempt) {
  if (!answer && answer.error().code == ApiErrorCode::ExecutionAlreadyExists) {
    // Started by this very attempt before a restart, and over by now?
    if (auto known = engine_.describe_execution(child->arn);
        known && known->parent_task == child->request.parent_task &&
        known->parent_execution_arn == child->request.parent_execution_arn) {
      answer = StartedExecution{known->execution_arn, known->start_ms};
    }
  }
  const bool again = !answer && worth_retrying(answer.error().code);
  bool withdrawn = false, cancelled = false;
  {
    std::lock_guard lock(mutex_);
    if (answer) child->arn = answer->execution_arn;  // before withdrawn() may look at it
    child->start_answered = !again;
    withdrawn = child->withdrawn;
    cancelled = child->cancelled;
  }
  if (cancelled) return stop(child, 0);
  if (withdrawn) return;
  if (again) {
    return io_.after(retry_delay_ms(attempt), [this, child, attempt] { start(child, attempt + 1); });
  }
  if (!answer && answer.error().code == ApiErrorCode::ShuttingDown) return;
  if (!answer) return fail(child, step_functions_failure(child->caller, answer.error(), child->request_id));
  answer_start(child, answer->start_ms);
}

void NestedExecutions::answer_start(const ChildPtr& child, int64_t start_ms) {
  const StartedExecution started{child->arn, start_ms};
  std::string answer =
      child->caller == Caller::Sdk ? sdk_start_answer(started) : start_answer(started, child->request_id);
  switch (child->pattern) {
    case IntegrationPattern::RequestResponse:
      forget(child);
      return reporter_.succeed(child->task.token, std::move(answer));
    case IntegrationPattern::WaitForTaskToken:
      return reporter_.submitted(child->task.token, std::move(answer), [] {});
    case IntegrationPattern::Sync:
    case IntegrationPattern::Sync2:
      return reporter_.submitted(child->task.token, std::move(answer), [this, child] { wait(child, 0); });
  }
}

// ------------------------------------------------------------------------------------------ end

void NestedExecutions::wait(const ChildPtr& child, int attempt) {
  if (over(child)) return;
  engine_.wait_for_execution(child->arn, kWaitMs, [this, child, attempt](ApiResult<Execution> answer) {
    if (over(child)) return;
    if (answer && answer->stop_ms != 0) return ended(child, *answer);
    if (!answer && answer.error().code == ApiErrorCode::ShuttingDown) return;
    if (!answer && !worth_retrying(answer.error().code)) {
      child->task.task.submitted = true;
      return fail(child, step_functions_failure(child->caller, answer.error(), child->request_id));
    }
    io_.after(retry_delay_ms(attempt), [this, child, attempt] { wait(child, attempt + 1); });
  });
}

void NestedExecutions::ended(const ChildPtr& child, const Execution& execution) {
  forget(child);
  if (execution.status == statelang::ExecutionStatus::Succeeded) {
    return reporter_.succeed(child->task.token,
                             describe_answer(execution, child->pattern == IntegrationPattern::Sync2));
  }
  reporter_.fail(child->task.token,
                 {std::string(statelang::errors::kTaskFailed), describe_answer(execution, false)});
}

// ------------------------------------------------------------------------------------------ cancellation

void NestedExecutions::withdrawn(PolledTask task, bool cancelled) {
  ChildPtr child;
  bool stop_now = false;
  {
    std::lock_guard lock(mutex_);
    auto found = open_.find(task.token);
    if (found == open_.end()) return;
    child = found->second;
    open_.erase(found);
    child->withdrawn = true;
    child->cancelled = cancelled;
    stop_now = cancelled && child->start_answered;
  }
  if (stop_now) stop(child, 0);
}

// Stops the child if it is this attempt's own, and then reports: that is what ends the cancelled task for
// good.
void NestedExecutions::stop(const ChildPtr& child, int attempt) {
  const auto done = [this, child] {
    fail(child, {std::string(statelang::errors::kTaskFailed), "cancelled"});
  };
  const auto execution = engine_.describe_execution(child->arn);
  if (!execution && worth_retrying(execution.error().code)) {
    return io_.after(retry_delay_ms(attempt), [this, child, attempt] { stop(child, attempt + 1); });
  }
  if (!execution || execution->stop_ms != 0 || execution->parent_task != child->request.parent_task ||
      execution->parent_execution_arn != child->request.parent_execution_arn) {
    return done();
  }
  StopExecutionRequest request{child->arn, {{}, {}, false, true}};
  request.failure.cause =
      "The task of " + child->request.parent_execution_arn + " that waited for this execution was ended.";
  engine_.stop_execution(std::move(request), [this, child, attempt, done](ApiResult<int64_t> stopped) {
    if (stopped || stopped.error().code == ApiErrorCode::ExecutionDoesNotExist) return done();
    if (!worth_retrying(stopped.error().code)) return;
    io_.after(retry_delay_ms(attempt), [this, child, attempt] { stop(child, attempt + 1); });
  });
}

}  // namespace engine::integrations
