#include "producer.h"

#include <memory>

#include "client_options.h"

namespace connectors::kafka {

namespace {

const char* data(const std::optional<std::string>& bytes) {
  return bytes ? bytes->data() : nullptr;
}
size_t size(const std::optional<std::string>& bytes) {
  return bytes ? bytes->size() : 0;
}

}  // namespace

Producer::~Producer() {
  if (client_ == nullptr) return;
  stopping_ = true;
  rd_kafka_queue_yield(queue_);
  thread_.join();
  rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_, 1000);
  rd_kafka_queue_destroy(queue_);
  rd_kafka_destroy(client_);
}

// Opened with the first message: many never need it.
bool Producer::open(std::string& problem) {
  if (client_ != nullptr) return true;
  ConfPtr conf = producer_options(settings_, problem);
  if (conf == nullptr) return false;
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &Producer::delivered);
  rd_kafka_conf_set_opaque(conf.get(), &complaint_);
  rd_kafka_conf_set_log_cb(
      conf.get(), [](const rd_kafka_t* client, int, const char* facility, const char* line) {
        void* complaint = client == nullptr ? nullptr : rd_kafka_opaque(client);
        if (complaint == nullptr) return;
        static_cast<engine::wire::KafkaComplaint*>(complaint)->note(facility, line, rd_kafka_version());
      });
  char why[256];
  client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why, sizeof why);
  if (client_ == nullptr) {
    problem = why;
    return false;
  }
  conf.release();  // the client owns it now
  queue_ = rd_kafka_queue_get_main(client_);
  thread_ = std::thread([this] {
    while (!stopping_) rd_kafka_poll(client_, -1);
  });
  return true;
}

void Producer::delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  std::unique_ptr<Done> done(static_cast<Done*>(message->_private));
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return (*done)("");
  std::string problem = rd_kafka_err2str(message->err);
  // The brokers' own words say enough; that nobody answered does not.
  if (message->err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
    const std::string why = static_cast<engine::wire::KafkaComplaint*>(opaque)->words();
    problem +=
        why.empty() ? std::string(" (is the topic ") + rd_kafka_topic_name(message->rkt) + " there?)" : why;
  }
  (*done)(problem);
}

void Producer::send(const Message& message, Done done) {
  std::string problem;
  if (!open(problem)) {
    done(problem);
    return;
  }
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, content] : message.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), data(content),
                        static_cast<ssize_t>(size(content)));
  }
  auto owned = std::make_unique<Done>(std::move(done));
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      client_, RD_KAFKA_V_TOPIC(message.topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY(const_cast<char*>(data(message.key)), size(message.key)),
      RD_KAFKA_V_VALUE(const_cast<char*>(data(message.value)), size(message.value)),
      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(owned.get()), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    owned.release();  // delivered() takes it back
    return;
  }
  rd_kafka_headers_destroy(headers);
  (*owned)(rd_kafka_err2str(error));
}

}  // namespace connectors::kafka
