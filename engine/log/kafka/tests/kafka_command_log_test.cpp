// One suite over the memory log and the Kafka log (librdkafka's mock brokers), and what Kafka alone can do.
#include <condition_variable>
#include <mutex>

#include <catch2/catch.hpp>

#include <engine/core/record_codec.h>
#include <engine/log/kafka_command_log.h>
#include <engine/log/memory_command_log.h>

#include "mock_broker.h"

using namespace engine;
using engine::core::ContinueExecution;
using engine::core::ExecutionNumber;
using engine::core::Record;

namespace {

constexpr PartitionId kSecond{1};

Record record(uint64_t request, uint64_t number = 0) {
  return {1'700'000'000'000, request, 7, ContinueExecution{ExecutionNumber{number}}};
}
uint64_t number_of(const LoggedRecord& logged) {
  return static_cast<uint64_t>(std::get<ContinueExecution>(logged.record.body).execution);
}

class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    ++calls_;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return calls_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int calls_ = 0;
};

// `count` records from `offset` on, waiting as the loop does.
Expected<std::vector<LoggedRecord>> take_all(CommandLog& log, uint64_t offset, size_t count,
                                             size_t limit = 100) {
  std::vector<LoggedRecord> all;
  while (all.size() < count) {
    auto gate = std::make_shared<Gate>();
    auto taken = log.take(kSecond, offset + all.size(), limit, [gate] { gate->open(); });
    if (!taken) return taken;
    if (taken->empty() && !gate->wait()) break;
    for (LoggedRecord& logged : *taken) all.push_back(std::move(logged));
  }
  return all;
}

struct KafkaLog {
  connectors::kafka::testing::MockBroker broker;
  std::mutex mutex;
  std::vector<uint64_t> failed;
  Gate failure;

  explicit KafkaLog(int partitions = 2) { broker.create_topic("test.cmd", partitions); }
  log::KafkaSettings settings() const {
    log::KafkaSettings settings;
    settings.brokers = broker.address();
    settings.prefix = "test";
    settings.partitions = 2;
    return settings;
  }
  std::unique_ptr<log::KafkaCommandLog> open(log::KafkaSettings with) {
    log::KafkaCommandLog::Watchers watchers;
    watchers.failed = [this](PartitionId, uint64_t request, const Error&) {
      {
        const std::lock_guard lock(mutex);
        failed.push_back(request);
      }
      failure.open();
    };
    auto opened = log::KafkaCommandLog::open(std::move(with), watchers);
    if (!opened) FAIL(opened.error().message);
    return std::move(*opened);
  }
  std::unique_ptr<log::KafkaCommandLog> open() { return open(settings()); }
};

void check_contract(CommandLog& log) {
  for (uint64_t i = 1; i <= 5; ++i) REQUIRE(log.append(kSecond, record(i, 100 + i)));
  auto taken = take_all(log, 0, 5, 2);
  REQUIRE(taken);
  REQUIRE(taken->size() == 5);
  for (size_t i = 0; i < 5; ++i) {
    CHECK((*taken)[i].offset == i);
    CHECK((*taken)[i].record.request == i + 1);
    CHECK((*taken)[i].record.node == 7);
    CHECK(number_of((*taken)[i]) == 101 + i);
    CHECK((*taken)[i].kind == LoggedRecord::Kind::Input);
  }
  auto gate = std::make_shared<Gate>();
  auto none = log.take(kSecond, 5, 10, [gate] { gate->open(); });
  REQUIRE(none);
  CHECK(none->empty());
  REQUIRE(log.append(kSecond, record(6, 1)));
  CHECK(gate->wait());
  auto last = take_all(log, 5, 1);
  REQUIRE(last);
  REQUIRE(last->size() == 1);
  CHECK(last->front().offset == 5);
}

}  // namespace

TEST_CASE("command log: records come back in order, numbered, and an empty log calls back: memory") {
  log::MemoryCommandLog log(2, 100);
  check_contract(log);
}

TEST_CASE("command log: records come back in order, numbered, and an empty log calls back: Kafka") {
  KafkaLog kafka;
  auto log = kafka.open();
  REQUIRE(log->attach(kSecond, {}));
  check_contract(*log);
}

TEST_CASE("kafka log: a topic with another number of partitions is refused") {
  KafkaLog kafka(3);
  auto opened = log::KafkaCommandLog::open(kafka.settings(), {});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == ErrorKind::Permanent);
}

TEST_CASE("kafka log: a new owner goes on behind what the store has applied") {
  KafkaLog kafka;
  auto first = kafka.open();
  REQUIRE(first->attach(kSecond, {}));
  for (uint64_t i = 0; i < 4; ++i) REQUIRE(first->append(kSecond, record(1, i)));
  auto taken = take_all(*first, 0, 4);
  REQUIRE(taken);
  AppliedPosition position;
  position.applied = 3;
  position.fingerprint = (*taken)[2].fingerprint;
  REQUIRE(position.fingerprint.size() == 32);

  auto second = kafka.open();
  REQUIRE(second->attach(kSecond, position));
  auto claimed = second->claim(kSecond, 9);
  REQUIRE(claimed);
  CHECK(*claimed == 4);
  auto rest = take_all(*second, 3, 2);
  REQUIRE(rest);
  REQUIRE(rest->size() == 2);
  CHECK(number_of((*rest)[0]) == 3);
  CHECK((*rest)[1].kind == LoggedRecord::Kind::Claim);
  CHECK((*rest)[1].offset == 4);
}

TEST_CASE("kafka log: a log that is not the store's is refused") {
  KafkaLog kafka;
  auto log = kafka.open();
  REQUIRE(log->attach(kSecond, {}));
  for (uint64_t i = 0; i < 3; ++i) REQUIRE(log->append(kSecond, record(1, i)));
  REQUIRE(take_all(*log, 0, 3));

  AppliedPosition other;
  other.applied = 2;
  other.fingerprint = std::string(32, '0');
  auto different = log->attach(kSecond, other);
  REQUIRE_FALSE(different);
  CHECK(different.error().kind == ErrorKind::Corrupt);

  AppliedPosition beyond;
  beyond.applied = 50;
  auto lost = log->attach(kSecond, beyond);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::Corrupt);
}

TEST_CASE("kafka log: what is no record keeps its place and is not applied") {
  KafkaLog kafka;
  kafka.broker.produce("test.cmd", 1, std::nullopt, "garbage");
  kafka.broker.flush();
  auto log = kafka.open();
  REQUIRE(log->attach(kSecond, {}));
  REQUIRE(log->append(kSecond, record(1, 5)));
  auto taken = take_all(*log, 0, 2);
  REQUIRE(taken);
  REQUIRE(taken->size() == 2);
  CHECK((*taken)[0].kind == LoggedRecord::Kind::Unreadable);
  CHECK((*taken)[0].problem == "not a record of this version");
  CHECK(number_of((*taken)[1]) == 5);
  CHECK(log->metrics().unreadable == 1);
}

TEST_CASE("kafka log: a record that no broker takes is given back to its caller") {
  auto kafka = std::make_unique<KafkaLog>();
  log::KafkaSettings settings = kafka->settings();
  settings.message_timeout_ms = 1'500;
  auto log = kafka->open(settings);
  kafka->broker.stop();
  REQUIRE(log->append(kSecond, record(77)));
  REQUIRE(kafka->failure.wait());
  log.reset();
  CHECK(kafka->failed == std::vector<uint64_t>{77});
}
