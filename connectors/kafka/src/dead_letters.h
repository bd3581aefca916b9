// DeadLetters: writes records that cannot start an execution to a topic, with the reason in headers. A letter
// counts when the brokers have acknowledged it. Thread rule: as Producer.
#pragma once

#include <string>

#include "producer.h"
#include "record.h"
#include "settings.h"

namespace connectors::kafka {

class DeadLetters {
 public:
  using Done = Producer::Done;

  DeadLetters(const Settings& settings, std::string trigger)
      : settings_(settings), trigger_(std::move(trigger)), producer_(settings) {}

  // Key, value and headers as they were, and stepstream-reason, -trigger, -topic, -partition, -offset. A
  // letter that is too large goes without the value, with its size in stepstream-value-left-out.
  void send(const Record& record, const std::string& reason, Done done);

 private:
  const Settings& settings_;
  std::string trigger_;
  Producer producer_;
};

}  // namespace connectors::kafka
