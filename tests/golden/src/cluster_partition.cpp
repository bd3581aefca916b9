#include "cluster_partition.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace golden {

using namespace engine;
using engine::core::Action;

namespace {

constexpr uint32_t kNode = 1;
constexpr auto kPatience = std::chrono::seconds(30);  // with Kafka and Redis

[[noreturn]] void give_up_on(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

template <class Value>
Value must(Expected<Value> result) {
  if (!result) give_up_on(result.error().message);
  if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

// A topic that was made just before has no leader for a moment.
template <class Ask>
auto in_time(Ask ask) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    auto answer = ask();
    const bool again = !answer && answer.error().kind == ErrorKind::Transient;
    if (!again || std::chrono::steady_clock::now() > until) return must(std::move(answer));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

ClusterServers::ClusterServers(const std::string& kafka, const std::string& redis_port,
                               const std::string& name, uint16_t partitions) {
  store::RedisSettings redis;
  redis.port = static_cast<uint16_t>(std::atoi(redis_port.c_str()));
  redis.name = name;
  redis.partitions = partitions;
  store = must(store::RedisStore::open(std::move(redis)));
  log::KafkaSettings brokers;
  brokers.brokers = kafka;
  brokers.prefix = name;
  brokers.partitions = partitions;
  log = must(log::KafkaCommandLog::open(
      std::move(brokers),
      {[](PartitionId, uint64_t, const Error& why) { give_up_on(why.message); }, nullptr}));
}

// ------------------------------------------------------------------------------------------ the strand

void ClusterPartition::Strand::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  work_.push_back(std::move(work));
  posted_.notify_one();
}

bool ClusterPartition::Strand::run_one(bool waits) {
  std::function<void()> work;
  {
    std::unique_lock lock(mutex_);
    if (waits) posted_.wait_for(lock, kPatience, [this] { return !work_.empty(); });
    if (work_.empty()) return false;
    work = std::move(work_.front());
    work_.pop_front();
  }
  work();
  return true;
}

Expected<void> ClusterPartition::Log::append(PartitionId partition, core::Record record) {
  auto appended = real.append(partition, std::move(record));
  if (appended) ++end;
  return appended;
}

void ClusterPartition::World::perform(PartitionId, std::vector<Action> done) {
  std::move(done.begin(), done.end(), std::back_inserter(actions));
}

void ClusterPartition::World::halted(PartitionId, const Error& why) {
  give_up_on(why.message);
}

// ------------------------------------------------------------------------------------------ the partition

ClusterPartition::ClusterPartition(ClusterServers& servers, core::PartitionSettings settings,
                                   int64_t start_ms)
    : servers_(servers), id_(static_cast<PartitionId>(settings.partition)), log_(*servers.log) {
  now_ms = start_ms;
  settings_.partition = std::move(settings);
  settings_.node = kNode;
  settings_.log_is_durable = true;
  take_over();
}

ClusterPartition::~ClusterPartition() {
  give_up();
}

// As ClusterEngine::take_over().
void ClusterPartition::take_over() {
  const AppliedPosition position = must(servers_.store->position(id_));
  in_time([&] { return servers_.log->attach(id_, position); });
  const uint64_t claim = in_time([&] { return servers_.log->claim(id_, kNode); });
  settings_.epoch = claim;
  log_.end = claim + 1;
  world_.open = false;
  loop_ = std::make_unique<runtime::PartitionLoop>(settings_, strand_, clock_, log_, *servers_.store, world_);
  must(loop_->start());
  run_until([this] { return world_.open; });
  (void)run_all();  // what was open is known already
}

void ClusterPartition::give_up() {
  bool stopped = false;
  strand_.post([this, &stopped] { loop_->stop([&stopped] { stopped = true; }); });
  run_until([&stopped] { return stopped; });
  loop_.reset();
  strand_.alarm_ms.reset();
  servers_.log->detach(id_);
  while (strand_.run_one(false)) {
  }
}

void ClusterPartition::restart() {
  give_up();
  take_over();
}

void ClusterPartition::run_until(const std::function<bool()>& reached) {
  while (!reached()) {
    if (!strand_.run_one(true))
      give_up_on("partition " + std::to_string(settings_.partition.partition) + ": no answer in time");
  }
}

std::vector<Action> ClusterPartition::run_all() {
  while (strand_.run_one(false)) {
  }
  run_until([this] { return loop_->position().applied >= log_.end; });
  return std::exchange(world_.actions, {});
}

std::vector<Action> ClusterPartition::apply(core::RecordBody body) {
  must(log_.append(id_, {now_ms, log_.end + 1, kNode, std::move(body)}));
  return run_all();
}

std::vector<Action> ClusterPartition::fire() {
  now_ms = std::max(now_ms, *strand_.alarm_ms);
  strand_.alarm_ms.reset();
  std::exchange(strand_.wake, nullptr)();
  return run_all();
}

}  // namespace golden
