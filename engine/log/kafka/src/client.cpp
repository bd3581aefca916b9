#include "client.h"

namespace engine::log::kafka {

namespace {

class Options {
 public:
  Options() : conf_(rd_kafka_conf_new()) {
    // What matters arrives as an error; the library's log lines would go to stderr.
    rd_kafka_conf_set_log_cb(conf_.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  }
  void set(const std::string& name, const std::string& value) {
    char why[256];
    if (rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) {
      refused_ = "the Kafka client refuses " + name + ": " + why;
    }
  }
  Expected<ConfPtr> take() {
    if (refused_.empty()) return std::move(conf_);
    return statelang::Unexpected{problem(ErrorKind::Permanent, refused_)};
  }

 private:
  ConfPtr conf_;
  std::string refused_;
};

void connect(Options& options, const KafkaSettings& settings) {
  options.set("bootstrap.servers", settings.brokers);
  options.set("client.id", "stepstream-engine");
  options.set("socket.nagle.disable", "true");
  options.set("socket.keepalive.enable", "true");
  options.set("reconnect.backoff.ms", "50");
  options.set("reconnect.backoff.max.ms", "1000");
}

void set_given(Options& options, const KafkaSettings& settings) {
  for (const auto& [name, value] : settings.options) options.set(name, value);
}

}  // namespace

Error problem(ErrorKind kind, std::string message) {
  return {kind, std::move(message)};
}

Expected<ConfPtr> producer_options(const KafkaSettings& settings) {
  Options options;
  connect(options, settings);
  options.set("enable.idempotence", "true");
  options.set("acks", "all");
  options.set("linger.ms", "0.5");
  options.set("message.max.bytes", kMessageBytesMax);
  options.set("message.timeout.ms", std::to_string(settings.message_timeout_ms));
  options.set("queue.buffering.max.messages", std::to_string(settings.log_records_max * 2));
  options.set("queue.buffering.max.kbytes", std::to_string(settings.send_buffer_kib));
  set_given(options, settings);
  return options.take();
}

// An offset out of range is an error to look at, never a reason to go on elsewhere.
Expected<ConfPtr> consumer_options(const KafkaSettings& settings) {
  Options options;
  connect(options, settings);
  options.set("auto.offset.reset", "error");
  options.set("enable.auto.commit", "false");
  options.set("enable.auto.offset.store", "false");
  options.set("isolation.level", "read_uncommitted");
  options.set("check.crcs", "true");
  options.set("fetch.wait.max.ms", "100");
  options.set("fetch.error.backoff.ms", "100");
  options.set("fetch.message.max.bytes", kMessageBytesMax);
  options.set("queued.max.messages.kbytes", std::to_string(settings.read_ahead_kib));
  set_given(options, settings);
  return options.take();
}

void complain_to(rd_kafka_conf_t* conf, wire::KafkaComplaint& complaint) {
  rd_kafka_conf_set_opaque(conf, &complaint);
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t* client, int, const char* facility, const char* line) {
    void* place = client == nullptr ? nullptr : rd_kafka_opaque(client);
    if (place == nullptr) return;
    static_cast<wire::KafkaComplaint*>(place)->note(facility, line, rd_kafka_version());
  });
}

Expected<ClientPtr> make_client(rd_kafka_type_t type, ConfPtr options) {
  char why[256];
  rd_kafka_t* client = rd_kafka_new(type, options.get(), why, sizeof why);
  if (client == nullptr)
    return statelang::Unexpected{problem(ErrorKind::Permanent, std::string("Kafka client: ") + why)};
  (void)options.release();
  return ClientPtr(client);
}

Error error_of(rd_kafka_resp_err_t code, const std::string& what) {
  const std::string message = what + ": " + rd_kafka_err2str(code);
  switch (code) {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return problem(ErrorKind::Full, message + "; try again later");
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
      return problem(ErrorKind::Corrupt, message);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return problem(
          ErrorKind::Permanent,
          message + "; give the user Create, Describe, Read, Write and Delete on the cluster's topics");
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return problem(ErrorKind::Permanent, message);
    default:
      return problem(ErrorKind::Transient, message);
  }
}

}  // namespace engine::log::kafka
