// What a producer tells of the messages on their way (librdkafka's mock brokers).
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <catch2/catch.hpp>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <engine/log/kafka_producer.h>

#include "mock_broker.h"

using namespace engine;

namespace {

constexpr size_t kMessages = 300;

// All threads begun meanwhile share one processor.
class OneProcessor {
 public:
  OneProcessor() {
    REQUIRE(sched_getaffinity(0, sizeof before_, &before_) == 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i) {
      if (CPU_ISSET(i, &before_)) CPU_SET(i, &one);
    }
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  }
  ~OneProcessor() { sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_;
};

// The messages on their way as the delivery of each sees them, sent one after the other by a thread that
// yields to all others, so that the brokers may answer before send() returns.
struct SlowSender {
  std::mutex mutex;
  std::condition_variable changed;
  size_t delivered = 0, failed = 0, most = 0;

  void run(log::KafkaProducer& producer) {
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 19);
    log::KafkaProducer::Message message;
    message.topic = "test.cmd";
    message.partition = 0;
    message.payload = "one";
    for (size_t i = 0; i < kMessages; ++i) {
      const auto sent = producer.send(message, [&](const Error& error, uint64_t) {
        const std::lock_guard lock(mutex);
        ++(error ? failed : delivered);
        most = std::max(most, producer.on_the_way());
        changed.notify_one();
      });
      std::unique_lock lock(mutex);
      if (!sent) ++failed;
      changed.wait_for(lock, std::chrono::seconds(20), [&] { return delivered + failed > i; });
      if (failed != 0 || delivered != i + 1) return;
    }
  }
};

}  // namespace

TEST_CASE("kafka producer: a message that is delivered before send() returns is not counted below zero") {
  const OneProcessor pinned;
  connectors::kafka::testing::MockBroker broker;
  broker.create_topic("test.cmd", 1);
  log::KafkaSettings settings;
  settings.brokers = broker.address();
  settings.options = {{"linger.ms", "0"}};
  SlowSender sender;
  auto producer = log::KafkaProducer::open(settings);
  REQUIRE(producer);
  std::thread([&] { sender.run(**producer); }).join();
  CHECK(sender.delivered == kMessages);
  CHECK(sender.failed == 0);
  CHECK(sender.most == 0);  // each was the only one, and is no longer on its way
  CHECK((*producer)->on_the_way() == 0);
}
