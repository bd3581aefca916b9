// DeadLetters: writes records that cannot start an execution to a topic, with the reason in headers. A letter
// counts when the brokers have acknowledged it. Thread rule: send() from one thread; `done` runs on a thread
// of this object's own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <librdkafka/rdkafka.h>

#include "record.h"
#include "settings.h"

namespace connectors::kafka {

class DeadLetters {
 public:
  using Done = std::function<void(const std::string& error)>;  // empty: written

  DeadLetters(const Settings& settings, std::string trigger);
  ~DeadLetters();  // letters on their way are given up; their `done` is called

  // Key, value and headers as they were, and stepstream-reason, -trigger, -topic, -partition, -offset.
  void send(const Record& record, const std::string& reason, Done done);

 private:
  bool open(std::string& problem);
  static void delivered(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);

  const Settings& settings_;
  std::string trigger_;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace connectors::kafka
