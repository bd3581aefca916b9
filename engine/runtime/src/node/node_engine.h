// NodeEngine: the Engine over a store and a command log. Embedded, it has both for itself and runs every
// partition; ClusterEngine (../cluster) shares them with other nodes and decides which partitions run here.
// Its functions are grouped by file: state_machines.cpp, versions.cpp, executions.cpp, test_state.cpp,
// tasks.cpp, catalog.cpp, lifecycle.cpp.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include <engine/ports/command_log.h>
#include <engine/ports/store.h>
#include <engine/runtime/action_executor.h>
#include <engine/runtime/embedded.h>
#include <statelang/test_state/test_state.h>

#include "asio_threads.h"
#include "feed.h"
#include "metrics.h"
#include "state_machine_cache.h"
#include "version_index.h"

namespace engine::runtime {

// Those who share the log and the store: told what a batch has done before this node acts on it.
class Neighbours {
 public:
  virtual ~Neighbours() = default;
  // Takes out of `actions` what is not this node's to do.
  virtual void share(PartitionId partition, std::vector<core::Action>& actions) = 0;
  virtual void restarted(PartitionId partition) = 0;
  virtual void halted(PartitionId partition, const Error& why) = 0;
  virtual void opened(PartitionId partition) = 0;
  virtual void progressed(PartitionId partition, uint64_t applied) = 0;
};

class NodeEngine : public Engine {
 public:
  struct Parts {
    std::unique_ptr<Store> store;
    std::unique_ptr<CommandLog> log;
    uint32_t node = 0;  // 0: there are no others
  };
  NodeEngine(EmbeddedSettings settings, Parts parts);
  ~NodeEngine() override;
  virtual Expected<void> start();

  std::string state_machine_arn(std::string_view name) const override;
  void create_state_machine(CreateStateMachineRequest, ApiCallback<StateMachine>) override;
  void update_state_machine(UpdateStateMachineRequest, ApiCallback<StateMachine>) override;
  void delete_state_machine(std::string arn, ApiCallback<bool>) override;
  ApiResult<StateMachine> describe_state_machine(std::string_view arn) override;
  ApiResult<StateMachine> describe_state_machine_for_execution(std::string_view execution_arn) override;
  ApiResult<Page<StateMachine>> list_state_machines(size_t limit, std::string_view page_token) override;
  void publish_version(PublishVersionRequest, ApiCallback<StateMachineVersion>) override;
  void delete_version(std::string version_arn, ApiCallback<bool>) override;
  ApiResult<std::vector<StateMachineVersion>> list_versions(std::string_view state_machine_arn) override;
  void create_alias(CreateAliasRequest, ApiCallback<StateMachineAlias>) override;
  void update_alias(UpdateAliasRequest, ApiCallback<StateMachineAlias>) override;
  void delete_alias(std::string alias_arn, ApiCallback<bool>) override;
  ApiResult<StateMachineAlias> describe_alias(std::string_view alias_arn) override;
  ApiResult<std::vector<StateMachineAlias>> list_aliases(std::string_view state_machine_arn) override;
  std::vector<statelang::Diagnostic> validate_definition(std::string_view definition,
                                                         core::MachineType type) const override;

  void test_state(statelang::test_state::Request, ApiCallback<statelang::test_state::Result>) override;

  void start_execution(StartExecutionRequest, ApiCallback<StartedExecution>) override;
  void start_and_wait(StartExecutionRequest, int64_t wait_ms, ApiCallback<Execution>) override;
  void wait_for_execution(std::string arn, int64_t wait_ms, ApiCallback<Execution>) override;
  void stop_execution(StopExecutionRequest, ApiCallback<int64_t>) override;
  void redrive_execution(RedriveExecutionRequest, ApiCallback<int64_t>) override;
  ApiResult<Execution> describe_execution(std::string_view arn) override;
  ApiResult<Page<ExecutionListItem>> list_executions(const ListExecutionsRequest&) override;
  ApiResult<core::MapRun> describe_map_run(std::string_view map_run_arn) override;
  ApiResult<std::vector<core::MapRun>> list_map_runs(std::string_view execution_arn) override;
  void update_map_run(core::UpdateMapRun, ApiCallback<bool>) override;
  ApiResult<std::vector<statelang::HistoryEvent>> history(const HistoryRequest&) override;
  void wait_for_history(std::string arn, statelang::EventId after_id, int64_t wait_ms,
                        ApiCallback<bool>) override;

  void poll_tasks(PollTasksRequest, ApiCallback<std::vector<PolledTask>>) override;
  void end_abandoned_polls(std::string queue) override;
  void report_task(TaskResult, std::string worker, ApiCallback<bool>) override;
  void report_submitted(std::string token, std::string output, ApiCallback<bool>) override;
  void heartbeat_task(std::string token, ApiCallback<HeartbeatAnswer>) override;
  void renew_leases(const std::vector<std::string>& tokens) override;
  void set_task_performer(std::shared_ptr<TaskPerformer> performer) override;

  void put_catalog_entry(core::PutCatalogEntry, ApiCallback<bool>) override;
  void erase_catalog_entry(std::string key, ApiCallback<bool>) override;
  ApiResult<std::optional<std::string>> catalog_entry(std::string_view key) override;
  ApiResult<std::vector<std::pair<std::string, std::string>>> catalog_entries(
      std::string_view key_prefix) override;

  std::string authenticate(std::string_view purpose, std::string_view text) const override;
  EventFeed* event_feed() override { return feed_.get(); }
  int64_t now_ms() const override { return clock_.now_ms(); }
  bool ready(std::string& reason) const override;
  void append_metrics(std::string& prometheus_text) const override;
  void stop() override;

 protected:
  // On the queues' strand.
  virtual void end_abandoned_now(const std::string& queue);

  // Whether the partition is this process's own now.
  virtual bool runs_here(PartitionId) const { return true; }
  // The executor, with the engine's own bookkeeping around it.
  class MeasuredExecutor;
  struct Shard;
  struct StartCall;
  struct WaitedStart;
  static constexpr PartitionId kCatalogPartition{0};

  // executions.cpp
  std::string execution_arn(const StateMachine& machine, const std::string& name) const;
  PartitionId partition_of(std::string_view execution_arn) const;
  PartitionId partition_of_child(std::string_view arn) const;
  ApiResult<std::shared_ptr<StartCall>> prepare(StartExecutionRequest request);
  ApiResult<std::shared_ptr<StartCall>> prepare_for(std::shared_ptr<const StateMachine> machine,
                                                    StartExecutionRequest request);
  void start(std::shared_ptr<StartCall> call);
  void start_express(std::shared_ptr<StartCall> call, int64_t wait_ms, ApiCallback<Execution> done);
  void started(std::shared_ptr<StartCall> call, ApiResult<core::Reply> answer);
  void answer_waited(const std::shared_ptr<WaitedStart>& waited);
  void wait_for_end(std::string arn, core::ExecutionNumber number, int64_t wait_ms,
                    ApiCallback<Execution> done);
  void make_known(PartitionId partition, const StateMachine& machine, bool again);
  // A machine that is in no catalog, as a synchronous Express execution.
  void run_unlisted(StateMachine machine, statelang::Payload input, int64_t wait_ms,
                    ApiCallback<Execution> done);
  // test_state.cpp
  void call_task(const statelang::test_state::TaskCall& call, const std::string& role_arn,
                 bool reveal_secrets, ApiCallback<statelang::test_state::TaskAnswer> done);
  // reading.cpp
  ApiResult<core::ExecutionNumber> find_execution(std::string_view arn);
  ApiResult<Execution> describe_execution(std::string_view arn, core::ExecutionNumber number);
  // The same of one that was watched: from what was seen, when that is all of it.
  ApiResult<Execution> describe_ended(std::string_view arn, core::ExecutionNumber number,
                                      const ExecutionWatchers::Seen& seen);
  Execution unless_deleting(Execution execution);
  ApiResult<bool> has_history_after(std::string_view arn, statelang::EventId after_id);
  // tasks.cpp
  std::string token(const core::TaskId& id) const;
  std::optional<core::TaskId> task_id(std::string_view token) const;
  TaskQueues::FetchTasks task_fetcher();
  TaskQueues::Fetched read_open_tasks(const std::vector<core::TaskId>& ids) const;
  // Who has a task that is not in this node's queues.
  virtual std::optional<TaskQueues::Delivery> delivered_elsewhere(const core::TaskId&) {
    return std::nullopt;
  }
  // lifecycle.cpp
  void submit(PartitionId partition, core::RecordBody body, ReplyRegistry::Terms terms,
              ApiCallback<core::Reply> done);
  TaskQueues::ReportStarted started_reporter();
  const StoreReader& reader(PartitionId partition) const { return store_->reader(partition); }
  void stop_loops();
  // state_machines.cpp
  ApiResult<std::shared_ptr<const StateMachine>> find_machine(std::string_view arn);
  ApiResult<std::shared_ptr<const StateMachine>> find_active_machine(std::string_view arn);  // not DELETING
  ApiResult<StateMachine> read_machine(std::string_view arn);
  // deletion.cpp
  ApiResult<bool> has_running_executions(const std::string& machine_arn);
  ApiResult<bool> is_gone(const StateMachine& machine);  // was deleted, and its last execution has ended
  void try_delete(std::string arn, int attempts_left, ApiCallback<bool> done);
  void erase_machine(const StateMachine& machine, ApiCallback<bool> done);
  void await_deletions();  // from now on, deleted machines are erased soon after their last execution's end
  void sweep_deleted();
  bool is_being_deleted(std::string_view machine_arn);
  // versions.cpp
  struct Resolved {
    std::shared_ptr<const StateMachine> machine;  // as the version was; under the state machine's own ARN
    std::string version_arn;
    std::string alias_arn;
    std::string description;
    int64_t created_ms = 0;
    bool deleting = false;  // the state machine: nothing more is started
  };
  // true: the index has changed and is to be stored.
  using IndexEdit = std::function<ApiResult<bool>(const StateMachine&, VersionIndex&)>;
  ApiResult<Resolved> resolve(std::string_view arn, std::string_view execution_name);
  ApiResult<VersionIndex> read_index(const StateMachine& machine, std::string* document = nullptr);
  void change_index(std::string machine_arn, IndexEdit edit, int attempts_left, ApiCallback<bool> done);
  void publish_revision(PublishVersionRequest request, int attempts_left,
                        ApiCallback<StateMachineVersion> done);
  void store_new_machine(CreateStateMachineRequest request, StateMachine machine, std::string over,
                         int attempts_left, ApiCallback<StateMachine> done);
  void settle_creation(CreateStateMachineRequest request, const StateMachine& existing,
                       const ApiCallback<StateMachine>& done) const;
  void try_update(UpdateStateMachineRequest request, int attempts_left, ApiCallback<StateMachine> done);

  EmbeddedSettings settings_;
  SystemClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<CommandLog> log_;
  const uint32_t node_;
  AsioThreads threads_;
  std::unique_ptr<Strand> reply_strand_;
  std::unique_ptr<Strand> queue_strand_;
  std::unique_ptr<Strand> watcher_strand_;
  std::unique_ptr<Strand> deletion_strand_;
  std::unique_ptr<Strand> fetch_strand_;
  EngineMetrics metrics_;
  ReplyRegistry replies_;
  TaskQueues queues_;
  ExecutionWatchers watchers_;
  StateMachineCache machines_;
  std::unique_ptr<MeasuredExecutor> executor_;
  std::unique_ptr<NodeFeed> feed_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::atomic<bool> stopping_{false};
  std::mutex stop_mutex_;
  std::mutex abandoned_mutex_;
  std::unordered_set<std::string> abandoned_queues_;  // searched soon
  bool stopped_ = false;
};

// What a ReplyCode that is not Done means to a caller.
ApiError api_error(const core::Reply& reply);
ApiError api_error(const Error& error);
ApiError deleting_machine(std::string_view arn);
// Why its executions may not be redriven.
inline constexpr std::string_view kDeletingReason = "State machine is in DELETING status";

}  // namespace engine::runtime
