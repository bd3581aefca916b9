#include "nodes/node.h"

#include <engine/core/mutation.h>

namespace simulation {

using engine::ApiErrorCode;
using engine::ApiResult;
using engine::Error;
using engine::ErrorKind;
using engine::Expected;
using engine::Mutant;
using engine::mutated;
using engine::PartitionId;
using engine::core::Action;
using engine::core::Reply;
using engine::core::ReplyCode;
using engine::core::TaskId;
using statelang::Unexpected;
using namespace engine::runtime::cluster;

namespace {
constexpr int64_t kQuestionMs = 10;  // to Kafka or Redis, at most
constexpr int kSlowPercent = 5;
constexpr int64_t kSlowQuestionMs = 3'000;
constexpr int64_t kTrimPeriodMs = 20'000;

TaskPublisherSettings topics(bool on) {
  TaskPublisherSettings settings;
  settings.prefix = "simulation";
  if (on) settings.queues = {"*"};
  return settings;
}

engine::LogTrimSettings trimming(uint64_t margin) {
  engine::LogTrimSettings settings;
  settings.margin_records = margin;
  return settings;
}
}  // namespace

Node::Node(const ClusterSurroundings& surroundings, const NodeSettings& settings)
    : ActionExecutor(replies_, queues_, watchers_),
      surroundings_(surroundings),
      settings_(settings),
      clock_(surroundings.clock, settings.clock_off_ms),
      process_(std::make_shared<Process>()),
      reply_strand_(surroundings.scheduler, clock_, process_),
      queue_strand_(surroundings.scheduler, clock_, process_),
      watcher_strand_(surroundings.scheduler, clock_, process_),
      log_(surroundings.broker, process_, surroundings.redis.partition_count(),
           {[this](PartitionId partition, uint64_t request, const Error& why) {
              record_failed(partition, request, why);
            },
            nullptr}),
      store_(surroundings.redis, surroundings.scheduler, surroundings.random, process_),
      replies_(reply_strand_, clock_),
      queues_({}, queue_strand_, clock_, task_name, started_reporter()),
      watchers_(watcher_strand_, clock_),
      polls_(queues_, clock_,
             {[this](const NodeMessage& message) { tell(0, message); },
              [this](uint32_t node, const NodeMessage& message) { tell(node, message); }}),
      publisher_(topics(settings.topics), log_, task_name),
      trimmer_(trimming(settings.trim_margin), surroundings.redis.partition_count(), log_,
               {[this](PartitionId partition) { return runs(partition); },
                [this](PartitionId partition) -> Expected<uint64_t> {
                  if (auto there = store_.position(partition); !there) return Unexpected{there.error()};
                  return surroundings_.redis.save(partition);
                },
                [this] { return clock_.now_ms(); }, nullptr}),
      places_(surroundings.redis.partition_count(), settings.number),
      shards_(surroundings.redis.partition_count()) {
  for (Shard& shard : shards_)
    shard.strand = std::make_unique<SimStrand>(surroundings_.scheduler, clock_, process_);
  if (settings_.trim_margin != 0) after(kTrimPeriodMs, [this] { trim_all(); });
}

void Node::resume() {
  process_->paused = false;
  for (auto& work : std::exchange(process_->held, {})) {
    surroundings_.scheduler.after(
        0, [process = std::weak_ptr<Process>(process_), work = std::move(work)] { run_in(process, work); });
  }
}

void Node::after(int64_t delay_ms, std::function<void()> work) {
  surroundings_.scheduler.after(delay_ms, [process = std::weak_ptr<Process>(process_),
                                           work = std::move(work)] { run_in(process, work); });
}

void Node::soon(std::function<void()> work) {
  const bool slow = surroundings_.random.chance(kSlowPercent);
  after(surroundings_.random.between(0, slow ? kSlowQuestionMs : kQuestionMs), std::move(work));
}

// ------------------------------------------------------------------------------------------ ownership

Places::Time Node::now() const {
  return Places::Time(std::chrono::milliseconds(surroundings_.scheduler.now_ms()));
}

void Node::nodes_changed(const std::vector<uint32_t>& nodes) {
  places_.set_nodes(nodes);
  look();
}

// What the thread of Ownership does: gives up, then takes over, then looks again.
void Node::look() {
  if (working_) return;
  Places::Work work = places_.due(now());
  if (!work.empty()) {
    working_ = true;
    return give_up_all(std::move(work));
  }
  if (const auto retry = places_.next_retry()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*retry - now()).count();
    after(std::max<int64_t>(left, 1), [this] { look(); });
  }
}

void Node::give_up_all(Places::Work work) {
  auto left = std::make_shared<size_t>(work.give_up.size());
  if (*left == 0) return take_over_all(work.take_over);
  for (const uint16_t partition : work.give_up) {
    give_up(PartitionId{partition}, [this, left, next = work.take_over] {
      if (--*left == 0) take_over_all(next);
    });
  }
}

void Node::take_over_all(const std::vector<uint16_t>& partitions) {
  auto left = std::make_shared<size_t>(partitions.size());
  const auto ended = [this] {
    working_ = false;
    look();
  };
  if (*left == 0) return ended();
  for (const uint16_t number : partitions) {
    const PartitionId partition{number};
    take_over(partition, [=, this](const Expected<void>& taken) {
      const auto settle = [=, this] {
        if (!taken &&
            (taken.error().kind == ErrorKind::Corrupt || taken.error().kind == ErrorKind::Permanent))
          surroundings_.refused(partition, taken.error());
        (void)places_.settled(number, taken, now());
        if (--*left == 0) ended();
      };
      taken ? settle() : give_up(partition, settle);
    });
  }
}

// As ClusterEngine::take_over(); each question takes its time, in which anything may happen.
void Node::take_over(PartitionId partition, const Settled& settled) {
  soon([=, this] {
    const auto position = store_.position(partition);
    if (!position) return settled(Unexpected{position.error()});
    soon([=, this, position = *position] { attach(partition, position, settled); });
  });
}

void Node::attach(PartitionId partition, const engine::AppliedPosition& position, const Settled& settled) {
  if (auto attached = log_.attach(partition, position); !attached) return settled(attached);
  soon([=, this] {
    const auto claim = log_.claim(partition, settings_.number);
    if (!claim) return settled(Unexpected{claim.error()});
    soon([=, this, claim = *claim] { begin(partition, claim, settled); });
  });
}

void Node::begin(PartitionId partition, uint64_t claim, const Settled& settled) {
  engine::runtime::LoopSettings settings;
  settings.partition = partition_settings(partition, settings_.transitions_max);
  settings.node = settings_.number;
  settings.log_is_durable = true;
  settings.epoch = claim;
  if (mutated(Mutant::EpochFromStore))
    store_.epochs.at(static_cast<size_t>(partition)) = surroundings_.redis.next_epoch(partition);
  Shard& its = shard(partition);
  its.loop = std::make_unique<engine::runtime::PartitionLoop>(std::move(settings), *its.strand, clock_, log_,
                                                              store_, *this);
  settled(its.loop->start());
}

void Node::give_up(PartitionId partition, const std::function<void()>& done) {
  Shard& its = shard(partition);
  const auto gone = [=, this, &its] {
    its.strand->post([=, this, &its] {
      its.loop.reset();
      log_.detach(partition);
      queues_.drop(static_cast<uint16_t>(partition));
      publisher_.drop(static_cast<uint16_t>(partition));
      done();
    });
  };
  its.strand->post([=, this, &its] { runs(partition) ? its.loop->stop(gone) : gone(); });
}

void Node::halted(PartitionId partition, const Error& why) {
  places_.lost(static_cast<uint16_t>(partition), why, now());
  soon([this] { look(); });
}

void Node::opened(PartitionId partition) {
  surroundings_.opened(partition);
  replies_.answers_lost([partition](PartitionId its) { return its == partition; });
  tell(0, PartitionOpened{static_cast<uint16_t>(partition)});
}

bool Node::idle() const {
  for (const auto& depth : queues_.depths()) {
    if (depth.pending > 0) return false;
  }
  return publisher_.waiting() == 0;
}

// ------------------------------------------------------------------------------------------ records

void Node::submit(PartitionId partition, engine::core::RecordBody body, engine::ApiCallback<Reply> done) {
  const uint64_t request = replies_.expect({partition}, std::move(done));
  if (log_.append(partition, {clock_.now_ms(), request, settings_.number, std::move(body)})) return;
  replies_.refuse(request, {ApiErrorCode::Throttled, "log", {}});
}

void Node::append(PartitionId partition, engine::core::RecordBody body) {
  (void)log_.append(partition, {clock_.now_ms(), 0, 0, std::move(body)});
}

void Node::record_failed(PartitionId partition, uint64_t request, const Error& why) {
  if (request != 0) return replies_.refuse(request, {ApiErrorCode::Unavailable, why.message, {}});
  shard(partition).strand->post([this, partition] {
    if (runs(partition)) shard(partition).loop->own_record_lost();
  });
}

// ------------------------------------------------------------------------------------------ neighbours

void Node::tell(uint32_t node, const NodeMessage& message) {
  surroundings_.publish(settings_.number, node, encode(settings_.number, message));
}

// As ClusterEngine::share(): changes go out before answers.
bool Node::share(PartitionId partition, std::vector<Action>& actions) {
  Changes changes;
  changes.partition = static_cast<uint16_t>(partition);
  std::map<uint32_t, Replies> replies;
  std::erase_if(actions, [&](Action& action) {
    if (const auto* change = std::get_if<engine::core::ExecutionChanged>(&action))
      changes.executions.push_back(*change);
    if (const auto* withdrawn = std::get_if<engine::core::WithdrawTask>(&action))
      publisher_.withdraw(withdrawn->id);
    auto* task = std::get_if<engine::core::DispatchTask>(&action);
    if (task != nullptr && publisher_.publishes(task->queue)) {
      publisher_.publish(std::move(*task));
      publish_tasks();
      return true;
    }
    auto* reply = std::get_if<Reply>(&action);
    if (reply == nullptr || reply->node == settings_.number) return false;
    if (reply->node != 0 && reply->request != 0) replies[reply->node].replies.push_back(std::move(*reply));
    return true;
  });
  if (!changes.executions.empty()) tell(0, changes);
  for (const auto& [node, told] : replies) tell(node, told);
  return !actions.empty();
}

void Node::perform(PartitionId partition, std::vector<Action> actions) {
  if (share(partition, actions)) ActionExecutor::perform(partition, std::move(actions));
}

void Node::restarted(PartitionId partition) {
  Changes changes;
  changes.partition = static_cast<uint16_t>(partition);
  changes.restarted = true;
  tell(0, changes);
  ActionExecutor::restarted(partition);
}

void Node::publish_tasks() {
  if (publishing_) return;
  publishing_ = true;
  soon([this] {
    publishing_ = false;
    publisher_.send_ready();
    if (publisher_.waiting() == 0) return;
    publishing_ = true;
    after(TaskPublisher::kRetryMs, [this] {
      publishing_ = false;
      publish_tasks();
    });
  });
}

void Node::received(std::string_view bytes) {
  auto message = decode_message(bytes);
  if (!message || message->from == settings_.number) return;
  const uint32_t from = message->from;
  auto& body = message->message;
  if (auto* replies = std::get_if<Replies>(&body)) {
    for (Reply& reply : replies->replies) {
      if (reply.node == settings_.number) replies_.answer(std::move(reply));
    }
  } else if (const auto* changes = std::get_if<Changes>(&body)) {
    for (const auto& change : changes->executions) watchers_.changed(change);
    if (changes->restarted) replies_.restarted(static_cast<PartitionId>(changes->partition));
  } else if (const auto* opened = std::get_if<PartitionOpened>(&body)) {
    replies_.answers_lost(
        [&](PartitionId partition) { return static_cast<uint16_t>(partition) == opened->partition; });
  } else if (auto* begun = std::get_if<PollBegun>(&body)) {
    polls_.begun(from, std::move(*begun));
  } else if (const auto* ended = std::get_if<PollEnded>(&body)) {
    polls_.ended(from, *ended);
  } else if (auto* answered = std::get_if<PollAnswered>(&body)) {
    polls_.answered(from, std::move(*answered));
  } else if (const auto* returned = std::get_if<TasksReturned>(&body)) {
    polls_.returned(*returned);
  } else if (const auto* renewed = std::get_if<LeasesRenewed>(&body)) {
    for (const TaskId& id : renewed->tasks) (void)queues_.renew(id);
  }
}

// As the `missed` of ClusterEngine: what Redis committed may be lost, and so are messages.
void Node::channel_was_away() {
  replies_.answers_lost([this](PartitionId partition) { return !runs(partition); });
  for (uint16_t i = 0; i < shards_.size(); ++i) {
    shards_[i].strand->post([this, partition = PartitionId{i}] {
      if (runs(partition)) shard(partition).loop->store_was_away();
    });
  }
}

// ------------------------------------------------------------------------------------------ tasks, trimming

void Node::poll(engine::PollTasksRequest request, engine::ApiCallback<std::vector<engine::PolledTask>> done) {
  polls_.poll(std::move(request), std::move(done));
}

std::optional<engine::runtime::TaskQueues::Delivery> Node::delivery(const TaskId& id) const {
  const auto here = queues_.delivery(id);
  return here ? here : polls_.delivery(id);
}

void Node::renew(const TaskId& id) {
  if (!queues_.renew(id)) tell(0, LeasesRenewed{{id}});
}

void Node::trim_all() {
  trimmer_.trim_all();
  after(kTrimPeriodMs, [this] { trim_all(); });
}

}  // namespace simulation
