// The nodes of a simulated cluster and what strikes them, Kafka and Redis.
#include <algorithm>

#include "nodes/cluster_world.h"

namespace simulation {

using engine::PartitionId;

namespace {
constexpr int64_t kSessionMs = 5'000;  // a node that is silent for so long is off the list
constexpr int64_t kListMs = 1'500;     // until another node sees that the list has changed
}  // namespace

// ------------------------------------------------------------------------------------------ nodes

ClusterSurroundings ClusterWorld::surroundings() {
  return {scheduler_,
          random_,
          clock_,
          broker_,
          redis_,
          [this](uint32_t from, uint32_t to, const std::string& bytes) { publish(from, to, bytes); },
          [this](PartitionId partition, const engine::Error& why) { refused(partition, why); },
          [this](PartitionId partition) {
            trace("partition " + std::to_string(static_cast<int>(partition)) + " is open");
          }};
}

Node* ClusterWorld::any_node() {
  std::vector<Node*> running;
  for (const Place& place : places_) {
    if (place.node && !place.node->process()->paused) running.push_back(place.node.get());
  }
  if (running.empty()) return nullptr;
  return running[static_cast<size_t>(random_.between(0, static_cast<int64_t>(running.size()) - 1))];
}

// A new life has a new number.
void ClusterWorld::boot() {
  for (Place& place : places_) {
    if (place.node) continue;
    NodeSettings settings;
    settings.number = next_number_++;
    settings.clock_off_ms = random_.between(-faults_.clock_off_ms, faults_.clock_off_ms);
    settings.transitions_max = faults_.transitions_max;
    settings.topics = faults_.topics;
    settings.trim_margin = faults_.trimming ? static_cast<uint64_t>(random_.between(1, 8)) : 0;
    place = {};
    place.life = settings.number;
    place.node = std::make_unique<Node>(surroundings(), settings);
    place.listed = true;
    trace("node " + std::to_string(settings.number) + " starts");
    return list_changed();
  }
}

std::vector<uint32_t> ClusterWorld::listed() const {
  std::vector<uint32_t> numbers;
  for (const Place& place : places_) {
    if (place.listed && !place.overlooked) numbers.push_back(static_cast<uint32_t>(place.life));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// Each node looks at the list when it looks.
void ClusterWorld::list_changed() {
  for (Place& place : places_) {
    if (!place.node) continue;
    scheduler_.after(random_.between(0, kListMs), [this, node = place.node.get(),
                                                   process = std::weak_ptr<Process>(place.node->process())] {
      run_in(process, [this, node] {
        if (!redis_.away()) node->nodes_changed(listed());
      });
    });
  }
}

void ClusterWorld::publish(uint32_t from, uint32_t to, const std::string& bytes) {
  for (Place& place : places_) {
    if (!place.node || place.life == from || (to != 0 && place.life != to)) continue;
    if (redis_.away() || place.deaf) {
      ++figures_[Figure::LostMessages];
      continue;
    }
    scheduler_.after(random_.between(0, redis_.faults.delay_ms_max),
                     [node = place.node.get(), process = std::weak_ptr<Process>(place.node->process()),
                      bytes] { run_in(process, [node, bytes] { node->received(bytes); }); });
  }
}

// Tried again by itself. For good only where the log has lost what the store had applied: everything else
// must come to an end all the same.
void ClusterWorld::refused(PartitionId partition, const engine::Error& why) {
  trace("partition " + std::to_string(static_cast<int>(partition)) + " is not to be had: " + why.message);
  const engine::AppliedPosition& stored = redis_.position(partition);
  const bool is_there = stored.applied <= broker_.records(partition).size();
  const bool same = stored.applied == 0 ||
                    (is_there && broker_.at(partition, stored.applied - 1).fingerprint == stored.fingerprint);
  if (broker_.truncations(partition) > 0 && !same) diverged_.insert(partition);
}

// ------------------------------------------------------------------------------------------ what strikes

void ClusterWorld::strike() {
  if (healed_) return;
  std::vector<std::function<void()>> kinds;
  const auto may = [&](bool wanted, std::function<void()> kind) {
    if (wanted) kinds.push_back(std::move(kind));
  };
  may(faults_.crash, [this] { strike_node(); });
  may(faults_.zombie, [this] { pause(static_cast<size_t>(random_.between(0, faults_.nodes - 1))); });
  may(faults_.rollback, [this] { strike_redis(true); });
  may(faults_.emptied, [this] { empty_redis(); });
  may(faults_.redis_away, [this] { strike_redis(false); });
  may(faults_.broker_away, [this] { strike_broker(); });
  may(faults_.truncation, [this] { truncate(); });
  may(faults_.storm, [this] { storm(static_cast<int>(random_.between(3, 12))); });
  may(faults_.channel, [this] { break_channel(); });
  if (!kinds.empty())
    kinds[static_cast<size_t>(random_.between(0, static_cast<int64_t>(kinds.size()) - 1))]();
  scheduler_.after(random_.between(200, 15'000), [this] { strike(); });
}

void ClusterWorld::strike_node() {
  crash(static_cast<size_t>(random_.between(0, faults_.nodes - 1)));
}

void ClusterWorld::crash(size_t index) {
  Place& place = places_[index];
  if (!place.node) return;
  trace("node " + std::to_string(place.life) + " dies");
  ++figures_[Figure::Crashes];
  place.node.reset();
  scheduler_.after(kSessionMs, [this, index, life = place.life] {
    if (places_[index].life != life) return;
    places_[index].listed = false;
    list_changed();
  });
  scheduler_.after(random_.between(0, 10'000), [this] { boot(); });
}

// It wakes when the others have gone on without it, or before.
void ClusterWorld::pause(size_t index) {
  Place& place = places_[index];
  if (!place.node || place.node->process()->paused) return;
  trace("node " + std::to_string(place.life) + " falls asleep");
  ++figures_[Figure::Zombies];
  place.node->pause();
  const auto list = [this, index, life = place.life](bool on) {
    if (places_[index].life != life || !places_[index].node) return;
    if (!on && !places_[index].node->process()->paused) return;
    places_[index].listed = on;
    list_changed();
  };
  scheduler_.after(kSessionMs, [list] { list(false); });
  scheduler_.after(random_.between(100, 4 * kSessionMs), [this, index, list, life = place.life] {
    if (places_[index].life != life || !places_[index].node) return;
    trace("node " + std::to_string(life) + " wakes");
    places_[index].node->resume();
    list(true);
  });
}

void ClusterWorld::strike_redis(bool loses) {
  if (redis_.away()) return;
  if (loses) {
    redis_.roll_back(static_cast<size_t>(random_.between(1, 12)));
    trace("Redis loses its last commits");
    return redis_away(random_.between(0, 2'000));
  }
  ++figures_[Figure::RedisAway];
  redis_away(random_.between(100, 10'000));
}

void ClusterWorld::empty_redis() {
  if (redis_.away()) return;
  trace("Redis is emptied");
  ++figures_[Figure::Emptied];
  redis_.clear();
  redis_away(random_.between(0, 2'000));
}

void ClusterWorld::redis_away(int64_t ms) {
  trace("Redis is away for " + std::to_string(ms) + " ms");
  redis_.set_away(true);
  scheduler_.after(ms, [this] { redis_back(); });
}

// Each node finds out in its own time that there was another server, or another life of it.
void ClusterWorld::redis_back() {
  redis_.set_away(false);
  for (Place& place : places_) {
    if (!place.node) continue;
    scheduler_.after(random_.between(0, 3'000),
                     [node = place.node.get(), process = std::weak_ptr<Process>(place.node->process())] {
                       run_in(process, [node] { node->channel_was_away(); });
                     });
  }
  list_changed();
}

void ClusterWorld::strike_broker() {
  if (broker_.away()) return;
  trace("Kafka is away");
  ++figures_[Figure::BrokerAway];
  broker_.set_away(true);
  scheduler_.after(random_.between(100, 15'000), [this] { broker_.set_away(false); });
}

// A power cut: the brokers lose what they had not written; with them, or not, all nodes go.
void ClusterWorld::truncate() {
  const PartitionId partition{static_cast<uint16_t>(random_.between(0, faults_.partitions - 1))};
  trace("the log loses its end");
  ++figures_[Figure::Truncations];
  broker_.truncate(partition, static_cast<uint64_t>(random_.between(1, 8)));
  if (!random_.chance(60)) return;
  for (size_t i = 0; i < places_.size(); ++i) crash(i);
}

// The list of nodes changes again and again, though nobody has gone.
void ClusterWorld::storm(int turns) {
  if (turns == 0 || healed_) return;
  const auto index = static_cast<size_t>(random_.between(0, faults_.nodes - 1));
  ++figures_[Figure::Rebalances];
  places_[index].overlooked = true;
  list_changed();
  scheduler_.after(random_.between(50, 3'000), [this, index, turns] {
    places_[index].overlooked = false;
    list_changed();
    scheduler_.after(random_.between(50, 3'000), [this, turns] { storm(turns - 1); });
  });
}

void ClusterWorld::break_channel() {
  const auto index = static_cast<size_t>(random_.between(0, faults_.nodes - 1));
  Place& place = places_[index];
  if (!place.node || place.deaf) return;
  trace("node " + std::to_string(place.life) + " hears nothing");
  place.deaf = true;
  scheduler_.after(random_.between(100, 3'000), [this, index, life = place.life] {
    Place& its = places_[index];
    if (its.life != life || !its.node) return;
    its.deaf = false;
    run_in(its.node->process(), [node = its.node.get()] { node->channel_was_away(); });
  });
}

void ClusterWorld::heal() {
  trace("no more faults");
  healed_ = true;
  broker_.faults = {0, 0, broker_.faults.delay_ms_max};
  redis_.faults = {0, 0, redis_.faults.delay_ms_max};
  // What the log has lost of the engine's own (timers) nobody else knows: it is made again at a takeover.
  if (figures_[Figure::Truncations] == 0) return;
  for (size_t i = 0; i < places_.size(); ++i) crash(i);
}

}  // namespace simulation
