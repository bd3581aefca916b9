// Deliveries over a feed in memory: order, retries, what is given up, and how far the feed is advanced.
#include "delivery.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <mutex>

#include <catch2/catch.hpp>
#include <waiting/eventually.h>

using namespace connectors::sinks;
using connectors::triggers::SystemClock;
using engine::ApiCallback;
using engine::ApiResult;
using engine::FeedEvent;
using engine::FeedPage;
using engine::core::FeedPosition;
using statelang::ExecutionStatus;

namespace {

// One partition with a reader.
class FakeFeed : public engine::EventFeed {
 public:
  void add(const std::string& name, ExecutionStatus status, int64_t time_ms) {
    std::shared_ptr<engine::EventListener> listener;
    {
      std::lock_guard lock(mutex_);
      FeedEvent event;
      event.position = {++record_, 0};
      event.first_event = static_cast<int64_t>(record_);
      event.time_ms = time_ms;
      event.execution.name = name;
      event.execution.execution_arn = "arn:aws:states:us-east-1:000000000000:execution:m:" + name;
      event.execution.status = status;
      event.execution.input = statelang::Payload::from_text("{}");
      events_.push_back(std::move(event));
      listener = listener_;
    }
    if (listener) listener->feed_grown(0);
  }
  FeedPosition advanced() const {
    std::lock_guard lock(mutex_);
    return advanced_;
  }

  uint16_t partitions() const override { return 1; }
  bool runs_here(uint16_t) const override { return here; }
  std::atomic<bool> here{true};
  void put_reader(std::string, uint8_t, ApiCallback<bool> done) override { done(true); }
  void erase_reader(std::string, ApiCallback<bool> done) override { done(true); }
  ApiResult<FeedPosition> position(std::string_view, uint16_t) override {
    std::lock_guard lock(mutex_);
    return advanced_;
  }
  ApiResult<FeedPage> read(uint16_t, uint8_t, FeedPosition from, size_t limit) override {
    std::lock_guard lock(mutex_);
    FeedPage page;
    page.next = from;
    for (const FeedEvent& event : events_) {
      if (event.position < from) continue;
      if (page.events.size() == limit) return page.more = true, page;
      page.events.push_back(event);
      page.next = {event.position.record, 1};
    }
    return page;
  }
  void advance(std::string, uint8_t, uint16_t, FeedPosition next, ApiCallback<bool> done) override {
    {
      std::lock_guard lock(mutex_);
      advanced_ = next;
      changed.notify_all();
    }
    done(true);
  }
  void add_listener(std::shared_ptr<engine::EventListener> listener) override {
    std::lock_guard lock(mutex_);
    listener_ = std::move(listener);
  }
  void remove_listener(const engine::EventListener*) override {
    std::lock_guard lock(mutex_);
    listener_ = nullptr;
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed.wait_for(lock, std::chrono::seconds(30), [&] { return condition(advanced_); });
  }

  std::condition_variable changed;

 private:
  mutable std::mutex mutex_;
  std::vector<FeedEvent> events_;
  FeedPosition advanced_;
  uint64_t record_ = 0;
  std::shared_ptr<engine::EventListener> listener_;
};

// Answers when it is told to, or at once with what `answer` says.
class FakeChannel : public Channel {
 public:
  std::function<const char*(const Message&, size_t attempt)> answer;  // set before the delivery starts
  size_t in_flight_max() const override { return 4; }
  void send(const Message& message, Done done) override {
    const char* error = "";
    bool now = false;
    {
      std::lock_guard lock(mutex_);
      sent_.push_back(message);
      const size_t attempt = ++attempts_[message.id];
      now = answer != nullptr;
      if (now) error = answer(message, attempt);
      if (!now) open_.push_back({message, done});
      changed_.notify_all();
    }
    if (now) done(error);
  }
  // Waits until `count` messages wait for an answer, and answers them.
  void deliver(size_t count) {
    std::vector<std::pair<Message, Done>> open;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::seconds(30), [&] { return open_.size() >= count; });
      open.swap(open_);
    }
    for (auto& [message, done] : open) done("");
  }
  void wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), [&] { return open_.size() >= count; });
  }
  std::vector<Message> sent() const {
    std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Message> sent_;
  std::vector<std::pair<Message, Done>> open_;
  std::map<std::string, size_t> attempts_;
};

// Does something when it is asked, as often as there is something.
class HookedClock : public SystemClock {
 public:
  int64_t now_ms() const override {
    const size_t next = next_;
    if (next < hooks.size()) {
      next_ = next + 1;
      hooks[next]();
    }
    return SystemClock::now_ms() + ahead_ms;
  }
  void arm() { next_ = 0; }
  std::atomic<int64_t> ahead_ms{0};

  std::vector<std::function<void()>> hooks;  // set before the delivery starts

 private:
  mutable std::atomic<size_t> next_{SIZE_MAX};
};

struct Bench {
  Bench() {
    sink = std::make_shared<Sink>();
    sink->name = std::string("s");
    sink->channel = channel;
  }
  ~Bench() {
    if (delivery) delivery->stop();
  }
  void start() {
    delivery = std::make_shared<Delivery>(sink, feed, clock);
    delivery->start();
  }
  bool advanced_behind(uint64_t record) {
    return feed.wait([&](const FeedPosition& at) { return FeedPosition{record, 1} <= at; });
  }

  HookedClock clock;
  FakeFeed feed;
  std::shared_ptr<FakeChannel> channel = std::make_shared<FakeChannel>();
  std::shared_ptr<Sink> sink;
  std::shared_ptr<Delivery> delivery;
};

std::string name_of(const Message& message) {
  return message.execution_arn.substr(message.execution_arn.rfind(':') + 1);
}

}  // namespace

TEST_CASE("delivery: the feed is advanced behind what is taken, and no further") {
  Bench at;
  at.start();
  for (const char* name : {"a", "b", "c"}) at.feed.add(name, ExecutionStatus::Running, at.clock.now_ms());
  at.channel->deliver(3);
  CHECK(at.advanced_behind(3));
  at.feed.add("d", ExecutionStatus::Running, at.clock.now_ms());
  at.feed.add("a", ExecutionStatus::Succeeded, at.clock.now_ms());
  at.channel->deliver(2);
  CHECK(at.advanced_behind(5));
  CHECK(at.delivery->figures().delivered == 5);
  CHECK(at.delivery->figures().failed == 0);
}

// Whoever takes the second answer has had the next look at the feed posted by the first already.
TEST_CASE("delivery: an event that comes between two answers is not overlooked") {
  Bench at;
  std::promise<void> both_answered;
  at.clock.hooks = {[&] { both_answered.get_future().wait(); },
                    [&] { at.feed.add("c", ExecutionStatus::Running, 0); }};
  at.feed.advance("sink/s", 1, 0, {1, 0}, [](ApiResult<bool>) {});  // nothing to advance before an answer
  at.feed.add("a", ExecutionStatus::Running, 0);
  at.feed.add("b", ExecutionStatus::Running, 0);
  at.start();
  at.channel->wait_for(2);
  at.clock.arm();
  at.channel->deliver(2);
  both_answered.set_value();
  at.channel->deliver(1);
  CHECK(at.advanced_behind(3));
}

TEST_CASE("delivery: events of one execution wait for each other, others do not") {
  Bench at;
  at.feed.add("a", ExecutionStatus::Running, at.clock.now_ms());
  at.feed.add("a", ExecutionStatus::Failed, at.clock.now_ms());
  at.feed.add("b", ExecutionStatus::Running, at.clock.now_ms());
  at.start();
  at.channel->deliver(2);  // a's first and b's
  at.channel->deliver(1);  // a's second
  CHECK(at.advanced_behind(3));
  const auto sent = at.channel->sent();
  REQUIRE(sent.size() == 3);
  CHECK(name_of(sent[0]) == "a");
  CHECK(name_of(sent[1]) == "b");
  CHECK(name_of(sent[2]) == "a");
}

TEST_CASE("delivery: what fails comes again, and the same event each time") {
  Bench at;
  at.channel->answer = [](const Message&, size_t attempt) { return attempt < 3 ? "not now" : ""; };
  at.feed.add("a", ExecutionStatus::Running, at.clock.now_ms());
  at.start();
  CHECK(at.advanced_behind(1));
  const auto sent = at.channel->sent();
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].body == sent[2].body);
  const DeliveryFigures figures = at.delivery->figures();
  CHECK(figures.delivered == 1);
  CHECK(figures.failed == 2);
  CHECK(figures.last_error == "not now");
  CHECK(figures.waiting == 0);
  CHECK(figures.oldest_ms == 0);
}

TEST_CASE("delivery: a pause does not last until a clock that was put back has caught up") {
  Bench at;
  at.clock.ahead_ms = 3'600'000;
  at.channel->answer = [](const Message& message, size_t attempt) {
    return attempt == 1 && name_of(message) == "a" ? "not now" : "";
  };
  at.feed.add("a", ExecutionStatus::Running, at.clock.now_ms());
  at.start();
  REQUIRE(waiting::eventually([&] { return at.delivery->figures().failed == 1; }));
  at.clock.ahead_ms = 0;
  at.feed.add("b", ExecutionStatus::Running, at.clock.now_ms());
  CHECK(at.advanced_behind(2));
}

TEST_CASE("delivery: an event that is too old is tried once and given up") {
  Bench at;
  at.channel->answer = [](const Message& message, size_t) { return name_of(message) == "old" ? "no" : ""; };
  at.feed.add("old", ExecutionStatus::Running, at.clock.now_ms() - 2 * at.sink->event_age_ms_max);
  at.feed.add("new", ExecutionStatus::Running, at.clock.now_ms());
  at.start();
  CHECK(at.advanced_behind(2));
  CHECK(at.delivery->figures().dropped == 1);
  CHECK(at.delivery->figures().delivered == 1);
}

TEST_CASE("delivery: a partition of another node is left to it, and taken up when it comes") {
  Bench at;
  at.channel->answer = [](const Message&, size_t) { return ""; };
  at.feed.here = false;
  at.feed.add("theirs", ExecutionStatus::Running, at.clock.now_ms());
  at.start();
  at.feed.advance("sink/s", 1, 0, {1, 1}, [](ApiResult<bool>) {});  // by the other node
  at.feed.here = true;
  at.feed.add("ours", ExecutionStatus::Running, at.clock.now_ms());
  CHECK(at.advanced_behind(2));
  for (const Message& message : at.channel->sent()) CHECK(name_of(message) == "ours");
}

TEST_CASE("delivery: one that begins anew goes on where the feed was advanced to") {
  Bench at;
  at.channel->answer = [](const Message& message, size_t) { return name_of(message) == "b" ? "no" : ""; };
  for (const char* name : {"a", "b", "c"}) at.feed.add(name, ExecutionStatus::Running, at.clock.now_ms());
  at.start();
  REQUIRE(at.advanced_behind(1));
  at.delivery->stop();
  CHECK(at.feed.advanced() < FeedPosition{2, 1});
  CHECK(at.delivery->figures().oldest_ms != 0);
  const size_t before = at.channel->sent().size();
  at.channel->answer = [](const Message&, size_t) { return ""; };
  at.start();
  CHECK(at.advanced_behind(3));
  const auto sent = at.channel->sent();
  REQUIRE(sent.size() == before + 2);  // b, and c once more
  CHECK(name_of(sent[before]) == "b");
  CHECK(name_of(sent[before + 1]) == "c");
}
