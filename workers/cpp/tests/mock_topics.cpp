#include "mock_topics.h"

#include <algorithm>
#include <chrono>

#include <catch2/catch.hpp>
#include <librdkafka/rdkafka_mock.h>

namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr auto kNoError = RD_KAFKA_RESP_ERR_NO_ERROR;

rd_kafka_conf_t* conf(std::vector<std::pair<const char*, std::string>> options) {
  rd_kafka_conf_t* made = rd_kafka_conf_new();
  char why[256];
  for (const auto& [name, value] : options)
    REQUIRE(rd_kafka_conf_set(made, name, value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK);
  rd_kafka_conf_set_log_cb(made, [](const rd_kafka_t*, int, const char*, const char*) {});
  return made;
}

std::string header(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* bytes = nullptr;
  size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != kNoError) return {};
  if (rd_kafka_header_get_last(headers, name, &bytes, &size) != kNoError) return {};
  return {static_cast<const char*>(bytes), size};
}

}  // namespace

MockTopics::MockTopics(int partitions) {
  char why[256];
  client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf({{"test.mock.num.brokers", "1"}, {"linger.ms", "0"}}), why,
                         sizeof why);
  REQUIRE(client_ != nullptr);
  cluster_ = rd_kafka_handle_mock_cluster(client_);
  REQUIRE(rd_kafka_mock_topic_create(cluster_, "unit.task.q", partitions, 1) == kNoError);
  REQUIRE(rd_kafka_mock_topic_create(cluster_, "unit.cmd", 2, 1) == kNoError);
  reader_ = rd_kafka_new(
      RD_KAFKA_CONSUMER,
      conf({{"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_)}, {"group.id", "engine"}}), why,
      sizeof why);
  rd_kafka_poll_set_consumer(reader_);
  auto* list = rd_kafka_topic_partition_list_new(2);
  for (int32_t i = 0; i < 2; i++) rd_kafka_topic_partition_list_add(list, "unit.cmd", i)->offset = 0;
  rd_kafka_assign(reader_, list);
  rd_kafka_topic_partition_list_destroy(list);
}

MockTopics::~MockTopics() {
  rd_kafka_consumer_close(reader_);
  rd_kafka_destroy(reader_);
  rd_kafka_destroy(client_);
}

std::string MockTopics::url() const {
  return std::string("kafka://") + rd_kafka_mock_cluster_bootstraps(cluster_) + "/unit";
}

void MockTopics::add_task(const std::string& token, const nlohmann::json& changes, int32_t partition,
                          std::vector<std::pair<std::string, std::string>> given) {
  nlohmann::json task = {
      {"token", token},  {"queue", "q"},     {"state_name", "S"}, {"execution_arn", "arn:e"},
      {"input", 1},      {"retry_count", 2}, {"delivery", 1},     {"scheduled_ms", 1},
      {"timeout_ms", 0}, {"heartbeat_ms", 0}};
  if (changes.is_object()) task.update(changes);
  std::vector<std::pair<std::string, std::string>> wanted = {
      {"v", "1"}, {"tok", token}, {"att", "2"}, {"rp", "1"}};
  for (auto& [name, value] : given) wanted.emplace_back(std::move(name), std::move(value));
  rd_kafka_headers_t* headers = rd_kafka_headers_new(wanted.size());
  for (const auto& [name, value] : wanted)
    rd_kafka_header_add(headers, name.c_str(), -1, value.data(), static_cast<ssize_t>(value.size()));
  std::string text = changes.is_array() ? changes.dump() : task.dump();
  REQUIRE(rd_kafka_producev(client_, RD_KAFKA_V_TOPIC("unit.task.q"), RD_KAFKA_V_PARTITION(partition),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_VALUE(text.data(), text.size()), RD_KAFKA_V_HEADERS(headers),
                            RD_KAFKA_V_END) == kNoError);
  REQUIRE(rd_kafka_flush(client_, 10'000) == kNoError);
}

void MockTopics::read(int timeout_ms) {
  rd_kafka_message_t* message = rd_kafka_consumer_poll(reader_, timeout_ms);
  if (message == nullptr) return;
  if (message->err == kNoError) {
    const std::string text(static_cast<const char*>(message->payload), message->len);
    reports_.push_back({message->partition, header(*message, "type"), header(*message, "tok"),
                        header(*message, "v"), nlohmann::json::parse(text)});
  }
  rd_kafka_message_destroy(message);
}

std::vector<MockReport> MockTopics::reports(const std::string& type) const {
  std::vector<MockReport> found;
  std::copy_if(reports_.begin(), reports_.end(), std::back_inserter(found),
               [&](const MockReport& report) { return report.type == type; });
  return found;
}

bool MockTopics::wait_for_results(size_t count) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (tokens().size() < count && std::chrono::steady_clock::now() < until) read(50);
  return tokens().size() >= count;
}

bool MockTopics::wait_for(const std::string& type, size_t count) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (reports(type).size() < count && std::chrono::steady_clock::now() < until) read(50);
  return reports(type).size() >= count;
}

std::vector<std::string> MockTopics::tokens() const {
  std::vector<std::string> found;
  for (const MockReport& report : reports_) {
    if (report.type == "task-success" || report.type == "task-failure") found.push_back(report.token);
  }
  return found;
}

int64_t MockTopics::committed(int32_t partition) {
  char why[256];
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER,
                                    conf({{"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_)},
                                          {"group.id", "unit.workers.q"}}),
                                    why, sizeof why);
  auto* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, "unit.task.q", partition);
  CHECK(rd_kafka_committed(client, list, 10'000) == kNoError);
  const int64_t offset = list->elems[0].offset;
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(client);
  return offset;
}

bool MockTopics::wait_until_committed(int32_t partition, int64_t offset) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < until) {
    if (committed(partition) == offset) return true;
    read(20);
  }
  return false;
}

void MockTopics::set_down(bool down) {
  const auto set = down ? rd_kafka_mock_broker_set_down : rd_kafka_mock_broker_set_up;
  REQUIRE(set(cluster_, 1) == kNoError);
}
