// KafkaComplaint: why a client of Kafka is not connected. librdkafka's calls only tell that no broker
// answers; the reason, such as a refused password, stands in a line of its log. Used by engines, connectors
// and the C++ worker SDK: the standard library alone. Thread rule: any thread.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace engine::wire {

// The words of such a line for people: without the client's thread and state, and with what helps.
// `library_version`: rd_kafka_version().
std::string kafka_complaint(std::string_view line, int library_version);

class KafkaComplaint {
 public:
  // As librdkafka's log callback is given it; lines that are no complaints count for nothing.
  void note(std::string_view facility, std::string_view line, int library_version);
  // " (the last complaint)", to stand behind an error; empty when there was none.
  std::string words() const;

 private:
  mutable std::mutex mutex_;
  std::string last_;
};

}  // namespace engine::wire
