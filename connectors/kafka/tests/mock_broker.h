// MockBroker: librdkafka's mock cluster and a producer to fill its topics, for tests without a server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

namespace connectors::kafka::testing {

class MockBroker {
 public:
  MockBroker() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char why[256];
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof why);
    rd_kafka_conf_set(conf, "linger.ms", "0", why, sizeof why);
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    REQUIRE(client_ != nullptr);
    cluster_ = rd_kafka_handle_mock_cluster(client_);
  }
  ~MockBroker() { rd_kafka_destroy(client_); }

  std::string address() const {
    std::string list = rd_kafka_mock_cluster_bootstraps(cluster_);
    return list.substr(0, list.find(','));
  }
  void stop() {  // answers nobody any more
    REQUIRE(rd_kafka_mock_broker_set_down(cluster_, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void create_topic(const std::string& topic, int partitions) {
    REQUIRE(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void produce(const std::string& topic, int32_t partition, const std::optional<std::string>& key,
               const std::string& value) {
    void* bytes = key ? const_cast<char*>(key->data()) : nullptr;
    const size_t size = key ? key->size() : 0;
    const auto error =
        rd_kafka_producev(client_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(bytes, size),
                          RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                          RD_KAFKA_V_HEADER("kind", "test", 4), RD_KAFKA_V_END);
    REQUIRE(error == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void flush() { REQUIRE(rd_kafka_flush(client_, 20'000) == RD_KAFKA_RESP_ERR_NO_ERROR); }

  // Waits for the first record of a topic's partition 0: "<value> <name>=<content> ..."
  std::string first_record(const std::string& topic) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char why[256];
    rd_kafka_conf_set(conf, "bootstrap.servers", address().c_str(), why, sizeof why);
    rd_kafka_conf_set(conf, "group.id", "reader", why, sizeof why);
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    rd_kafka_t* reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    rd_kafka_poll_set_consumer(reader);
    auto* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = 0;
    rd_kafka_assign(reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    std::string text;
    for (int tries = 0; tries < 20 && text.empty(); tries++) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(reader, 1000);
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) text = text_of(*message);
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
    return text;
  }
  // What the group has committed; negative: nothing.
  int64_t committed(const std::string& group, const std::string& topic, int32_t partition) {
    return offsets(group, topic, partition, -1);
  }
  void commit(const std::string& group, const std::string& topic, int32_t partition, int64_t offset) {
    offsets(group, topic, partition, offset);
  }

 private:
  static std::string text_of(const rd_kafka_message_t& message) {
    std::string text(static_cast<const char*>(message.payload), message.len);
    rd_kafka_headers_t* headers = nullptr;
    rd_kafka_message_headers(&message, &headers);
    const char* name = nullptr;
    const void* content = nullptr;
    size_t size = 0;
    for (size_t i = 0; headers != nullptr && rd_kafka_header_get_all(headers, i, &name, &content, &size) ==
                                                 RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
      text += " " + std::string(name) + "=" + std::string(static_cast<const char*>(content), size);
    }
    return text;
  }
  int64_t offsets(const std::string& group, const std::string& topic, int32_t partition, int64_t set) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char why[256];
    rd_kafka_conf_set(conf, "bootstrap.servers", address().c_str(), why, sizeof why);
    rd_kafka_conf_set(conf, "group.id", group.c_str(), why, sizeof why);
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    auto* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = set;
    const auto error = set >= 0 ? rd_kafka_commit(client, list, 0) : rd_kafka_committed(client, list, 10'000);
    CHECK(error == RD_KAFKA_RESP_ERR_NO_ERROR);
    const int64_t found = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(client);
    return found;
  }

  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace connectors::kafka::testing
