// librdkafka's handles with owners, the options of a worker's clients, and the URL that names the brokers.
#pragma once

#include <memory>
#include <string>

#include <librdkafka/rdkafka.h>
#include <stepstream_worker/worker.h>

namespace stepstream_worker::kafka {

struct ConfDeleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
struct ClientDeleter {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct MessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
struct ListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using ConfPtr = std::unique_ptr<rd_kafka_conf_t, ConfDeleter>;
using ClientPtr = std::unique_ptr<rd_kafka_t, ClientDeleter>;
using MessagePtr = std::unique_ptr<rd_kafka_message_t, MessageDeleter>;
using ListPtr = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;

struct Address {
  std::string brokers;
  std::string prefix = "stepstream";
};
// kafka://HOST:PORT[,HOST:PORT...][/PREFIX]
bool parse_kafka_url(const std::string& url, Address& address);

// Null with `problem`: an option the client refuses.
ConfPtr producer_options(const Address& address, const Options& options, std::string& problem);
ConfPtr consumer_options(const Address& address, const Options& options, const std::string& group,
                         std::string& problem);
// Takes the options over.
ClientPtr make_client(rd_kafka_type_t type, ConfPtr conf, std::string& problem);
// Writes to the eventfd whenever the queue is no longer empty.
void wake_for(const QueuePtr& queue, int wake_fd);
// Makes the topic if it is not there. With `problem`: no broker answers, or it may not be made by this
// worker.
enum class TopicState { There, NoAnswer, Refused };
TopicState ensure_topic(rd_kafka_t* client, const std::string& topic, int partitions, std::string& problem);

}  // namespace stepstream_worker::kafka
