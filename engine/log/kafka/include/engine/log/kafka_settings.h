// How the engine's own clients reach Kafka, and what its topics are called (docs/formats/command_topic.md).
// Values that cannot be used are refused by KafkaCommandLog::open().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace engine::log {

struct KafkaSettings {
  std::string brokers;                // HOST:PORT[,HOST:PORT]
  std::string prefix = "stepstream";  // PREFIX.cmd, PREFIX.task.QUEUE
  uint16_t partitions = 4;            // of PREFIX.cmd; fixed when it is created
  int16_t replication = -1;           // of PREFIX.cmd when it is created; -1: the broker's default
  // The client library's options, over everything chosen here: security.protocol, sasl.*, ssl.*
  std::vector<std::pair<std::string, std::string>> options;

  size_t log_records_max = 100'000;     // sent and not yet acknowledged; above: ErrorKind::Full
  size_t send_buffer_kib = 65'536;      // the same, in bytes
  size_t read_ahead_kib = 4'096;        // fetched and not yet taken, for each partition
  int64_t message_timeout_ms = 60'000;  // then a record that no broker acknowledged has failed
  int64_t request_timeout_ms = 5'000;   // of a question to a broker at takeover
};

inline std::string command_topic(const KafkaSettings& settings) {
  return settings.prefix + ".cmd";
}

}  // namespace engine::log
