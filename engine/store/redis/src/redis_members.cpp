#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include <engine/store/redis_members.h>

#include "connection.h"

namespace engine::store {

namespace {

using namespace redis;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// KEYS: nodes by the time of their last beat, their lives. ARGV: node, its life, how long one may be silent.
// Answers the living ones, or {"TAKEN"} when another life of this node beats.
constexpr const char* kBeatScript = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local silent = now - ARGV[3]
local life, beat = redis.call('HGET', KEYS[2], ARGV[1]), redis.call('ZSCORE', KEYS[1], ARGV[1])
if life and life ~= ARGV[2] and beat and tonumber(beat) > silent then return {'TAKEN'} end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', silent))) do
  redis.call('ZREM', KEYS[1], gone)
  redis.call('HDEL', KEYS[2], gone)
end
return redis.call('ZRANGE', KEYS[1], 0, -1)
)lua";

class Opened : public RedisMembers {
 public:
  Opened(RedisSettings settings, uint32_t node, Changed changed)
      : settings_(std::move(settings)),
        node_(std::to_string(node)),
        nodes_key_(settings_.name + ":nodes"),
        lives_key_(settings_.name + ":lives"),
        changed_(std::move(changed)),
        connection_(settings_) {
    std::random_device random;
    life_ = std::to_string((static_cast<uint64_t>(random()) << 32) | random());
  }

  ~Opened() override { stop(); }

  Expected<void> join() {
    const auto until = steady_clock::now() + milliseconds(2 * kSilentMs);
    while (true) {
      auto nodes = beat();
      if (nodes) {
        nodes_ = std::move(*nodes);
        thread_ = std::thread([this] { run(); });
        return {};
      }
      if (nodes.error().kind != ErrorKind::Fenced) return statelang::Unexpected{nodes.error()};
      if (steady_clock::now() > until) {
        return statelang::Unexpected{Error{ErrorKind::Permanent, nodes.error().message}};
      }
      std::this_thread::sleep_for(milliseconds(kBeatMs));
    }
  }

  std::vector<uint32_t> nodes() const override {
    const std::lock_guard lock(mutex_);
    return nodes_;
  }

  void look() override {
    {
      const std::lock_guard lock(mutex_);
      look_ = true;
    }
    wake_.notify_one();
  }

  void leave() override {
    stop();
    (void)connection_.run({"ZREM", nodes_key_, node_});
    (void)connection_.run({"HDEL", lives_key_, node_});
    connection_.close();
  }

 private:
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  Expected<std::vector<uint32_t>> beat() {
    auto answer = connection_.run(
        {"EVAL", kBeatScript, "2", nodes_key_, lives_key_, node_, life_, std::to_string(kSilentMs)});
    if (!answer) return statelang::Unexpected{answer.error()};
    std::vector<uint32_t> nodes;
    for (size_t i = 0; (*answer)->type == REDIS_REPLY_ARRAY && i < (*answer)->elements; ++i) {
      const std::string text(text_of(*(*answer)->element[i]));
      if (text == "TAKEN") {
        return statelang::Unexpected{Error{ErrorKind::Fenced, "another process is node " + node_ +
                                                                  " in Redis at " + address_of(settings_) +
                                                                  ": give each its own --node-id"}};
      }
      nodes.push_back(static_cast<uint32_t>(std::strtoul(text.c_str(), nullptr, 10)));
    }
    std::sort(nodes.begin(), nodes.end());
    return nodes;
  }

  // Without Redis the last view stays: nothing can be committed anyway.
  void run() {
    changed_(nodes());
    while (true) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, milliseconds(kBeatMs), [this] { return stopping_ || look_; });
        if (stopping_) return;
        look_ = false;
      }
      auto seen = beat();
      if (!seen) continue;
      {
        const std::lock_guard lock(mutex_);
        if (*seen == nodes_) continue;
        nodes_ = *seen;
      }
      changed_(std::move(*seen));
    }
  }

  const RedisSettings settings_;
  const std::string node_, nodes_key_, lives_key_;
  std::string life_;
  const Changed changed_;
  Connection connection_;  // join(), then the thread's, then leave()
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<uint32_t> nodes_;
  bool look_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

Expected<std::unique_ptr<RedisMembers>> RedisMembers::open(RedisSettings settings, uint32_t node,
                                                           Changed changed) {
  settings.command_timeout_ms = std::min<int64_t>(settings.command_timeout_ms, kSilentMs / 2);
  auto opened = std::make_unique<Opened>(std::move(settings), node, std::move(changed));
  if (auto joined = opened->join(); !joined) return statelang::Unexpected{joined.error()};
  return std::unique_ptr<RedisMembers>(std::move(opened));
}

}  // namespace engine::store
