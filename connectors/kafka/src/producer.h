// Producer: writes messages to topics. A message counts when the brokers have acknowledged it. Thread rule:
// send() from one thread, and from
// `done`, which runs on a thread of this object's own.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

#include <engine/wire/kafka_complaint.h>

#include "settings.h"

namespace connectors::kafka {

// Null and empty differ in Kafka: a null value is a tombstone.
struct Message {
  std::string topic;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

class Producer {
 public:
  using Done = std::function<void(const std::string& error)>;  // empty: written

  explicit Producer(const Settings& settings) : settings_(settings) {}
  ~Producer();  // messages on their way are given up; their `done` is called
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  void send(const Message& message, Done done);

 private:
  bool open(std::string& problem);
  static void delivered(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);

  const Settings& settings_;
  engine::wire::KafkaComplaint complaint_;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace connectors::kafka
