// The command topic: created with what the engine needs, checked, trimmed. Blocking.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "client.h"

namespace engine::log::kafka {

// The number of its partitions; 0: there is no such topic.
Expected<uint16_t> count_partitions(rd_kafka_t* client, const std::string& topic, int64_t timeout_ms);
struct NewTopic {
  std::string name;
  int partitions = 1;
  int replication = -1;
  std::vector<std::pair<const char*, const char*>> configuration;
};
// Success, too, if it is there already.
Expected<void> create_topic(rd_kafka_t* client, const NewTopic& topic, int64_t timeout_ms);
// The first record with such a timestamp or a later one; nothing: there is none.
Expected<std::optional<uint64_t>> offset_since(rd_kafka_t* client, const std::string& topic,
                                               int32_t partition, int64_t time_ms, int64_t timeout_ms);
Expected<void> delete_records(rd_kafka_t* client, const std::string& topic, int32_t partition,
                              uint64_t before, int64_t timeout_ms);

}  // namespace engine::log::kafka
