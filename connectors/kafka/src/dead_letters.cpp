#include "dead_letters.h"

#include "client_options.h"

namespace connectors::kafka {

DeadLetters::DeadLetters(const Settings& settings, std::string trigger)
    : settings_(settings), trigger_(std::move(trigger)) {}

DeadLetters::~DeadLetters() {
  if (client_ == nullptr) return;
  stopping_ = true;
  rd_kafka_queue_yield(queue_);
  thread_.join();
  rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_, 1000);
  rd_kafka_queue_destroy(queue_);
  rd_kafka_destroy(client_);
}

// Opened with the first letter: most triggers never need it.
bool DeadLetters::open(std::string& problem) {
  if (client_ != nullptr) return true;
  ConfPtr conf = producer_options(settings_, problem);
  if (conf == nullptr) return false;
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &DeadLetters::delivered);
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

void DeadLetters::delivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  std::unique_ptr<Done> done(static_cast<Done*>(message->_private));
  (*done)(message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : rd_kafka_err2str(message->err));
}

void DeadLetters::send(const Record& record, const std::string& reason, Done done) {
  std::string problem;
  if (!open(problem)) {
    done(problem);
    return;
  }
  rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size() + 5);
  auto add = [headers](const std::string& name, const void* bytes, size_t size) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), bytes,
                        static_cast<ssize_t>(size));
  };
  auto add_text = [&add](const std::string& name, const std::string& text) {
    add(name, text.data(), text.size());
  };
  for (const auto& [name, content] : record.headers) {
    add(name, content ? content->data() : nullptr, content ? content->size() : 0);
  }
  add_text("stepstream-reason", reason);
  add_text("stepstream-trigger", trigger_);
  add_text("stepstream-topic", settings_.topic);
  add_text("stepstream-partition", std::to_string(record.partition));
  add_text("stepstream-offset", std::to_string(record.offset));
  auto owned = std::make_unique<Done>(std::move(done));
  // Null and empty differ in Kafka: a null value is a tombstone.
  void* key = record.key ? const_cast<char*>(record.key->data()) : nullptr;
  const size_t key_size = record.key ? record.key->size() : 0;
  void* value = record.value ? const_cast<char*>(record.value->data()) : nullptr;
  const size_t value_size = record.value ? record.value->size() : 0;
  const rd_kafka_resp_err_t error =
      rd_kafka_producev(client_, RD_KAFKA_V_TOPIC(settings_.dead_letter_topic.c_str()),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
                        RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_HEADERS(headers),
                        RD_KAFKA_V_OPAQUE(owned.get()), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    owned.release();  // delivered() takes it back
    return;
  }
  rd_kafka_headers_destroy(headers);
  (*owned)(rd_kafka_err2str(error));
}

}  // namespace connectors::kafka
