#include "fake_engine.h"

namespace engine::rest::tests {
namespace {

statelang::Unexpected<ApiError> missing(ApiErrorCode code, std::string_view arn) {
  return statelang::Unexpected<ApiError>{ApiError{code, "does not exist: '" + std::string(arn) + "'", {}}};
}
template <class T>
bool refuse(const std::optional<ApiError>& error, const ApiCallback<T>& done) {
  if (error) done(statelang::Unexpected<ApiError>{*error});
  return error.has_value();
}

class CollectingStream : public http::Stream {
 public:
  explicit CollectingStream(std::shared_ptr<Answer> answer) : answer_(std::move(answer)) {}
  void write(std::string text, std::function<void(bool)> written) override {
    answer_->streamed += text;
    written(true);
  }
  void finish() override { answer_->stream_finished = true; }

 private:
  std::shared_ptr<Answer> answer_;
};

class Forward : public http::ResponseSink {
 public:
  explicit Forward(std::shared_ptr<Answer> answer) : answer_(std::move(answer)) {}
  void send(http::Response response) override { answer_->send(std::move(response)); }
  std::shared_ptr<http::Stream> open_stream(http::Response head) override {
    answer_->response = std::move(head);
    return std::make_shared<CollectingStream>(answer_);
  }
  void on_close(std::function<void()> gone) override { answer_->gone = std::move(gone); }

 private:
  std::shared_ptr<Answer> answer_;
};

}  // namespace

std::shared_ptr<http::Stream> Answer::open_stream(http::Response) {
  return nullptr;
}

std::shared_ptr<Answer> ask(const http::Router& router, http::Method method, std::string target,
                            std::string body, http::HeaderList headers) {
  auto answer = std::make_shared<Answer>();
  router.dispatch(http::Request(method, std::move(target), std::move(headers), std::move(body)),
                  http::Responder(std::make_shared<Forward>(answer)));
  return answer;
}

void FakeEngine::create_state_machine(CreateStateMachineRequest request, ApiCallback<StateMachine> done) {
  if (refuse(fail_with, done)) return;
  StateMachine machine;
  machine.arn = state_machine_arn(request.name);
  machine.name = request.name;
  machine.type = request.type;
  machine.definition = request.definition;
  machine.revision_id = "r1";
  machine.created_ms = machine.updated_ms = now;
  machines[machine.arn] = machine;
  done(std::move(machine));
}

void FakeEngine::update_state_machine(UpdateStateMachineRequest request, ApiCallback<StateMachine> done) {
  if (refuse(fail_with, done)) return;
  StateMachine& machine = machines.at(request.arn);
  if (request.definition) machine.definition = *request.definition;
  machine.revision_id = "r2";
  done(machine);
}

void FakeEngine::delete_state_machine(std::string arn, ApiCallback<bool> done) {
  if (refuse(fail_with, done)) return;
  machines.erase(arn);
  done(true);
}

ApiResult<StateMachine> FakeEngine::describe_state_machine(std::string_view arn) {
  const auto found = machines.find(std::string(arn));
  if (found == machines.end()) return missing(ApiErrorCode::StateMachineDoesNotExist, arn);
  return found->second;
}
ApiResult<StateMachine> FakeEngine::describe_state_machine_for_execution(std::string_view arn) {
  return missing(ApiErrorCode::ExecutionDoesNotExist, arn);
}

ApiResult<Page<StateMachine>> FakeEngine::list_state_machines(size_t limit, std::string_view page_token) {
  Page<StateMachine> page;
  for (const auto& [arn, machine] : machines) {
    if (arn <= page_token) continue;
    if (page.items.size() == limit) {
      page.next_page_token = page.items.back().arn;
      break;
    }
    page.items.push_back(machine);
  }
  return page;
}

void FakeEngine::start_execution(StartExecutionRequest request, ApiCallback<StartedExecution> done) {
  if (refuse(fail_with, done)) return;
  Execution execution;
  execution.name = request.name.empty() ? "generated" : request.name;
  execution.state_machine_arn = request.state_machine_arn;
  execution.execution_arn = request.state_machine_arn;
  execution.execution_arn.replace(execution.execution_arn.find(":stateMachine:"), 14, ":execution:");
  execution.execution_arn += ":" + execution.name;
  execution.status = statelang::ExecutionStatus::Running;
  execution.start_ms = now;
  execution.input = request.input;
  executions[execution.execution_arn] = execution;
  done(StartedExecution{execution.execution_arn, now});
}

void FakeEngine::test_state(statelang::test_state::Request request,
                            ApiCallback<statelang::test_state::Result> done) {
  tested = request;
  if (fail_with) return done(statelang::Unexpected{*fail_with});
  auto result = statelang::test_state::run(request);
  if (result) return done(std::move(*result));
  const bool broken = result.error().kind == statelang::test_state::Refusal::Kind::InvalidDefinition;
  done(statelang::Unexpected{
      ApiError{broken ? ApiErrorCode::InvalidDefinition : ApiErrorCode::ValidationFailed,
               result.error().message, result.error().diagnostics}});
}

void FakeEngine::start_and_wait(StartExecutionRequest request, int64_t wait_ms, ApiCallback<Execution> done) {
  if (refuse(fail_with, done)) return;
  std::string arn;
  start_execution(std::move(request),
                  [&](ApiResult<StartedExecution> started) { arn = started->execution_arn; });
  Execution& execution = executions[arn];
  if (wait_ms >= 1000) {  // a short wait is over before it has ended
    execution.status = statelang::ExecutionStatus::Succeeded;
    execution.stop_ms = now + 5;
    execution.output = execution.input;
  }
  done(execution);
}

void FakeEngine::wait_for_execution(std::string arn, int64_t, ApiCallback<Execution> done) {
  done(describe_execution(arn));
}

void FakeEngine::stop_execution(StopExecutionRequest request, ApiCallback<int64_t> done) {
  if (refuse(fail_with, done)) return;
  last_stop = request;
  if (!executions.count(request.execution_arn)) {
    return done(missing(ApiErrorCode::ExecutionDoesNotExist, request.execution_arn));
  }
  done(now);
}

void FakeEngine::redrive_execution(RedriveExecutionRequest request, ApiCallback<int64_t> done) {
  if (refuse(fail_with, done)) return;
  last_redrive = request;
  if (!executions.count(request.execution_arn)) {
    return done(missing(ApiErrorCode::ExecutionDoesNotExist, request.execution_arn));
  }
  done(now);
}

ApiResult<Execution> FakeEngine::describe_execution(std::string_view arn) {
  const auto found = executions.find(std::string(arn));
  if (found == executions.end()) return missing(ApiErrorCode::ExecutionDoesNotExist, arn);
  return found->second;
}

ApiResult<Page<ExecutionListItem>> FakeEngine::list_executions(const ListExecutionsRequest& request) {
  last_list = request;
  Page<ExecutionListItem> page;
  for (const auto& [arn, execution] : executions) {
    page.items.push_back({arn, execution.name, execution.state_machine_arn, execution.status,
                          execution.start_ms, execution.stop_ms});
  }
  return page;
}

ApiResult<std::vector<statelang::HistoryEvent>> FakeEngine::history(const HistoryRequest& request) {
  std::vector<statelang::HistoryEvent> events;
  for (const auto& event : histories[request.execution_arn]) {
    if (event.id > request.after_id && events.size() < request.limit) events.push_back(event);
  }
  return events;
}

void FakeEngine::wait_for_history(std::string, statelang::EventId, int64_t, ApiCallback<bool> done) {
  waiting_history.push_back([done = std::move(done)] { done(true); });
}

void FakeEngine::poll_tasks(PollTasksRequest request, ApiCallback<std::vector<PolledTask>> done) {
  last_poll = request;
  if (refuse(fail_with, done)) return;
  if (queue.empty() && request.wait_ms > 0) {
    waiting_poll = std::move(done);
    return;
  }
  std::vector<PolledTask> given;
  while (!queue.empty() && given.size() < request.tasks_max) {
    given.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  done(std::move(given));
}

void FakeEngine::report_task(TaskResult result, std::string, ApiCallback<bool> done) {
  if (const auto refused = refused_tokens.find(result.token); refused != refused_tokens.end()) {
    return done(statelang::Unexpected<ApiError>{refused->second});
  }
  reported.push_back(std::move(result));
  done(true);
}

void FakeEngine::heartbeat_task(std::string token, ApiCallback<HeartbeatAnswer> done) {
  if (const auto refused = refused_tokens.find(token); refused != refused_tokens.end()) {
    return done(statelang::Unexpected<ApiError>{refused->second});
  }
  done(HeartbeatAnswer{});
}

}  // namespace engine::rest::tests
