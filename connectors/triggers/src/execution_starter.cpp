#include <connectors/triggers/execution_starter.h>
#include <engine/runtime/metrics_text.h>

namespace connectors::triggers {

using engine::ApiError;
using engine::ApiErrorCode;
using statelang::Value;

bool ExecutionStarter::prepare(const TriggerPtr& trigger, const std::string& execution_name,
                               const Value& event, engine::StartExecutionRequest& request,
                               const std::function<void(ApiError)>& fail) {
  request.state_machine_arn = trigger->state_machine.rfind("arn:", 0) == 0
                                  ? trigger->state_machine
                                  : engine_.state_machine_arn(trigger->state_machine);
  request.name = execution_name;
  if (!trigger->input) {
    request.input = statelang::Payload::from_value(event);
    return true;
  }
  statelang::templates::Environment environment;
  environment.roots.input = &event;
  auto input = trigger->input->evaluate(environment);
  if (input) {
    request.input = statelang::Payload::from_value(std::move(*input));
    return true;
  }
  std::string message = "the input of the trigger cannot be made from this event: " + input.error().cause;
  note_failure(trigger->name, message);
  fail(ApiError{ApiErrorCode::InvalidExecutionInput, message, {}});
  return false;
}

std::string ExecutionStarter::execution_arn(const std::string& state_machine_arn,
                                            const std::string& name) const {
  constexpr std::string_view kKind = ":stateMachine:";
  std::string arn = state_machine_arn;
  if (size_t at = arn.find(kKind); at != std::string::npos) arn.replace(at, kKind.size(), ":execution:");
  return arn + ":" + name;
}

void ExecutionStarter::start(const TriggerPtr& trigger, const std::string& execution_name, const Value& event,
                             engine::ApiCallback<StartOutcome> done) {
  engine::StartExecutionRequest request;
  auto fail = [&done](ApiError error) { done(statelang::Unexpected<ApiError>{std::move(error)}); };
  if (!prepare(trigger, execution_name, event, request, fail)) return;
  std::string arn = execution_arn(request.state_machine_arn, execution_name);
  engine_.start_execution(request,
                          [this, trigger, arn, done](engine::ApiResult<engine::StartedExecution> started) {
                            if (started) {
                              note_start(trigger->name, started->execution_arn, false);
                              done(StartOutcome{started->execution_arn, false});
                            } else if (started.error().code == ApiErrorCode::ExecutionAlreadyExists) {
                              note_start(trigger->name, arn, true);
                              done(StartOutcome{arn, true});
                            } else {
                              note_failure(trigger->name, started.error().message);
                              done(statelang::Unexpected<ApiError>{started.error()});
                            }
                          });
}

void ExecutionStarter::start_and_wait(const TriggerPtr& trigger, const std::string& execution_name,
                                      const Value& event, int64_t wait_ms,
                                      engine::ApiCallback<engine::Execution> done) {
  engine::StartExecutionRequest request;
  auto fail = [&done](ApiError error) { done(statelang::Unexpected<ApiError>{std::move(error)}); };
  if (!prepare(trigger, execution_name, event, request, fail)) return;
  std::string arn = execution_arn(request.state_machine_arn, execution_name);
  engine_.start_and_wait(request, wait_ms,
                         [this, trigger, arn, wait_ms, done](engine::ApiResult<engine::Execution> ended) {
                           if (ended) {
                             note_start(trigger->name, ended->execution_arn, false);
                             done(std::move(ended));
                           } else if (ended.error().code == ApiErrorCode::ExecutionAlreadyExists) {
                             note_start(trigger->name, arn, true);
                             engine_.wait_for_execution(arn, wait_ms, done);
                           } else {
                             note_failure(trigger->name, ended.error().message);
                             done(std::move(ended));
                           }
                         });
}

void ExecutionStarter::note_start(const std::string& trigger, const std::string& execution_arn,
                                  bool duplicate) {
  std::lock_guard lock(mutex_);
  TriggerStatus& status = statuses_[trigger];
  if (duplicate) {
    status.duplicates++;
    return;
  }
  status.fired++;
  status.last_fired_ms = clock_.now_ms();
  status.last_execution_arn = execution_arn;
}

void ExecutionStarter::note_failure(const std::string& trigger, const std::string& error) {
  std::lock_guard lock(mutex_);
  TriggerStatus& status = statuses_[trigger];
  status.failed++;
  status.last_failed_ms = clock_.now_ms();
  status.last_error = error;
}

void ExecutionStarter::explain_failure(const std::string& trigger, const std::string& error) {
  std::lock_guard lock(mutex_);
  statuses_[trigger].last_error = error;
}

TriggerStatus ExecutionStarter::status(const std::string& trigger) const {
  std::lock_guard lock(mutex_);
  auto found = statuses_.find(trigger);
  return found == statuses_.end() ? TriggerStatus() : found->second;
}

void ExecutionStarter::forget(const std::string& trigger) {
  std::lock_guard lock(mutex_);
  statuses_.erase(trigger);
}

void ExecutionStarter::append_metrics(std::string& text) const {
  std::lock_guard lock(mutex_);
  constexpr const char* kEvents = "stepstream_trigger_events_total";
  engine::append_metric_head(text, kEvents, "Events of triggers by outcome.", "counter");
  const auto line = [&](const std::string& name, const char* outcome, uint64_t count) {
    engine::append_sample(
        text, kEvents, engine::metric_label("trigger", name) + "," + engine::metric_label("outcome", outcome),
        count);
  };
  for (const auto& [name, status] : statuses_) {
    line(name, "started", status.fired);
    line(name, "duplicate", status.duplicates);
    line(name, "failed", status.failed);
  }
}

}  // namespace connectors::triggers
