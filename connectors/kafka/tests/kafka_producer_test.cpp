// Messages of sinks, against librdkafka's mock cluster.
#include <condition_variable>
#include <mutex>

#include <connectors/kafka/kafka_producer.h>

#include "mock_broker.h"

using connectors::kafka::KafkaProducer;
using connectors::triggers::DocumentReader;
using statelang::Value;

namespace {

std::unique_ptr<KafkaProducer> read(const std::string& json, std::vector<statelang::Diagnostic>& findings) {
  const auto document = statelang::parse_json(json);
  REQUIRE(document);
  DocumentReader reader(*document, "", findings);
  return KafkaProducer::read(reader, findings);
}

}  // namespace

TEST_CASE("kafka producer: a message counts when it is in the topic, with key, value and headers") {
  connectors::kafka::testing::MockBroker broker;
  broker.create_topic("events", 1);
  std::vector<statelang::Diagnostic> findings;
  auto producer = read(R"({"Brokers": [")" + broker.address() + R"("], "Topic": "events"})", findings);
  REQUIRE(findings.empty());
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<std::string> outcome;
  producer->send("key", "{}", {{"event-id", "1"}}, [&](const std::string& error) {
    std::lock_guard lock(mutex);
    outcome = error;
    arrived.notify_all();
  });
  {
    std::unique_lock lock(mutex);
    REQUIRE(arrived.wait_for(lock, std::chrono::seconds(30), [&] { return outcome.has_value(); }));
    CHECK(outcome->empty());
  }
  CHECK(broker.first_record("events") == "{} event-id=1");
}

TEST_CASE("kafka producer: what is wrong with its members is said at their place") {
  std::vector<statelang::Diagnostic> findings;
  read(R"({"Brokers": [], "Topic": "no topic", "Security": {"protocol": "sasl_ssl"}})", findings);
  std::string places;
  for (const auto& finding : findings) places += finding.location + " ";
  CHECK(places == "/Brokers /Topic /Security/sasl ");
}
