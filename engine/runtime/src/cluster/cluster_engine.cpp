#include "cluster_engine.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <thread>

#include <engine/ports/failpoint.h>

namespace engine::runtime::cluster {

using statelang::Unexpected;

namespace {

constexpr const char* kAllChannel = "all";
// At stop: how long answers to what this node has appended are waited for.
constexpr int64_t kLastAnswersMs = 2'000;

std::string channel_of(uint32_t node) {
  return "node." + std::to_string(node);
}

int64_t monotonic_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

ClusterEngine::ClusterEngine(EmbeddedSettings settings, Parts parts, log::KafkaCommandLog& log,
                             store::RedisStore& store, store::RedisSettings redis, ClusterOptions options)
    : NodeEngine(std::move(settings), std::move(parts)),
      kafka_(log),
      redis_(store),
      redis_settings_(std::move(redis)),
      polls_(queues_, clock_,
             {[this](const NodeMessage& message) { to_all(message); },
              [this](uint32_t node, const NodeMessage& message) { to(node, message); }}),
      publisher_(std::move(options.tasks), log, [this](const core::TaskId& id) { return token(id); }),
      progress_(store_->partition_count()),
      trimmer_(options.trim, store_->partition_count(), log,
               {[this](PartitionId partition) { return runs_here(partition); },
                [this](PartitionId partition) { return redis_.durable(partition); },
                [this] { return now_ms(); }, options.notice}) {
  executor_->neighbours = this;
  for (auto& shard : shards_) shard->settings.log_is_durable = true;
  Ownership::Hands hands;
  hands.take_over = [this](PartitionId partition) { return take_over(partition); };
  hands.give_up = [this](PartitionId partition) { give_up(partition); };
  hands.troubled = [this, notice = options.notice](PartitionId partition, const std::string& why) {
    if (notice && !why.empty() && executor_->halted_why(partition) != why) notice(why);
    executor_->set_halted(partition, why.empty() ? std::nullopt : std::optional(why));
  };
  ownership_ = std::make_unique<Ownership>(store_->partition_count(), node_, std::move(hands));
}

ClusterEngine::~ClusterEngine() {
  stop();
}

Expected<void> ClusterEngine::start() {
  store::RedisChannels::Receiver receiver;
  receiver.received = [this](std::string_view bytes) { received(bytes); };
  receiver.missed = [this] {
    lost_messages_.add();
    replies_.answers_lost([this](PartitionId partition) { return !runs_here(partition); });
    machines_.forget_all();
    store_was_away();
    executor_->listeners.tell(kCatalogPartition, {core::CatalogChanged{}});
  };
  auto channels =
      store::RedisChannels::open(redis_settings_, {kAllChannel, channel_of(node_)}, std::move(receiver));
  if (!channels) return Unexpected{channels.error()};
  channels_ = std::move(*channels);
  threads_.run();
  ownership_->start();
  auto members = store::RedisMembers::open(
      redis_settings_, node_, [this](std::vector<uint32_t> nodes) { nodes_changed(std::move(nodes)); });
  if (!members) return Unexpected{members.error()};
  members_ = std::move(*members);
  joined_ = true;
  publisher_.start();
  trimmer_.start();
  await_deletions();
  to_all(MembersChanged{});
  return {};
}

// Others take over as soon as this node is off the list; until then it finishes what it has begun.
void ClusterEngine::stop() {
  std::lock_guard lock(stop_mutex_);
  if (std::exchange(stopped_, true)) return;
  stopping_ = true;
  queues_.close();
  trimmer_.stop();
  ownership_->stop();
  publisher_.stop();
  if (members_) members_->leave();
  if (channels_) {
    to_all(MembersChanged{});
    const int64_t until_ms = now_ms() + kLastAnswersMs;
    while (replies_.waiting() != 0 && others_ != 0 && now_ms() < until_ms)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  replies_.close();
  watchers_.close();
  if (channels_) channels_->close();
  threads_.join();
}

// ------------------------------------------------------------------------------------------ partitions

void ClusterEngine::nodes_changed(std::vector<uint32_t> nodes) {
  rebalances_.add();
  others_ = nodes.empty() ? 0 : nodes.size() - 1;
  ownership_->set_nodes(nodes);
}

void ClusterEngine::on_strand(PartitionId partition,
                              const std::function<void(Shard&, std::function<void()> then)>& work) {
  Shard& shard = *shards_[static_cast<size_t>(partition)];
  auto done = std::make_shared<std::promise<void>>();
  shard.strand->post([&] { work(shard, [done] { done->set_value(); }); });
  done->get_future().wait();
}

// Durability 2.8 A. What the owner before us commits meanwhile makes our first commit fail: then once more.
Expected<void> ClusterEngine::take_over(PartitionId partition) {
  const auto position = store_->position(partition);
  if (!position) return Unexpected{position.error()};
  if (auto attached = kafka_.attach(partition, *position); !attached) return attached;
  const auto claim = kafka_.claim(partition, node_);
  if (!claim) return Unexpected{claim.error()};
  pass(Failpoint::PartitionClaimed);
  Progress& progress = progress_[static_cast<size_t>(partition)];
  progress.begin = position->applied;
  progress.claim = *claim;
  progress.begun_ms = monotonic_ms();
  Expected<void> started;
  on_strand(partition, [&](Shard& shard, const std::function<void()>& then) {
    LoopSettings settings = shard.settings;
    settings.epoch = *claim;
    shard.loop = std::make_unique<PartitionLoop>(std::move(settings), *shard.strand, clock_, *log_, *store_,
                                                 *executor_);
    started = shard.loop->start();
    then();
  });
  return started;
}

void ClusterEngine::give_up(PartitionId partition) {
  pass(Failpoint::PartitionLeaving);
  on_strand(partition, [](Shard& shard, std::function<void()> then) {
    if (!shard.loop || !shard.loop->running()) return then();
    shard.loop->stop(std::move(then));
  });
  on_strand(partition, [](Shard& shard, const std::function<void()>& then) {
    shard.loop.reset();
    then();
  });
  progress_[static_cast<size_t>(partition)].open = false;
  kafka_.detach(partition);
  queues_.drop(static_cast<uint16_t>(partition));
  publisher_.drop(static_cast<uint16_t>(partition));
}

void ClusterEngine::halted(PartitionId partition, const Error& why) {
  if (why.kind == ErrorKind::Fenced) fenced_.add();
  progress_[static_cast<size_t>(partition)].open = false;
  ownership_->lost(partition, why);
}

void ClusterEngine::opened(PartitionId partition) {
  Progress& progress = progress_[static_cast<size_t>(partition)];
  replayed_records_.add(progress.claim - std::min<uint64_t>(progress.begin, progress.claim));
  replay_ms_.add(static_cast<uint64_t>(monotonic_ms() - progress.begun_ms));
  progress.open = true;
  executor_->listeners.tell(partition, {core::FeedGrown{}});  // readers go on here where others left off
  take(PartitionOpened{static_cast<uint16_t>(partition)});
  to_all(PartitionOpened{static_cast<uint16_t>(partition)});
}

void ClusterEngine::progressed(PartitionId partition, uint64_t applied) {
  progress_[static_cast<size_t>(partition)].applied = applied;
}

// A caller's record is its caller's to send again; one of our own comes back from the store.
void ClusterEngine::record_failed(PartitionId partition, uint64_t request, const Error& why) {
  if (request != 0) {
    const ApiErrorCode code =
        why.kind == ErrorKind::Full ? ApiErrorCode::Throttled : ApiErrorCode::Unavailable;
    return replies_.refuse(request, {code, why.message + ": the request may still take effect", {}});
  }
  Shard& shard = *shards_[static_cast<size_t>(partition)];
  shard.strand->post([&shard] {
    if (shard.loop && shard.loop->running()) shard.loop->own_record_lost();
  });
}

// A partition that has nothing to do would otherwise never find out that Redis has lost what it had
// committed.
void ClusterEngine::store_was_away() {
  for (auto& shard : shards_) {
    shard->strand->post([&shard = *shard] {
      if (shard.loop && shard.loop->running()) shard.loop->store_was_away();
    });
  }
}

// ------------------------------------------------------------------------------------------ messages

void ClusterEngine::to_all(const NodeMessage& message) {
  channels_->publish(kAllChannel, encode(node_, message));
}

void ClusterEngine::to(uint32_t node, const NodeMessage& message) {
  channels_->publish(channel_of(node), encode(node_, message));
}

// Changes go out before answers, so that a caller who has one reads what it wrote.
void ClusterEngine::share(PartitionId partition, std::vector<core::Action>& actions) {
  Changes changes;
  std::map<uint32_t, Replies> replies;
  const auto elsewhere = [&](core::Action& action) {
    if (const auto* change = std::get_if<core::ExecutionChanged>(&action))
      changes.executions.push_back(*change);
    if (const auto* entry = std::get_if<core::CatalogChanged>(&action))
      changes.catalog_keys.push_back(entry->key);
    if (publish(action)) return true;
    auto* reply = std::get_if<core::Reply>(&action);
    if (reply == nullptr || reply->node == node_) return false;
    if (reply->node != 0 && reply->request != 0) replies[reply->node].replies.push_back(std::move(*reply));
    return true;
  };
  std::erase_if(actions, elsewhere);
  if (others_ == 0 && replies.empty()) return;
  if (!changes.executions.empty() || !changes.catalog_keys.empty()) {
    changes.partition = static_cast<uint16_t>(partition);
    to_all(changes);
  }
  for (const auto& [node, told] : replies) to(node, told);
}

// Whether it is a task that goes to a topic instead of a queue of this node.
bool ClusterEngine::publish(core::Action& action) {
  if (const auto* withdrawn = std::get_if<core::WithdrawTask>(&action)) publisher_.withdraw(withdrawn->id);
  auto* task = std::get_if<core::DispatchTask>(&action);
  if (task == nullptr || !publisher_.publishes(task->queue)) return false;
  const auto performer = queues_.performer();
  if (performer && performer->performs(*task)) return false;
  publisher_.publish(std::move(*task));
  return true;
}

void ClusterEngine::restarted(PartitionId partition) {
  Changes changes;
  changes.partition = static_cast<uint16_t>(partition);
  changes.restarted = true;
  to_all(changes);
}

void ClusterEngine::take(const Changes& changes) {
  std::vector<core::Action> told;
  for (const std::string& key : changes.catalog_keys) {
    machines_.forget(key);
    told.push_back(core::CatalogChanged{key});
  }
  executor_->listeners.tell(static_cast<PartitionId>(changes.partition), told);
  for (const core::ExecutionChanged& change : changes.executions) watchers_.changed(change);
  if (changes.restarted) replies_.restarted(static_cast<PartitionId>(changes.partition));
}

// What the former owner has committed is not answered by the new one, which never applies it.
void ClusterEngine::take(const PartitionOpened& opened) {
  replies_.answers_lost(
      [&](PartitionId partition) { return static_cast<uint16_t>(partition) == opened.partition; });
}

void ClusterEngine::received(std::string_view bytes) {
  auto message = decode_message(bytes);
  if (!message || message->from == node_) return;
  const uint32_t from = message->from;
  auto& body = message->message;
  if (auto* replies = std::get_if<Replies>(&body)) {
    for (core::Reply& reply : replies->replies) {
      if (reply.node == node_) replies_.answer(std::move(reply));
    }
  } else if (const auto* changes = std::get_if<Changes>(&body)) {
    take(*changes);
  } else if (const auto* opened = std::get_if<PartitionOpened>(&body)) {
    take(*opened);
  } else if (std::holds_alternative<MembersChanged>(body)) {
    if (joined_ && !stopping_) members_->look();
  } else if (auto* begun = std::get_if<PollBegun>(&body)) {
    if (!stopping_) polls_.begun(from, std::move(*begun));
  } else if (const auto* ended = std::get_if<PollEnded>(&body)) {
    polls_.ended(from, *ended);
  } else if (auto* answered = std::get_if<PollAnswered>(&body)) {
    metrics_.tasks_delivered.add(answered->tasks.size());
    polls_.answered(from, std::move(*answered));
  } else if (const auto* returned = std::get_if<TasksReturned>(&body)) {
    polls_.returned(*returned);
  } else if (const auto* renewed = std::get_if<LeasesRenewed>(&body)) {
    for (const core::TaskId& id : renewed->tasks) (void)queues_.renew(id);
  }
}

// ------------------------------------------------------------------------------------------ tasks

void ClusterEngine::poll_tasks(PollTasksRequest request, ApiCallback<std::vector<PolledTask>> done) {
  if (others_ == 0) return NodeEngine::poll_tasks(std::move(request), std::move(done));
  polls_.poll(std::move(request), std::move(done));
}

void ClusterEngine::end_abandoned_now(const std::string& queue) {
  NodeEngine::end_abandoned_now(queue);
  polls_.end_abandoned(queue);
}

std::optional<TaskQueues::Delivery> ClusterEngine::delivered_elsewhere(const core::TaskId& id) {
  return polls_.delivery(id);
}

void ClusterEngine::renew_leases(const std::vector<std::string>& tokens) {
  LeasesRenewed elsewhere;
  for (const std::string& token : tokens) {
    const auto id = task_id(token);
    if (id && !queues_.renew(*id)) elsewhere.tasks.push_back(*id);
  }
  if (!elsewhere.tasks.empty() && others_ != 0) to_all(elsewhere);
}

void ClusterEngine::heartbeat_task(std::string token, ApiCallback<HeartbeatAnswer> done) {
  renew_leases({token});
  NodeEngine::heartbeat_task(std::move(token), std::move(done));
}

// ------------------------------------------------------------------------------------------ health

bool ClusterEngine::ready(std::string& reason) const {
  if (!NodeEngine::ready(reason)) return false;
  for (uint16_t i = 0; i < progress_.size(); ++i) {
    if (progress_[i].open || !ownership_->owns(static_cast<PartitionId>(i))) continue;
    const uint64_t applied = progress_[i].applied, claim = progress_[i].claim;
    reason = "partition " + std::to_string(i) +
             " is replaying: " + std::to_string(claim > applied ? claim - applied : 0) + " records to go";
    return false;
  }
  return true;
}

// Of the partitions that run here, as the brokers last told.
ClusterEngine::LogSize ClusterEngine::log_size() const {
  LogSize size;
  for (uint16_t i = 0; i < progress_.size(); ++i) {
    if (!ownership_->owns(static_cast<PartitionId>(i))) continue;
    const log::KafkaCommandLog::Extent extent = kafka_.known_extent(static_cast<PartitionId>(i));
    const uint64_t applied = progress_[i].applied;
    if (extent.high > applied) size.lag += extent.high - applied;
    size.records += extent.high - std::min(extent.low, extent.high);
  }
  return size;
}

void ClusterEngine::append_log_metrics(std::string& text) const {
  const log::KafkaLogMetrics kafka = kafka_.metrics();
  const LogSize size = log_size();
  append_gauge(text, "stepstream_log_records", "Records in the log, of partitions that run here.",
               static_cast<double>(size.records));
  append_gauge(text, "stepstream_log_lag_records", "Records in the log that are not applied yet.",
               static_cast<double>(size.lag));
  append_gauge(text, "stepstream_log_on_the_way", "Records sent to Kafka and not acknowledged yet.",
               static_cast<double>(kafka.on_the_way));
  append_counter(text, "stepstream_log_appended_total", "Records that Kafka has acknowledged.",
                 kafka.appended);
  append_counter(text, "stepstream_log_failed_total", "Records that Kafka did not acknowledge in time.",
                 kafka.failed);
  append_counter(text, "stepstream_log_taken_total", "Records taken from Kafka, replayed ones included.",
                 kafka.taken);
  append_counter(text, "stepstream_log_unreadable_total", "Messages in the log that are no records.",
                 kafka.unreadable);
  append_counter(text, "stepstream_log_trimmed_total",
                 "Records deleted from the log, which Redis has on disk.", trimmer_.deleted());
  append_counter(text, "stepstream_log_trims_total", "Times a partition was searched for old records.",
                 trimmer_.looked());
  append_counter(text, "stepstream_log_trims_failed_total",
                 "Times a partition's old records could not be deleted.", trimmer_.failed());
}

void ClusterEngine::append_redis_metrics(std::string& text) const {
  const store::RedisMetrics redis = redis_.metrics();
  append_counter(text, "stepstream_redis_commits_total", "Commits that Redis has acknowledged.",
                 redis.commits);
  append_counter(text, "stepstream_redis_commits_rejected_total",
                 "Commits that Redis refused because position or epoch was another one.", redis.rejected);
  append_counter(text, "stepstream_redis_commits_failed_total",
                 "Commits of unknown outcome, or without space.", redis.failed);
  append_counter(text, "stepstream_redis_commit_groups_total", "Round trips that carried commits.",
                 redis.groups);
  append_counter(text, "stepstream_redis_reconnects_total", "Connections for commits made anew.",
                 redis.reconnects);
}

void ClusterEngine::append_metrics(std::string& text) const {
  NodeEngine::append_metrics(text);
  size_t open = 0;
  for (const Progress& progress : progress_) open += progress.open ? 1 : 0;
  append_gauge(text, "stepstream_cluster_nodes", "Nodes alive, this one included.",
               static_cast<double>(others_ + 1));
  append_gauge(text, "stepstream_partitions_held", "Partitions that run on this node.",
               static_cast<double>(ownership_->held()));
  append_gauge(text, "stepstream_partitions_replaying", "Partitions of this node that still replay.",
               static_cast<double>(ownership_->held() - std::min(open, ownership_->held())));
  append_counter(text, "stepstream_cluster_rebalances_total",
                 "Times nodes came or went, and partitions were shared out anew.", rebalances_.count);
  append_counter(text, "stepstream_replayed_records_total", "Records replayed at takeovers.",
                 replayed_records_.count);
  append_counter(text, "stepstream_replay_milliseconds_total", "What these replays took.", replay_ms_.count);
  append_counter(text, "stepstream_partition_takeovers_total", "Partitions taken over.",
                 ownership_->takeovers());
  append_counter(text, "stepstream_partitions_fenced_total",
                 "Times a partition stopped here because another node claimed it or the store went back.",
                 fenced_.count);
  append_log_metrics(text);
  append_redis_metrics(text);
  append_counter(text, "stepstream_tasks_published_total", "Tasks that Kafka has acknowledged.",
                 publisher_.published());
  append_counter(text, "stepstream_task_publishes_failed_total", "Tasks that had to be sent again.",
                 publisher_.failed());
  append_gauge(text, "stepstream_task_publishes_waiting", "Tasks sent and not acknowledged yet.",
               static_cast<double>(publisher_.waiting()));
  append_counter(text, "stepstream_node_messages_total", "Messages sent to other nodes.",
                 channels_->published());
  append_counter(text, "stepstream_node_messages_dropped_total",
                 "Messages to other nodes that were lost here.", channels_->dropped());
  append_counter(text, "stepstream_node_messages_missed_total",
                 "Times messages of other nodes may have been lost.", lost_messages_.count);
}

}  // namespace engine::runtime::cluster
