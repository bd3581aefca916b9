// Start, stop, submitting records, health and metrics.
#include <future>

#include "engine_parts.h"
#include "node_engine.h"

namespace engine::runtime {

namespace {
constexpr size_t kHaltedShown = 4;  // partitions whose trouble ready() tells

TaskQueueSettings queue_settings(const EmbeddedSettings& settings) {
  TaskQueueSettings queues;
  queues.tasks_max = settings.tasks_max;
  queues.contents_bytes_max = settings.task_contents_bytes_max;
  return queues;
}
}  // namespace

NodeEngine::NodeEngine(EmbeddedSettings settings, Parts parts)
    : settings_(std::move(settings)),
      store_(std::move(parts.store)),
      log_(std::move(parts.log)),
      node_(parts.node),
      threads_(settings_.threads),
      reply_strand_(threads_.make_strand(clock_)),
      queue_strand_(threads_.make_strand(clock_)),
      watcher_strand_(threads_.make_strand(clock_)),
      deletion_strand_(threads_.make_strand(clock_)),
      fetch_strand_(threads_.make_strand(clock_)),
      replies_(*reply_strand_, clock_),
      queues_(
          queue_settings(settings_), *queue_strand_, clock_,
          [this](const core::TaskId& id) { return token(id); }, started_reporter(), task_fetcher()),
      watchers_(*watcher_strand_, clock_) {
  executor_ = std::make_unique<MeasuredExecutor>(replies_, queues_, watchers_, metrics_);
  feed_ = std::make_unique<NodeFeed>(
      *store_, executor_->listeners,
      [this](PartitionId partition, core::RecordBody body, ApiCallback<bool> done) {
        submit(partition, std::move(body), {partition},
               [done = std::move(done)](ApiResult<core::Reply> answer) {
                 if (!answer) return done(statelang::Unexpected{answer.error()});
                 done(true);
               });
      },
      [this](PartitionId partition) { return runs_here(partition); });
  executor_->catalog_changed = [this](const std::string& key) { machines_.forget(key); };
  for (uint16_t i = 0; i < store_->partition_count(); ++i) {
    auto shard = std::make_unique<Shard>();
    LoopSettings& loop = shard->settings;
    loop.node = node_;
    loop.partition.partition = i;
    loop.partition.region = settings_.region;
    loop.partition.account = settings_.account;
    loop.partition.token_key = settings_.token_key;
    loop.partition.retention_ms = settings_.retention_ms;
    shard->strand = threads_.make_strand(clock_);
    shards_.push_back(std::move(shard));
  }
}

NodeEngine::~NodeEngine() {
  stop();
}

Expected<void> NodeEngine::start() {
  for (auto& shard : shards_) {
    shard->loop =
        std::make_unique<PartitionLoop>(shard->settings, *shard->strand, clock_, *log_, *store_, *executor_);
    if (auto started = shard->loop->start(); !started) return started;
  }
  threads_.run();
  await_deletions();
  return {};
}

TaskQueues::ReportStarted NodeEngine::started_reporter() {
  return [this](const core::TaskId& id, std::string worker, int64_t started_ms,
                std::function<void(ApiResult<core::ReplyCode>)> answered) {
    core::TaskReport report{id, statelang::TaskStarted{id.scope, id.attempt, std::move(worker), started_ms}};
    const auto partition = static_cast<PartitionId>(id.partition);
    if (!answered) {
      // Nobody waits; without space in the log the result brings the same facts.
      (void)log_->append(partition, core::Record{now_ms(), 0, node_, std::move(report)});
      return;
    }
    submit(partition, std::move(report), {partition}, [answered](ApiResult<core::Reply> answer) {
      if (!answer) return answered(statelang::Unexpected{answer.error()});
      answered(answer->code);
    });
  };
}

void NodeEngine::submit(PartitionId partition, core::RecordBody body, ReplyRegistry::Terms terms,
                        ApiCallback<core::Reply> done) {
  if (stopping_) {
    return done(statelang::Unexpected{ApiError{ApiErrorCode::ShuttingDown, "the engine is stopping", {}}});
  }
  if (auto why = executor_->halted_why(partition)) {
    return done(statelang::Unexpected{ApiError{ApiErrorCode::Unavailable, std::move(*why), {}}});
  }
  const uint64_t request = replies_.expect(terms, std::move(done));
  if (auto appended = log_->append(partition, core::Record{now_ms(), request, node_, std::move(body)});
      !appended) {
    metrics_.requests_throttled.add();
    replies_.refuse(request, {ApiErrorCode::Throttled, appended.error().message, {}});
  }
}

bool NodeEngine::ready(std::string& reason) const {
  if (stopping_) {
    reason = "the engine is stopping";
    return false;
  }
  size_t halted = 0;
  reason.clear();
  for (uint16_t i = 0; i < shards_.size(); ++i) {
    const auto why = executor_->halted_why(static_cast<PartitionId>(i));
    if (why && ++halted <= kHaltedShown) reason += (halted == 1 ? "" : "; ") + *why;
  }
  if (halted > kHaltedShown) reason += "; and " + std::to_string(halted - kHaltedShown) + " more";
  if (halted > 0) return false;
  if (const auto space = store_->space()) reason = space->refusal();
  return reason.empty();
}

void NodeEngine::stop() {
  std::lock_guard lock(stop_mutex_);
  if (std::exchange(stopped_, true)) return;
  stopping_ = true;
  queues_.close();
  stop_loops();
  replies_.close();
  watchers_.close();
  threads_.join();  // the shards stay until the engine goes: late calls still look at them
}

void NodeEngine::stop_loops() {
  if (!threads_.running()) return;
  for (auto& shard : shards_) {
    std::promise<void> stopped;
    shard->strand->post([&] {
      if (!shard->loop) return stopped.set_value();
      shard->loop->stop([&] { stopped.set_value(); });
    });
    stopped.get_future().wait();
  }
}

void NodeEngine::append_metrics(std::string& text) const {
  const EngineMetrics& m = metrics_;
  append_counter(text, "stepstream_executions_started_total", "Executions started.",
                 m.executions_started.count);
  append_counter(text, "stepstream_executions_ended_total", "Executions that reached a final status.",
                 m.executions_ended.count);
  append_counter(text, "stepstream_records_applied_total", "Records applied, rejected ones included.",
                 m.records_applied.count);
  append_counter(text, "stepstream_execution_changes_total", "Transitions that changed an execution.",
                 m.transitions.count);
  append_counter(text, "stepstream_commits_total", "Commits to the store.", m.commits.count);
  append_counter(text, "stepstream_partition_restarts_total",
                 "Times a partition started over from the store.", m.commits_failed.count);
  append_counter(text, "stepstream_tasks_dispatched_total", "Tasks offered to their queues.",
                 m.tasks_dispatched.count);
  append_counter(text, "stepstream_tasks_delivered_total", "Tasks given to workers.",
                 m.tasks_delivered.count);
  append_counter(text, "stepstream_tasks_redelivered_total", "Tasks given again after a lease ran out.",
                 queues_.redeliveries());
  append_counter(text, "stepstream_task_results_accepted_total", "Task results applied.",
                 m.task_results_accepted.count);
  append_counter(text, "stepstream_task_results_refused_total", "Task results that came late or twice.",
                 m.task_results_refused.count);
  append_counter(text, "stepstream_requests_throttled_total", "Requests refused because a limit was reached.",
                 m.requests_throttled.count);
  m.batch_records.append(text, "stepstream_batch_records", "Records in one commit.");
  m.commit_seconds.append(text, "stepstream_commit_seconds", "Time of one durable commit.");
  m.start_seconds.append(text, "stepstream_start_seconds", "StartExecution, from call to answer.");
  m.task_result_seconds.append(text, "stepstream_task_result_seconds", "Task result, from call to answer.");
  if (const auto space = store_->space()) {
    append_gauge(text, "stepstream_disk_free_bytes", "Free space where the state lives.",
                 static_cast<double>(space->free_bytes));
    append_gauge(text, "stepstream_disk_free_bytes_min", "With less than this, nothing is accepted.",
                 static_cast<double>(space->free_bytes_min));
  }
  append_gauge(text, "stepstream_requests_waiting", "Calls that wait for their commit.",
               static_cast<double>(replies_.waiting()));
  size_t pending = 0, held = 0, polls = 0;
  for (const TaskQueues::Depth& depth : queues_.depths()) {
    pending += depth.pending;
    held += depth.delivered;
    polls += depth.polls;
  }
  append_gauge(text, "stepstream_tasks_pending", "Tasks that wait for a worker.",
               static_cast<double>(pending));
  append_gauge(text, "stepstream_tasks_held", "Tasks that workers have.", static_cast<double>(held));
  append_gauge(text, "stepstream_task_contents_bytes", "Inputs of open tasks that are in memory.",
               static_cast<double>(queues_.contents_bytes()));
  append_gauge(text, "stepstream_polls_waiting", "Long polls that wait for a task.",
               static_cast<double>(polls));
}

}  // namespace engine::runtime
