// FakeEngine: the Engine border in memory, for tests of HTTP handlers. Nothing runs by itself: a test decides
// what a call answers (`fail_with`) and when an execution or a task ends. One thread.
#pragma once

#include <deque>
#include <map>

#include <engine/api/http/router.h>
#include <engine/runtime/engine.h>
#include <statelang/test_state/test_state.h>

namespace engine::rest::tests {

class FakeEngine : public Engine {
 public:
  std::string state_machine_arn(std::string_view name) const override {
    return "arn:aws:states:local:000000000000:stateMachine:" + std::string(name);
  }
  void create_state_machine(CreateStateMachineRequest, ApiCallback<StateMachine>) override;
  void update_state_machine(UpdateStateMachineRequest, ApiCallback<StateMachine>) override;
  void delete_state_machine(std::string arn, ApiCallback<bool>) override;
  ApiResult<StateMachine> describe_state_machine(std::string_view arn) override;
  ApiResult<StateMachine> describe_state_machine_for_execution(std::string_view arn) override;
  ApiResult<Page<StateMachine>> list_state_machines(size_t limit, std::string_view page_token) override;
  std::vector<statelang::Diagnostic> validate_definition(std::string_view, core::MachineType) const override {
    return diagnostics;
  }
  void test_state(statelang::test_state::Request, ApiCallback<statelang::test_state::Result>) override;
  void start_execution(StartExecutionRequest, ApiCallback<StartedExecution>) override;
  void start_and_wait(StartExecutionRequest, int64_t wait_ms, ApiCallback<Execution>) override;
  void wait_for_execution(std::string arn, int64_t wait_ms, ApiCallback<Execution>) override;
  void stop_execution(StopExecutionRequest, ApiCallback<int64_t>) override;
  void redrive_execution(RedriveExecutionRequest, ApiCallback<int64_t>) override;
  ApiResult<Execution> describe_execution(std::string_view arn) override;
  ApiResult<Page<ExecutionListItem>> list_executions(const ListExecutionsRequest&) override;
  ApiResult<core::MapRun> describe_map_run(std::string_view) override {
    return statelang::Unexpected{ApiError{ApiErrorCode::MapRunDoesNotExist, {}, {}}};
  }
  ApiResult<std::vector<core::MapRun>> list_map_runs(std::string_view) override {
    return std::vector<core::MapRun>();
  }
  void update_map_run(core::UpdateMapRun, ApiCallback<bool> done) override { done(true); }
  ApiResult<std::vector<statelang::HistoryEvent>> history(const HistoryRequest&) override;
  void wait_for_history(std::string arn, statelang::EventId after_id, int64_t wait_ms,
                        ApiCallback<bool>) override;
  void poll_tasks(PollTasksRequest, ApiCallback<std::vector<PolledTask>>) override;
  void end_abandoned_polls(std::string name) override { abandoned_queue = std::move(name); }
  void report_task(TaskResult, std::string worker, ApiCallback<bool>) override;
  void heartbeat_task(std::string token, ApiCallback<HeartbeatAnswer>) override;
  void renew_leases(const std::vector<std::string>& tokens) override { renewed = tokens; }
  void report_submitted(std::string, std::string, ApiCallback<bool> done) override { done(true); }
  void set_task_performer(std::shared_ptr<TaskPerformer>) override {}
  void put_catalog_entry(core::PutCatalogEntry, ApiCallback<bool> done) override { done(true); }
  void erase_catalog_entry(std::string, ApiCallback<bool> done) override { done(true); }
  ApiResult<std::optional<std::string>> catalog_entry(std::string_view) override {
    return std::optional<std::string>();
  }
  ApiResult<std::vector<std::pair<std::string, std::string>>> catalog_entries(std::string_view) override {
    return std::vector<std::pair<std::string, std::string>>();
  }
  void publish_version(PublishVersionRequest request, ApiCallback<StateMachineVersion> done) override {
    if (fail_with) return done(statelang::Unexpected{*fail_with});
    done(StateMachineVersion{request.state_machine_arn + ":1", "r", request.description, now});
  }
  void delete_version(std::string, ApiCallback<bool> done) override { done(true); }
  ApiResult<std::vector<StateMachineVersion>> list_versions(std::string_view) override {
    return std::vector<StateMachineVersion>();
  }
  void create_alias(CreateAliasRequest request, ApiCallback<StateMachineAlias> done) override {
    if (fail_with) return done(statelang::Unexpected{*fail_with});
    done(StateMachineAlias{"", request.name, request.description, request.routes, now, now});
  }
  void update_alias(UpdateAliasRequest request, ApiCallback<StateMachineAlias> done) override {
    done(StateMachineAlias{request.arn, "", request.description.value_or(""), {}, now, now});
  }
  void delete_alias(std::string, ApiCallback<bool> done) override { done(true); }
  ApiResult<StateMachineAlias> describe_alias(std::string_view) override {
    return statelang::Unexpected{ApiError{ApiErrorCode::ResourceDoesNotExist, "no such alias", {}}};
  }
  ApiResult<std::vector<StateMachineAlias>> list_aliases(std::string_view) override {
    return std::vector<StateMachineAlias>();
  }
  std::string authenticate(std::string_view purpose, std::string_view text) const override {
    return std::string(purpose) + std::string(text);
  }
  int64_t now_ms() const override { return now; }
  bool ready(std::string& reason) const override {
    reason = not_ready;
    return not_ready.empty();
  }
  void append_metrics(std::string& text) const override { text += "stepstream_fake 1\n"; }
  void stop() override {}

  // What a test looks at or sets.
  std::optional<ApiError> fail_with;  // the answer to every call that can fail
  std::vector<statelang::Diagnostic> diagnostics;
  std::string not_ready;
  std::string abandoned_queue;
  int64_t now = 1'767'225'600'000;
  std::map<std::string, StateMachine> machines;
  std::map<std::string, Execution> executions;
  std::map<std::string, std::vector<statelang::HistoryEvent>> histories;
  statelang::test_state::Request tested;
  std::vector<TaskResult> reported;
  std::map<std::string, ApiError> refused_tokens;
  std::vector<std::string> renewed;
  std::deque<PolledTask> queue;
  PollTasksRequest last_poll;
  ApiCallback<std::vector<PolledTask>> waiting_poll;
  std::vector<std::function<void()>> waiting_history;
  ListExecutionsRequest last_list;
  StopExecutionRequest last_stop;
  RedriveExecutionRequest last_redrive;
};

// Sends one request through a router and keeps what came back.
class Answer : public http::ResponseSink {
 public:
  void send(http::Response given) override {
    if (!sent) response = std::move(given);
    sent = true;
  }
  std::shared_ptr<http::Stream> open_stream(http::Response head) override;
  void on_close(std::function<void()> call) override { gone = std::move(call); }

  bool sent = false;
  http::Response response;
  std::function<void()> gone;
  std::string streamed;
  bool stream_finished = false;
};
std::shared_ptr<Answer> ask(const http::Router& router, http::Method method, std::string target,
                            std::string body = {}, http::HeaderList headers = {});

}  // namespace engine::rest::tests
