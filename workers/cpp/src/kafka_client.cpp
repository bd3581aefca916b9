#include "kafka_client.h"

#include <algorithm>

namespace stepstream_worker::kafka {

namespace {

constexpr int kAdminTimeoutMs = 3'000;

class Settings {
 public:
  Settings(const Address& address, std::string& problem) : conf_(rd_kafka_conf_new()), problem_(problem) {
    // What matters arrives as an error event; the library's log lines would go to stderr.
    rd_kafka_conf_set_log_cb(conf_.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
    set("bootstrap.servers", address.brokers);
    set("client.id", "stepstream-worker");
    set("socket.nagle.disable", "true");
    set("socket.keepalive.enable", "true");
    set("reconnect.backoff.ms", "50");
    set("reconnect.backoff.max.ms", "5000");
  }
  void set(const std::string& name, const std::string& value) {
    char why[256];
    if (rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) {
      problem_ = "the Kafka client refuses " + name + ": " + why;
    }
  }
  ConfPtr take(const Options& options) {
    for (const auto& [name, value] : options.kafka) set(name, value);
    return problem_.empty() ? std::move(conf_) : nullptr;
  }

 private:
  ConfPtr conf_;
  std::string& problem_;
};

// Of all topics: asking for one would make it, with the brokers' defaults.
rd_kafka_resp_err_t find_topic(rd_kafka_t* client, const std::string& topic, bool& found) {
  const struct rd_kafka_metadata* known = nullptr;
  const auto error = rd_kafka_metadata(client, 1, nullptr, &known, kAdminTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
  found = std::any_of(known->topics, known->topics + known->topic_cnt,
                      [&](const rd_kafka_metadata_topic& one) { return topic == one.topic; });
  rd_kafka_metadata_destroy(known);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t create_topic(rd_kafka_t* client, rd_kafka_NewTopic_t* wanted) {
  const QueuePtr answers(rd_kafka_queue_new(client));
  char why[256];
  rd_kafka_AdminOptions_t* admin = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_request_timeout(admin, kAdminTimeoutMs, why, sizeof why);
  rd_kafka_CreateTopics(client, &wanted, 1, admin, answers.get());
  rd_kafka_event_t* event = rd_kafka_queue_poll(answers.get(), kAdminTimeoutMs + 1000);
  size_t count = 0;
  const auto* result = event == nullptr ? nullptr : rd_kafka_event_CreateTopics_result(event);
  const auto* topics = result == nullptr ? nullptr : rd_kafka_CreateTopics_result_topics(result, &count);
  auto error = RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (event != nullptr) error = rd_kafka_event_error(event);
  if (count == 1) error = rd_kafka_topic_result_error(topics[0]);
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(admin);
  return error;
}

}  // namespace

bool parse_kafka_url(const std::string& url, Address& address) {
  constexpr std::string_view kScheme = "kafka://";
  if (url.rfind(kScheme, 0) != 0) return false;
  const size_t slash = url.find('/', kScheme.size());
  address.brokers = url.substr(kScheme.size(), slash - kScheme.size());
  if (slash != std::string::npos && slash + 1 < url.size()) address.prefix = url.substr(slash + 1);
  for (size_t begin = 0; begin <= address.brokers.size();) {  // each with a port
    const size_t end = std::min(address.brokers.find(',', begin), address.brokers.size());
    const std::string broker = address.brokers.substr(begin, end - begin);
    const size_t colon = broker.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == broker.size()) return false;
    if (broker.find_first_not_of("0123456789", colon + 1) != std::string::npos) return false;
    begin = end + 1;
  }
  return address.prefix.find_first_of("/?#") == std::string::npos;
}

// A result that waits for its brokers is sent again by the worker; the client's own patience is one minute.
ConfPtr producer_options(const Address& address, const Options& options, std::string& problem) {
  Settings settings(address, problem);
  settings.set("enable.idempotence", "true");
  settings.set("acks", "all");
  settings.set("linger.ms", "0.5");
  settings.set("message.timeout.ms", "60000");
  settings.set("message.max.bytes", "8388608");
  settings.set("queue.buffering.max.kbytes", "65536");
  return settings.take(options);
}

// `range`: the cooperative assignor of librdkafka before 2.6 loses assignments. `earliest`: a task that
// nobody has begun has no committed offset before it. `queued.min.messages`: a client that has fetched more
// than that for all of its partitions together looks again only after a second, when a fast worker has long
// done with them; the bytes are bound enough.
ConfPtr consumer_options(const Address& address, const Options& options, const std::string& group,
                         std::string& problem) {
  Settings settings(address, problem);
  settings.set("group.id", group);
  settings.set("enable.auto.commit", "false");
  settings.set("enable.auto.offset.store", "false");
  settings.set("auto.offset.reset", "earliest");
  settings.set("partition.assignment.strategy", "range");
  settings.set("allow.auto.create.topics", "false");
  settings.set("check.crcs", "true");
  settings.set("session.timeout.ms", "10000");
  settings.set("heartbeat.interval.ms", "2000");
  settings.set("fetch.wait.max.ms", "50");
  settings.set("fetch.error.backoff.ms", "100");
  settings.set("topic.metadata.refresh.interval.ms", "30000");
  settings.set("queued.min.messages", "100000");
  settings.set("queued.max.messages.kbytes", "16384");
  return settings.take(options);
}

ClientPtr make_client(rd_kafka_type_t type, ConfPtr conf, std::string& problem) {
  if (!conf) return nullptr;
  char why[256];
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), why, sizeof why);
  if (client == nullptr) {
    problem = why;
    return nullptr;
  }
  (void)conf.release();
  return ClientPtr(client);
}

void wake_for(const QueuePtr& queue, int wake_fd) {
  static constexpr uint64_t kOne = 1;  // what an eventfd is written
  rd_kafka_queue_io_event_enable(queue.get(), wake_fd, &kOne, sizeof kOne);
}

TopicState ensure_topic(rd_kafka_t* client, const std::string& topic, int partitions, std::string& problem) {
  bool found = false;
  auto error = find_topic(client, topic, found);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && !found) {
    char why[256];
    rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, -1, why, sizeof why);
    if (wanted == nullptr) {
      problem = topic + ": " + why;
      return TopicState::Refused;
    }
    error = create_topic(client, wanted);
    rd_kafka_NewTopic_destroy(wanted);
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    return TopicState::There;
  problem = "the topic " + topic + " cannot be looked up or made: " + rd_kafka_err2str(error);
  const bool silent = error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR__TRANSPORT;
  return silent ? TopicState::NoAnswer : TopicState::Refused;
}

}  // namespace stepstream_worker::kafka
