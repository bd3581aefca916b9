// librdkafka's handles with owners, its options, and what its errors mean to the engine.
#pragma once

#include <memory>
#include <string>

#include <librdkafka/rdkafka.h>

#include <engine/core/error.h>
#include <engine/log/kafka_settings.h>
#include <engine/wire/kafka_complaint.h>

namespace engine::log::kafka {

struct ConfDeleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
struct ClientDeleter {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using ConfPtr = std::unique_ptr<rd_kafka_conf_t, ConfDeleter>;
using ClientPtr = std::unique_ptr<rd_kafka_t, ClientDeleter>;
using TopicPtr = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;

// Above what the engine writes at once; topics, producers and consumers must agree.
inline constexpr char kMessageBytesMax[] = "8388608";

Expected<ConfPtr> producer_options(const KafkaSettings& settings);
Expected<ConfPtr> consumer_options(const KafkaSettings& settings);
// From then on the client's opaque: it must outlive the client.
void complain_to(rd_kafka_conf_t* conf, wire::KafkaComplaint& complaint);
// Takes the options over.
Expected<ClientPtr> make_client(rd_kafka_type_t type, ConfPtr options);

Error error_of(rd_kafka_resp_err_t code, const std::string& what);
Error problem(ErrorKind kind, std::string message);

}  // namespace engine::log::kafka
