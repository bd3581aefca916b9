// RecordingEngine: the Engine border for tests of triggers: keeps executions by name and the catalog in
// memory, refuses what a test wants refused. Callbacks run at once. ManualTime: the clock and strand ports in
// a test's hand.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <engine/ports/time.h>
#include <engine/runtime/engine.h>
#include <statelang/test_state/test_state.h>

namespace connectors::testing {

class RecordingEngine : public engine::Engine {
 public:
  std::vector<engine::StartExecutionRequest> starts;  // accepted ones
  std::deque<engine::ApiErrorCode> refuse_next;       // starts
  std::map<std::string, std::string> catalog;
  engine::Execution ended;  // what start_and_wait gives

  template <class T>
  static engine::ApiResult<T> refused(engine::ApiErrorCode code) {
    return statelang::Unexpected<engine::ApiError>{{code, "refused by the test", {}}};
  }

  std::string state_machine_arn(std::string_view name) const override {
    return "arn:aws:states:local:000000000000:stateMachine:" + std::string(name);
  }
  void start_execution(engine::StartExecutionRequest request,
                       engine::ApiCallback<engine::StartedExecution> done) override {
    if (!refuse_next.empty()) {
      auto code = refuse_next.front();
      refuse_next.pop_front();
      done(refused<engine::StartedExecution>(code));
      return;
    }
    if (!request.name.empty() && !names_.insert(request.state_machine_arn + request.name).second) {
      done(refused<engine::StartedExecution>(engine::ApiErrorCode::ExecutionAlreadyExists));
      return;
    }
    starts.push_back(request);
    done(engine::StartedExecution{"arn:execution:" + request.name, 1});
  }
  void start_and_wait(engine::StartExecutionRequest request, int64_t,
                      engine::ApiCallback<engine::Execution> done) override {
    start_execution(request, [this, done](engine::ApiResult<engine::StartedExecution> started) {
      if (started) {
        done(ended);
      } else {
        done(refused<engine::Execution>(started.error().code));
      }
    });
  }
  void wait_for_execution(std::string, int64_t, engine::ApiCallback<engine::Execution> done) override {
    done(ended);
  }
  void put_catalog_entry(engine::core::PutCatalogEntry put, engine::ApiCallback<bool> done) override {
    catalog[put.key] = put.value;
    done(true);
  }
  void erase_catalog_entry(std::string key, engine::ApiCallback<bool> done) override {
    done(catalog.erase(key) > 0);
  }
  engine::ApiResult<std::optional<std::string>> catalog_entry(std::string_view key) override {
    auto found = catalog.find(std::string(key));
    return found == catalog.end() ? std::nullopt : std::optional<std::string>(found->second);
  }
  engine::ApiResult<std::vector<std::pair<std::string, std::string>>> catalog_entries(
      std::string_view prefix) override {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& entry : catalog) {
      if (entry.first.rfind(prefix, 0) == 0) found.emplace_back(entry);
    }
    return found;
  }

  // Not used by triggers.
  void create_state_machine(engine::CreateStateMachineRequest,
                            engine::ApiCallback<engine::StateMachine> d) override {
    unused(d);
  }
  void update_state_machine(engine::UpdateStateMachineRequest,
                            engine::ApiCallback<engine::StateMachine> d) override {
    unused(d);
  }
  void delete_state_machine(std::string, engine::ApiCallback<bool> d) override { unused(d); }
  engine::ApiResult<engine::StateMachine> describe_state_machine(std::string_view) override {
    return refused<engine::StateMachine>(engine::ApiErrorCode::Internal);
  }
  engine::ApiResult<engine::StateMachine> describe_state_machine_for_execution(std::string_view) override {
    return refused<engine::StateMachine>(engine::ApiErrorCode::Internal);
  }
  void publish_version(engine::PublishVersionRequest,
                       engine::ApiCallback<engine::StateMachineVersion> d) override {
    unused(d);
  }
  void delete_version(std::string, engine::ApiCallback<bool> d) override { unused(d); }
  engine::ApiResult<std::vector<engine::StateMachineVersion>> list_versions(std::string_view) override {
    return refused<std::vector<engine::StateMachineVersion>>(engine::ApiErrorCode::Internal);
  }
  void create_alias(engine::CreateAliasRequest, engine::ApiCallback<engine::StateMachineAlias> d) override {
    unused(d);
  }
  void update_alias(engine::UpdateAliasRequest, engine::ApiCallback<engine::StateMachineAlias> d) override {
    unused(d);
  }
  void delete_alias(std::string, engine::ApiCallback<bool> d) override { unused(d); }
  engine::ApiResult<engine::StateMachineAlias> describe_alias(std::string_view) override {
    return refused<engine::StateMachineAlias>(engine::ApiErrorCode::Internal);
  }
  engine::ApiResult<std::vector<engine::StateMachineAlias>> list_aliases(std::string_view) override {
    return refused<std::vector<engine::StateMachineAlias>>(engine::ApiErrorCode::Internal);
  }
  std::string authenticate(std::string_view, std::string_view) const override { return {}; }
  std::vector<statelang::Diagnostic> validate_definition(std::string_view,
                                                         engine::core::MachineType) const override {
    return {};
  }
  void test_state(statelang::test_state::Request,
                  engine::ApiCallback<statelang::test_state::Result> d) override {
    unused(d);
  }
  int64_t now_ms() const override { return 0; }
  engine::ApiResult<engine::Page<engine::StateMachine>> list_state_machines(size_t,
                                                                            std::string_view) override {
    return refused<engine::Page<engine::StateMachine>>(engine::ApiErrorCode::Internal);
  }
  void stop_execution(engine::StopExecutionRequest, engine::ApiCallback<int64_t> d) override { unused(d); }
  void redrive_execution(engine::RedriveExecutionRequest, engine::ApiCallback<int64_t> d) override {
    unused(d);
  }
  engine::ApiResult<engine::Execution> describe_execution(std::string_view) override {
    return refused<engine::Execution>(engine::ApiErrorCode::Internal);
  }
  engine::ApiResult<engine::Page<engine::ExecutionListItem>> list_executions(
      const engine::ListExecutionsRequest&) override {
    return refused<engine::Page<engine::ExecutionListItem>>(engine::ApiErrorCode::Internal);
  }
  engine::ApiResult<engine::core::MapRun> describe_map_run(std::string_view) override {
    return refused<engine::core::MapRun>(engine::ApiErrorCode::Internal);
  }
  engine::ApiResult<std::vector<engine::core::MapRun>> list_map_runs(std::string_view) override {
    return refused<std::vector<engine::core::MapRun>>(engine::ApiErrorCode::Internal);
  }
  void update_map_run(engine::core::UpdateMapRun, engine::ApiCallback<bool> d) override { unused(d); }
  engine::ApiResult<std::vector<statelang::HistoryEvent>> history(const engine::HistoryRequest&) override {
    return refused<std::vector<statelang::HistoryEvent>>(engine::ApiErrorCode::Internal);
  }
  void wait_for_history(std::string, statelang::EventId, int64_t, engine::ApiCallback<bool> d) override {
    unused(d);
  }
  void poll_tasks(engine::PollTasksRequest, engine::ApiCallback<std::vector<engine::PolledTask>> d) override {
    unused(d);
  }
  void end_abandoned_polls(std::string) override {}
  void report_task(engine::TaskResult, std::string, engine::ApiCallback<bool> d) override { unused(d); }
  void heartbeat_task(std::string, engine::ApiCallback<engine::HeartbeatAnswer> d) override { unused(d); }
  void renew_leases(const std::vector<std::string>&) override {}
  void report_submitted(std::string, std::string, engine::ApiCallback<bool> d) override { unused(d); }
  void set_task_performer(std::shared_ptr<engine::TaskPerformer>) override {}
  bool ready(std::string&) const override { return true; }
  void append_metrics(std::string&) const override {}
  void stop() override {}

 private:
  template <class T>
  static void unused(const engine::ApiCallback<T>& done) {
    done(refused<T>(engine::ApiErrorCode::Internal));
  }
  std::set<std::string> names_;
};

class ManualTime : public engine::Clock, public engine::Strand {
 public:
  int64_t now = 0;
  int alarms_rung = 0;

  int64_t now_ms() const override { return now; }
  void post(std::function<void()> work) override { work_.push_back(std::move(work)); }
  void alarm(int64_t due_ms, std::function<void()> wake) override {
    due_ms_ = due_ms;
    wake_ = std::move(wake);
  }
  void run_posted() {
    while (!work_.empty()) {
      auto next = std::move(work_.front());
      work_.pop_front();
      next();
    }
  }
  // Lets time pass, alarm by alarm.
  void advance_to(int64_t until_ms) {
    run_posted();
    while (wake_ && due_ms_ <= until_ms) {
      now = std::max(now, due_ms_);
      auto wake = std::move(wake_);
      wake_ = nullptr;
      alarms_rung++;
      wake();
      run_posted();
    }
    now = until_ms;
  }
  // As ThreadStrand does: forward it rings what is due, back it rings anyway.
  void set_clock(int64_t to_ms) {
    bool back = std::exchange(now, to_ms) > to_ms;
    if (back && wake_) due_ms_ = to_ms;
    advance_to(to_ms);
  }
  void forget() {  // as if the process had died
    work_.clear();
    wake_ = nullptr;
  }

 private:
  std::deque<std::function<void()>> work_;
  int64_t due_ms_ = 0;
  std::function<void()> wake_;
};

}  // namespace connectors::testing
