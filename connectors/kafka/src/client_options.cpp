#include "client_options.h"

namespace connectors::kafka {

namespace {

class Options {
 public:
  explicit Options(std::string& problem) : conf_(rd_kafka_conf_new()), problem_(problem) {
    // What matters arrives as an error event; the library's log lines would go to stderr.
    rd_kafka_conf_set_log_cb(conf_.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  }
  void set(const char* name, const std::string& value) {
    char why[256];
    if (rd_kafka_conf_set(conf_.get(), name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) {
      problem_ = std::string("the Kafka client refuses ") + name + ": " + why;
    }
  }
  void set_given(const char* name, const std::string& value) {
    if (!value.empty()) set(name, value);
  }
  void set_secret(const char* name, const std::optional<triggers::SecretReference>& reference) {
    if (!reference) return;
    const std::string secret = triggers::read_secret(*reference, problem_);
    if (!secret.empty()) set(name, secret);
  }
  ConfPtr take() { return problem_.empty() ? std::move(conf_) : nullptr; }

 private:
  ConfPtr conf_;
  std::string& problem_;
};

void connect(Options& options, const Settings& settings) {
  std::string brokers;
  for (const std::string& broker : settings.brokers) brokers += (brokers.empty() ? "" : ",") + broker;
  options.set("bootstrap.servers", brokers);
  options.set("client.id", "stepstream");
  options.set("socket.nagle.disable", "true");
  options.set("reconnect.backoff.max.ms", "5000");
  const Security& security = settings.security;
  options.set("security.protocol", security.protocol);
  options.set_given("ssl.ca.location", security.ca_file);
  options.set_given("ssl.certificate.location", security.certificate_file);
  options.set_given("ssl.key.location", security.key_file);
  options.set_secret("ssl.key.password", security.key_password);
  options.set_given("sasl.mechanism", security.sasl_mechanism);
  options.set_given("sasl.username", security.username);
  options.set_secret("sasl.password", security.password);
}

}  // namespace

// Offsets are committed by hand behind acknowledged starts, and an offset out of range is an error to look
// at, not a reason to skip. `range`: the cooperative assignor of librdkafka before 2.6 loses assignments.
ConfPtr consumer_options(const Settings& settings, const std::string& group, std::string& problem) {
  Options options(problem);
  connect(options, settings);
  options.set("group.id", group);
  options.set("enable.auto.commit", "false");
  options.set("enable.auto.offset.store", "false");
  options.set("auto.offset.reset", "error");
  options.set("partition.assignment.strategy", "range");
  options.set("check.crcs", "true");
  options.set("session.timeout.ms", "10000");
  options.set("heartbeat.interval.ms", "2000");
  options.set("max.poll.interval.ms", "300000");
  options.set("fetch.wait.max.ms", "50");
  options.set("topic.metadata.refresh.interval.ms", "30000");  // a topic that is created later is found
  // Read ahead: at most 16 MiB over all partitions. A bound that is used up within a second would have the
  // client wait for the rest of it, so the number of messages is none.
  options.set("queued.min.messages", "100000");
  options.set("queued.max.messages.kbytes", "16384");
  return options.take();
}

ConfPtr producer_options(const Settings& settings, std::string& problem) {
  Options options(problem);
  connect(options, settings);
  options.set("enable.idempotence", "true");
  options.set("acks", "all");
  options.set("linger.ms", "1");
  options.set("message.timeout.ms", "30000");
  options.set("message.max.bytes", "16777216");
  options.set("queue.buffering.max.kbytes", "65536");
  return options.take();
}

}  // namespace connectors::kafka
