#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <sys/eventfd.h>
#include <sys/poll.h>
#include <sys/unistd.h>

#include <engine/store/redis_channels.h>

#include "connection.h"

namespace engine::store {

namespace {

using namespace redis;

// Between two pings while nothing comes; a connection that answers none is made anew.
constexpr int kPingMs = 2'000;
constexpr int kRetryMs = 100;
constexpr size_t kGroupMax = 256;  // messages sent before their answers are read

std::string channel_name(const RedisSettings& settings, std::string_view channel) {
  return settings.name + ":channel:" + std::string(channel);
}

// Sleeps that end early at stop.
class Stop {
 public:
  Stop() : event_(::eventfd(0, EFD_CLOEXEC)) {}
  ~Stop() { ::close(event_); }
  void set() {
    stopped_ = true;
    const uint64_t one = 1;
    (void)!::write(event_, &one, sizeof one);
  }
  bool is_set() const { return stopped_; }
  int event() const { return event_; }
  void sleep(int ms) const {
    pollfd wait{event_, POLLIN, 0};
    ::poll(&wait, 1, ms);
  }

 private:
  const int event_;
  std::atomic<bool> stopped_{false};
};

class Subscription {
 public:
  Subscription(const RedisSettings& settings, std::vector<std::string> channels,
               RedisChannels::Receiver receiver)
      : settings_(settings),
        channels_(std::move(channels)),
        receiver_(std::move(receiver)),
        connection_(settings_) {}

  Expected<void> start() {
    if (auto subscribed = subscribe(); !subscribed) return subscribed;
    thread_ = std::thread([this] { run(); });
    return {};
  }
  void stop() {
    stop_.set();
    if (thread_.joinable()) thread_.join();
  }

 private:
  Expected<void> subscribe() {
    std::vector<std::string> names;
    for (const std::string& channel : channels_) names.push_back(channel_name(settings_, channel));
    Arguments command{"SUBSCRIBE"};
    for (const std::string& name : names) command.push_back(name);
    if (auto sent = connection_.send(command); !sent) return sent;
    for (size_t i = 0; i < names.size(); ++i) {
      if (auto answer = connection_.receive(); !answer) return statelang::Unexpected{answer.error()};
    }
    return {};
  }

  void run() {
    while (!stop_.is_set()) {
      if (listen()) continue;
      connection_.close();
      stop_.sleep(kRetryMs);
      if (!stop_.is_set() && subscribe() && receiver_.missed) receiver_.missed();
    }
  }

  // What comes until the connection breaks (false) or somebody wants it to end.
  bool listen() {
    bool pinged = false;
    while (!stop_.is_set()) {
      pollfd waits[] = {{connection_.descriptor(), POLLIN, 0}, {stop_.event(), POLLIN, 0}};
      if (waits[0].fd < 0) return false;
      const int ready = ::poll(waits, 2, kPingMs);
      if (ready < 0 && errno != EINTR) return false;
      if (ready == 0) {
        if (pinged || !connection_.send({"PING"}) || !connection_.flush()) return false;
        pinged = true;
      } else if (waits[0].revents != 0) {
        if (!connection_.read_ready([this](const redisReply& reply) { take(reply); })) return false;
        pinged = false;
      }
    }
    return true;
  }

  void take(const redisReply& reply) {
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 3 || text_of(*reply.element[0]) != "message")
      return;
    receiver_.received(text_of(*reply.element[2]));
  }

  const RedisSettings& settings_;
  const std::vector<std::string> channels_;
  const RedisChannels::Receiver receiver_;
  Connection connection_;
  Stop stop_;
  std::thread thread_;
};

class Opened : public RedisChannels {
 public:
  Opened(RedisSettings settings, std::vector<std::string> channels, Receiver receiver)
      : settings_(std::move(settings)),
        sender_(settings_),
        subscription_(settings_, std::move(channels), std::move(receiver)) {}

  ~Opened() override { close(); }

  Expected<void> start() {
    if (auto subscribed = subscription_.start(); !subscribed) return subscribed;
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void publish(std::string channel, std::string message) override {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || bytes_ + message.size() > kWaitingBytesMax) {
        ++dropped_;
        return;
      }
      bytes_ += message.size();
      waiting_.push_back({channel_name(settings_, channel), std::move(message)});
    }
    wake_.notify_one();
  }

  void close() override {
    subscription_.stop();
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  uint64_t published() const override { return published_; }
  uint64_t dropped() const override { return dropped_; }

 private:
  struct Waiting {
    std::string channel;
    std::string message;
  };

  void run() {
    while (true) {
      std::vector<Waiting> group;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        while (!waiting_.empty() && group.size() < kGroupMax) {
          bytes_ -= waiting_.front().message.size();
          group.push_back(std::move(waiting_.front()));
          waiting_.pop_front();
        }
      }
      send(group);
    }
  }

  // A message that a broken connection has swallowed is not sent again: at most once.
  void send(const std::vector<Waiting>& group) {
    size_t sent = 0;
    while (sent < group.size() && sender_.send({"PUBLISH", group[sent].channel, group[sent].message})) ++sent;
    for (size_t i = 0; i < sent; ++i) ++(sender_.receive() ? published_ : dropped_);
    dropped_ += group.size() - sent;
  }

  const RedisSettings settings_;
  Connection sender_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> waiting_;
  size_t bytes_ = 0;
  bool closed_ = false;
  std::atomic<uint64_t> published_{0}, dropped_{0};
  std::thread thread_;
  Subscription subscription_;
};

}  // namespace

Expected<std::unique_ptr<RedisChannels>> RedisChannels::open(RedisSettings settings,
                                                             std::vector<std::string> channels,
                                                             Receiver receiver) {
  auto opened = std::make_unique<Opened>(std::move(settings), std::move(channels), std::move(receiver));
  if (auto started = opened->start(); !started) return statelang::Unexpected{started.error()};
  return std::unique_ptr<RedisChannels>(std::move(opened));
}

}  // namespace engine::store
