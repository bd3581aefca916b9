#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <engine/log/kafka_producer.h>

#include "client.h"

namespace engine::log {

namespace {

using namespace kafka;

constexpr int kPollMs = 500;
constexpr int kFarewellMs = 2'000;

struct Delivery {
  KafkaProducer::Delivered delivered;
};

class Opened : public KafkaProducer {
 public:
  explicit Opened(KafkaSettings settings) : settings_(std::move(settings)) {}

  Expected<void> start() {
    if (auto made = make(); !made) return made;
    thread_ = std::thread([this] { run(); });
    return {};
  }

  ~Opened() override {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    if (client_) give_up(kFarewellMs);
  }

  Expected<void> send(const Message& message, Delivered delivered) override {
    auto delivery = std::make_unique<Delivery>(Delivery{std::move(delivered)});
    rd_kafka_headers_t* headers = nullptr;
    if (!message.headers.empty()) headers = rd_kafka_headers_new(message.headers.size());
    for (const auto& [name, value] : message.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    const std::string topic(message.topic);
    ++on_the_way_;  // before: it may be delivered while this thread is still in here
    std::shared_lock lock(client_mutex_);
    const rd_kafka_resp_err_t refused = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
        RD_KAFKA_V_PARTITION(message.partition < 0 ? RD_KAFKA_PARTITION_UA : message.partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(message.key.empty() ? nullptr : const_cast<char*>(message.key.data()),
                       message.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(message.payload.data()), message.payload.size()),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(delivery.get()), RD_KAFKA_V_END);
    if (refused != RD_KAFKA_RESP_ERR_NO_ERROR) {
      --on_the_way_;
      if (headers != nullptr) rd_kafka_headers_destroy(headers);
      return statelang::Unexpected{error_of(refused, "sending to " + topic)};
    }
    (void)delivery.release();  // delivered_cb() has it
    return {};
  }

  size_t on_the_way() const override { return on_the_way_; }

 private:
  Expected<void> make() {
    auto options = producer_options(settings_);
    if (!options) return statelang::Unexpected{options.error()};
    rd_kafka_conf_set_opaque(options->get(), this);
    rd_kafka_conf_set_dr_msg_cb(options->get(), &Opened::delivered_cb);
    auto client = make_client(RD_KAFKA_PRODUCER, std::move(*options));
    if (!client) return statelang::Unexpected{client.error()};
    client_ = std::move(*client);
    return {};
  }

  static void delivered_cb(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto& self = *static_cast<Opened*>(opaque);
    const std::unique_ptr<Delivery> delivery(static_cast<Delivery*>(message->_private));
    --self.on_the_way_;
    if (!delivery->delivered) return;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      return delivery->delivered({}, static_cast<uint64_t>(message->offset));
    }
    const bool never = rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    delivery->delivered(error_of(message->err, never ? "Kafka did not take it" : "Kafka may have taken it"),
                        0);
  }

  // Whatever the brokers have not acknowledged by then has failed.
  void give_up(int wait_ms) {
    rd_kafka_flush(client_.get(), wait_ms);
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(client_.get(), wait_ms);
  }

  void run() {
    while (!stopping_) {
      rd_kafka_poll(client_.get(), kPollMs);
      char why[256];
      if (rd_kafka_fatal_error(client_.get(), why, sizeof why) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      // The brokers have lost track of this producer's order: it takes nothing more.
      give_up(0);
      std::unique_lock lock(client_mutex_);
      ClientPtr old = std::move(client_);
      if (!make()) client_ = std::move(old);
    }
  }

  const KafkaSettings settings_;
  std::shared_mutex client_mutex_;
  ClientPtr client_;  // written by the thread alone
  std::atomic<size_t> on_the_way_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace

Expected<std::unique_ptr<KafkaProducer>> KafkaProducer::open(const KafkaSettings& settings) {
  auto producer = std::make_unique<Opened>(settings);
  if (auto started = producer->start(); !started) return statelang::Unexpected{started.error()};
  return std::unique_ptr<KafkaProducer>(std::move(producer));
}

}  // namespace engine::log
