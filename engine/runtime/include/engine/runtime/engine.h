// Engine: what HTTP handlers, triggers and examples call. It hides partitions, logs and stores: every change
// becomes a record, every answer comes back after the commit that made it true.
//
// Thread rule: every function may be called from any thread. Callbacks run on a thread of the engine, must
// not block, and are called exactly once; after stop() pending ones get ApiErrorCode::ShuttingDown. Reads go
// to the store directly (whole commits only) and return at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <engine/core/action.h>
#include <engine/core/error.h>
#include <engine/core/state_codec.h>
#include <statelang/failure.h>
#include <statelang/interpreter/history_event.h>
#include <statelang/payload.h>

namespace statelang::test_state {
struct Request;
struct Result;
struct TaskAnswer;
struct TaskCall;
}  // namespace statelang::test_state

namespace engine {

// Names follow AWS's exceptions where there is one.
enum class ApiErrorCode {
  InvalidDefinition,
  InvalidName,
  InvalidArn,
  InvalidExecutionInput,
  InvalidOutput,
  InvalidToken,
  ValidationFailed,
  StateMachineAlreadyExists,
  StateMachineDeleting,  // it was deleted, and executions of it run: nothing new
  StateMachineDoesNotExist,
  StateMachineTypeNotSupported,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  ExecutionNotRedrivable,  // the message says why, in AWS's words
  TaskDoesNotExist,
  TaskTimedOut,
  TriggerDoesNotExist,
  MapRunDoesNotExist,
  MapRunEnded,           // only one that runs can be changed
  ResourceDoesNotExist,  // an alias, a version it routes to
  QuotaExceeded,         // versions or aliases of a state machine
  Conflict,
  Throttled,     // a named limit is reached: 429
  StorageFull,   // 507
  Unavailable,   // 503, try again
  ShuttingDown,  // 503
  Internal,
};
struct ApiError {
  ApiErrorCode code = ApiErrorCode::Internal;
  std::string message;
  std::vector<statelang::Diagnostic> diagnostics;  // InvalidDefinition
};
template <class T>
using ApiResult = statelang::Expected<T, ApiError>;
template <class T>
using ApiCallback = std::function<void(ApiResult<T>)>;

// ------------------------------------------------------------------------------------------ state machines

struct StateMachine {
  std::string arn;
  std::string name;
  core::MachineType type = core::MachineType::Standard;
  std::string definition;
  std::string role_arn;
  std::string revision_id;
  bool initial_revision = true;  // never updated: AWS shows no revisionId then
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::string status = "ACTIVE";  // or DELETING, while executions of a deleted one run
  std::string configuration;  // JSON: logging, tracing, encryption, as the API that created it wants it kept
  std::string description;    // of a version, when it was asked for by its ARN
  // The Distributed Map whose part it is: asked for by NAME/LABEL, or as that of a child of this Map Run.
  std::string label;
  std::string map_run_arn;
};
// A revision with a number, unchangeable. Numbers begin with 1 and are never used again. At most 1,000.
struct StateMachineVersion {
  std::string arn;  // the state machine's with the number behind it
  std::string revision_id;
  std::string description;
  int64_t created_ms = 0;
};
struct PublishVersionRequest {
  std::string state_machine_arn;
  // Conflict unless the state machine is at this revision; "INITIAL": never updated.
  std::string revision_id;
  std::string description;
};
// A name for one or two versions, between which executions are divided by their names. At most 100.
struct StateMachineAlias {
  struct Route {
    std::string version_arn;
    int64_t weight = 0;  // percent
    bool operator==(const Route&) const = default;
  };
  std::string arn;  // the state machine's with the name behind it
  std::string name;
  std::string description;
  std::vector<Route> routes;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
};
struct CreateAliasRequest {
  std::string name;
  std::string description;
  std::vector<StateMachineAlias::Route> routes;  // says whose alias it is
};
struct UpdateAliasRequest {
  std::string arn;
  std::optional<std::string> description;
  std::optional<std::vector<StateMachineAlias::Route>> routes;
};
struct CreateStateMachineRequest {
  std::string name;
  std::string definition;
  core::MachineType type = core::MachineType::Standard;
  std::string role_arn;
  std::string configuration;  // part of the idempotency check
  bool strict = false;        // refuse our extensions (bare queue names as Resource)
};
struct UpdateStateMachineRequest {
  std::string arn;
  std::optional<std::string> definition;
  std::optional<std::string> role_arn;
  std::optional<std::string> configuration;
  bool strict = false;
};

// ------------------------------------------------------------------------------------------ executions

// Of an execution's input, as JSON text in UTF-8 (AWS: quotas, "maximum input or output size").
constexpr size_t kInputBytesMax = 262'144;

struct StartExecutionRequest {
  std::string state_machine_arn;  // of a version or an alias, too
  std::string name;          // empty: a UUID; same name and input again while running: the same execution
  statelang::Payload input;  // above kInputBytesMax: InvalidExecutionInput
  std::string trace_header;
  // Nested executions: whose task starts it, and which attempt of it; kept, and shown by
  // describe_execution().
  std::string parent_execution_arn;
  std::string parent_task;
};
struct StartedExecution {
  std::string execution_arn;
  int64_t start_ms = 0;
};
struct Execution {
  std::string execution_arn;
  std::string name;
  std::string state_machine_arn;
  std::string state_machine_version_arn;  // started by a version or an alias
  std::string state_machine_alias_arn;
  std::string revision_id;
  statelang::ExecutionStatus status{};
  int64_t start_ms = 0;
  int64_t stop_ms = 0;  // 0: running
  statelang::Payload input;
  std::optional<statelang::Payload> output;
  std::optional<std::string> error;
  std::optional<std::string> cause;
  uint32_t redrive_count = 0;
  int64_t redrive_ms = 0;      // 0: never redriven
  std::string redrive_status;  // Standard: REDRIVABLE, NOT_REDRIVABLE, REDRIVABLE_BY_MAP_RUN
  std::string redrive_status_reason;
  std::string parent_execution_arn;  // nested executions; empty: started from outside
  std::string parent_task;
  std::string map_run_arn;   // a child of a Distributed Map; empty otherwise
  std::string trace_header;  // as it was started with
};
struct ExecutionListItem {
  std::string execution_arn;
  std::string name;
  std::string state_machine_arn;
  statelang::ExecutionStatus status{};
  int64_t start_ms = 0;
  int64_t stop_ms = 0;
  std::string state_machine_version_arn;
  std::string state_machine_alias_arn;
  uint32_t redrive_count = 0;
  int64_t redrive_ms = 0;
  uint32_t map_items = 0;  // of a Map Run's child: how many it was given
};
struct ListExecutionsRequest {
  // Empty: all, but for children of Distributed Maps; of a version or an alias: those started by it.
  std::string state_machine_arn;
  std::string map_run_arn;  // instead: the children of this Map Run
  std::optional<statelang::ExecutionStatus> status;
  std::optional<bool> redriven;  // only those that were, or were never, redriven
  std::string name_prefix;
  int64_t started_after_ms = 0;
  int64_t started_before_ms = 0;  // 0: no bound
  size_t limit = 100;
  std::string page_token;  // opaque, from the previous page
};
template <class T>
struct Page {
  std::vector<T> items;
  std::string next_page_token;  // empty: the last page
};
struct HistoryRequest {
  std::string execution_arn;
  statelang::EventId after_id = 0;  // events with a greater id (reverse: with a smaller one; 0: from the end)
  bool reverse = false;
  size_t limit = 1000;
};
struct StopExecutionRequest {
  std::string execution_arn;
  statelang::Failure failure;
};

// The same client token again within 15 minutes is answered as the first time (docs/adr/0013_redrive.md).
struct RedriveExecutionRequest {
  std::string execution_arn;
  std::string client_token;
};

// ------------------------------------------------------------------------------------------ tasks

struct PolledTask {
  std::string token;
  core::DispatchTask task;
  uint32_t delivery = 1;  // counts deliveries of this attempt
};
// A leased task that its worker neither finishes nor renews for so long is given to another one.
inline constexpr int64_t kTaskLeaseMs = 30'000;

struct PollTasksRequest {
  std::string queue;
  std::string worker;  // name for history and metrics
  size_t tasks_max = 1;
  int64_t wait_ms = 0;  // long poll; answered empty afterwards
  bool leased = true;   // the worker renews what it holds with each poll or heartbeat; false: GetActivityTask
  // Set by the caller when nobody waits for the answer any more (connection closed): such a poll gets no
  // task. May be null.
  std::shared_ptr<const std::atomic<bool>> abandoned;
};
struct TaskResult {
  std::string token;
  std::optional<std::string> output;  // JSON text; absent: failure
  statelang::Failure failure;
  // Not from a worker but from a TaskPerformer: `output` is the service's whole answer, and `submission`
  // tells that the service did not take the request.
  bool whole_answer = false;
  bool submission = false;
};
struct HeartbeatAnswer {
  bool cancelled = false;  // the attempt is over: the worker should stop
};

// Does tasks inside the engine's own process, without a worker's poll and without a lease: integrations,
// mocks. Every task of its own reaches it once in the life of a process, and again after a restart until it
// is reported: it must be idempotent. Thread rule: called from any thread of the engine; must not block.
class TaskPerformer {
 public:
  virtual ~TaskPerformer() = default;
  // Whether the task is its own; others wait in their queues. Called under a lock: no calls to the engine.
  virtual bool performs(const core::DispatchTask& task) const = 0;
  // With task.cancelled: the attempt is over since before a restart; as withdrawn().
  virtual void perform(PolledTask task) = 0;
  // The attempt is over. With `cancelled` what it began outside has to be ended, and then reported: only the
  // report makes the engine forget it.
  virtual void withdrawn(PolledTask task, bool cancelled) = 0;
  // A task of no execution, of a state under test (Engine::test_state): done once, nothing of it is kept or
  // told to anybody but `done`, which is called once on any thread, not at all after the performer's end.
  // With `reveal_secrets` the answer shows what a connection added. False: not such a task, `done` is not
  // called.
  virtual bool try_out(const statelang::test_state::TaskCall& call, bool reveal_secrets,
                       std::function<void(statelang::test_state::TaskAnswer)> done) = 0;
  // Whether executions of this state machine may be started with this test case of the mock configuration.
  virtual bool has_test_case(std::string_view state_machine_name, std::string_view test_case) const = 0;
};

// ------------------------------------------------------------------------------------------ the engine

class EventFeed;

class Engine {
 public:
  virtual ~Engine() = default;

  // Arn of a state machine or execution in this engine's account and region.
  virtual std::string state_machine_arn(std::string_view name) const = 0;

  virtual void create_state_machine(CreateStateMachineRequest, ApiCallback<StateMachine>) = 0;
  virtual void update_state_machine(UpdateStateMachineRequest, ApiCallback<StateMachine>) = 0;
  virtual void delete_state_machine(std::string arn, ApiCallback<bool>) = 0;
  // The ARN of a version or an alias shows the version (of an alias: its first one) under that ARN.
  virtual ApiResult<StateMachine> describe_state_machine(std::string_view arn) = 0;
  // As it was when the execution started.
  virtual ApiResult<StateMachine> describe_state_machine_for_execution(std::string_view execution_arn) = 0;
  // Newest first.
  virtual ApiResult<Page<StateMachine>> list_state_machines(size_t limit, std::string_view page_token) = 0;

  // The same revision again is the same version. Errors: StateMachineDoesNotExist, Conflict (another
  // revision), QuotaExceeded.
  virtual void publish_version(PublishVersionRequest, ApiCallback<StateMachineVersion>) = 0;
  // Conflict while an alias routes to it; one that is not there is a success.
  virtual void delete_version(std::string version_arn, ApiCallback<bool>) = 0;
  virtual ApiResult<std::vector<StateMachineVersion>> list_versions(
      std::string_view state_machine_arn) = 0;  // latest first
  // The same alias again is a success. Errors: ResourceDoesNotExist, ValidationFailed (routes), Conflict
  // (other routes), QuotaExceeded.
  virtual void create_alias(CreateAliasRequest, ApiCallback<StateMachineAlias>) = 0;
  virtual void update_alias(UpdateAliasRequest, ApiCallback<StateMachineAlias>) = 0;
  virtual void delete_alias(std::string alias_arn, ApiCallback<bool>) = 0;
  virtual ApiResult<StateMachineAlias> describe_alias(std::string_view alias_arn) = 0;
  // In the order of their creation; a version's ARN: those that route to it.
  virtual ApiResult<std::vector<StateMachineAlias>> list_aliases(std::string_view state_machine_arn) = 0;

  // Every diagnostic, warnings included; empty: fine.
  virtual std::vector<statelang::Diagnostic> validate_definition(std::string_view definition,
                                                                 core::MachineType type) const = 0;

  // One state alone (statelang/test_state). Account, region, time and seed are the engine's. A Task without a
  // mock is done as of an execution, for five minutes at most; where neither the engine itself nor a worker
  // does such tasks, it is refused.
  virtual void test_state(statelang::test_state::Request, ApiCallback<statelang::test_state::Result>) = 0;

  virtual void start_execution(StartExecutionRequest, ApiCallback<StartedExecution>) = 0;
  // Express: runs at most once, nothing stored. Standard: started, then waited for. `wait_ms` over: the
  // execution as it is then (still RUNNING).
  virtual void start_and_wait(StartExecutionRequest, int64_t wait_ms, ApiCallback<Execution>) = 0;
  virtual void wait_for_execution(std::string arn, int64_t wait_ms, ApiCallback<Execution>) = 0;
  virtual void stop_execution(StopExecutionRequest, ApiCallback<int64_t>) = 0;  // stop time
  // When it was redriven. Errors: ExecutionDoesNotExist, ExecutionNotRedrivable.
  virtual void redrive_execution(RedriveExecutionRequest, ApiCallback<int64_t>) = 0;
  virtual ApiResult<Execution> describe_execution(std::string_view arn) = 0;
  virtual ApiResult<Page<ExecutionListItem>> list_executions(const ListExecutionsRequest&) = 0;

  // Map Runs of Distributed Maps (docs/adr/0009).
  virtual ApiResult<core::MapRun> describe_map_run(std::string_view map_run_arn) = 0;
  virtual ApiResult<std::vector<core::MapRun>> list_map_runs(std::string_view execution_arn) = 0;
  virtual void update_map_run(core::UpdateMapRun, ApiCallback<bool>) = 0;

  virtual ApiResult<std::vector<statelang::HistoryEvent>> history(const HistoryRequest&) = 0;
  // Called back when there are events after `after_id` or the execution has ended, at the latest after
  // wait_ms.
  virtual void wait_for_history(std::string arn, statelang::EventId after_id, int64_t wait_ms,
                                ApiCallback<bool>) = 0;

  virtual void poll_tasks(PollTasksRequest, ApiCallback<std::vector<PolledTask>>) = 0;
  // After `abandoned` was set: the waiting polls of the queue that have it are answered empty soon. Without
  // this they stay until a task comes or their time is over.
  virtual void end_abandoned_polls(std::string queue) = 0;
  virtual void report_task(TaskResult, std::string worker, ApiCallback<bool>) = 0;
  // .sync, .waitForTaskToken: the service has taken the request and answered `output` (JSON text).
  virtual void report_submitted(std::string token, std::string output, ApiCallback<bool>) = 0;
  virtual void heartbeat_task(std::string token, ApiCallback<HeartbeatAnswer>) = 0;
  // Keeps what a worker holds from being given to another one (leased polls). Not durable, no record.
  virtual void renew_leases(const std::vector<std::string>& tokens) = 0;
  // At most once. Tasks of its own that wait are given to it at once.
  virtual void set_task_performer(std::shared_ptr<TaskPerformer> performer) = 0;

  // The catalog, for triggers and other documents by key (docs/formats/catalog.md).
  virtual void put_catalog_entry(core::PutCatalogEntry, ApiCallback<bool>) = 0;
  virtual void erase_catalog_entry(std::string key, ApiCallback<bool>) = 0;
  virtual ApiResult<std::optional<std::string>> catalog_entry(std::string_view key) = 0;
  virtual ApiResult<std::vector<std::pair<std::string, std::string>>> catalog_entries(
      std::string_view key_prefix) = 0;

  // engine/runtime/event_feed.h; null: this engine has none.
  virtual EventFeed* event_feed() { return nullptr; }

  virtual int64_t now_ms() const = 0;  // the engine's clock, Unix epoch
  // A message authentication code (hexadecimal) under the engine's own kept key: for texts that are given to
  // callers and come back, page tokens. `purpose` keeps one use from passing for another.
  virtual std::string authenticate(std::string_view purpose, std::string_view text) const = 0;
  virtual bool ready(std::string& reason) const = 0;  // /readyz
  virtual void append_metrics(std::string& prometheus_text) const = 0;

  // Stops intake, finishes what is queued, closes. Blocks until done.
  virtual void stop() = 0;
};

}  // namespace engine
