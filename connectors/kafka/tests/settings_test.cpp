#include "settings.h"

#include <cstdlib>

#include <catch2/catch.hpp>

#include "client_options.h"

using namespace connectors::kafka;

namespace {
std::string finding(const std::string& json) {
  std::vector<statelang::Diagnostic> findings;
  read_settings(*statelang::parse_json(json), findings);
  return findings.empty() ? "" : findings[0].location + ": " + findings[0].message;
}
}  // namespace

TEST_CASE("kafka settings: defaults and everything given") {
  std::vector<statelang::Diagnostic> findings;
  Settings plain =
      read_settings(*statelang::parse_json(R"({"brokers": ["b:9092"], "topic": "orders"})"), findings);
  CHECK(findings.empty());
  CHECK(plain.dead_letter_topic == "orders-dead-letter");
  CHECK(plain.start_at == StartAt::Latest);
  Settings full = read_settings(*statelang::parse_json(R"({
    "brokers": ["a:1", "b:2"], "topic": "orders", "group": "g", "start": "timestamp", "start_timestamp_ms": 5,
    "decode": {"key": "json", "value": "text", "headers": "base64"}, "filters": [{"key": ["a"]}],
    "batch": {"size": 10, "window_ms": 20}, "order": "partition", "dead_letter": {"topic": "d"},
    "in_flight_max": 7})"),
                                findings);
  CHECK(findings.empty());
  CHECK((full.batch_size == 10 && full.batch_window_ms == 20 && full.order == Order::Partition));
  CHECK((full.filters.size() == 1 && full.value_form == Form::Text && full.start_timestamp_ms == 5));
}

TEST_CASE("kafka settings: mistakes are found where they stand") {
  const std::string begin = R"({"brokers": ["b:1"], "topic": "t", )";
  CHECK(finding("{}").rfind("/kafka/brokers: is missing", 0) == 0);
  CHECK(finding(R"({"brokers": ["b:1"], "topic": "no/topic"})").rfind("/kafka/topic: ", 0) == 0);
  CHECK(finding(begin + R"("start": "timestamp"})").rfind("/kafka/start_timestamp_ms: ", 0) == 0);
  CHECK(finding(begin + R"("filters": [{"a": "x"}]})").rfind("/kafka/filters/0/a: must be an array", 0) == 0);
  CHECK(finding(begin + R"("order": "key", "batch": {"size": 5}})").rfind("/kafka/order: ", 0) == 0);
  CHECK(finding(begin + R"("dead_letter": {"topic": "t"}})").rfind("/kafka/dead_letter: ", 0) == 0);
  CHECK(finding(begin + R"("security": {"protocol": "sasl_ssl"}})").rfind("/kafka/security/sasl: ", 0) == 0);
  CHECK(finding(begin + R"("security": {"protocol": "sasl_ssl", "sasl": {"mechanism": "PLAIN",
        "username": "u", "password": "secret"}}})")
            .rfind("/kafka/security/sasl/password: ", 0) == 0);
  CHECK(finding(begin + R"("speed": 1})").rfind("/kafka/speed: ", 0) == 0);
}

TEST_CASE("kafka settings: secrets are read by reference when the client is opened") {
  std::vector<statelang::Diagnostic> findings;
  Settings settings = read_settings(*statelang::parse_json(R"({"brokers": ["b:1"], "topic": "t",
    "security": {"protocol": "sasl_ssl", "sasl": {"mechanism": "SCRAM-SHA-512", "username": "u",
                                                   "password": {"env": "STEPSTREAM_TEST_KAFKA_PASSWORD"}}}})"),
                                    findings);
  REQUIRE(findings.empty());
  std::string problem;
  ::unsetenv("STEPSTREAM_TEST_KAFKA_PASSWORD");
  CHECK(consumer_options(settings, "g", problem) == nullptr);
  CHECK(problem == "no secret in environment variable STEPSTREAM_TEST_KAFKA_PASSWORD");
  ::setenv("STEPSTREAM_TEST_KAFKA_PASSWORD", "pw", 1);
  problem.clear();
  CHECK(consumer_options(settings, "g", problem) != nullptr);
  CHECK(problem.empty());
}
