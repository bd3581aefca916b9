// open_cluster(): one node of an engine whose log is a Kafka topic and whose state is in Redis. Any number of
// nodes share the partitions; a call may come to any of them; any of them may die (docs/guides/cluster.md,
// ADR 0012). Called by engine/server.
//
// Link target: engine_cluster. Thread rule: as open_embedded(). Destroying the Engine leaves the cluster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <engine/core/error.h>
#include <engine/log/kafka_settings.h>
#include <engine/runtime/engine.h>
#include <engine/store/redis_store.h>

namespace engine {

// When records of the log are deleted: those that Redis has applied and has on disk, are older than keep_ms
// and not among the last margin_records applied ones.
struct LogTrimSettings {
  int64_t period_ms = 10 * 60'000;
  uint64_t margin_records = 100'000;
  int64_t keep_ms = 7LL * 24 * 3600 * 1000;  // more than the age of the copy of Redis that may be restored
};

struct ClusterSettings {
  log::KafkaSettings kafka;
  store::RedisSettings redis;
  // Queues whose tasks go to Kafka topics (docs/formats/task_topic.md); "*": all. The others' are polled.
  std::vector<std::string> task_topics;
  uint16_t task_topic_partitions = 8;  // of a task topic that is made here
  uint16_t partitions = 4;             // fixed when the first node starts; another number is refused later
  // This node among the others; two with the same number refuse each other. 0: a random one.
  uint32_t node = 0;
  size_t threads = 0;  // that run the engine; 0: one for each processor
  std::string region = "us-east-1";
  std::string account = "000000000000";
  LogTrimSettings trim;
  // What the operator should know and nobody asks for, in one line. Any thread.
  std::function<void(const std::string& line)> notice;
  int64_t retention_ms = 90LL * 24 * 3600 * 1000;
  // As in EmbeddedSettings, for this node.
  size_t tasks_max = 1'000'000;
  size_t task_contents_bytes_max = 64u << 20;
};

// Fails with Transient (Kafka or Redis does not answer) or Permanent (settings that do not fit what is there,
// no permission, the node's number is in use); nothing is left running then. Partitions are taken over after
// it has returned: ready() says when.
Expected<std::unique_ptr<Engine>> open_cluster(ClusterSettings settings);

// What a person decides when the log has lost records that Redis has applied, or has others in their places,
// and cannot get them back: Redis is right. The log is filled up with messages that change nothing, Redis
// forgets the fingerprint of what it applied last, and the nodes, which may run, find that both belong
// together again. What callers and workers had put into the lost part and Redis had not applied is gone.
//
// How many messages were appended; nothing: the log and Redis belong together, and all stays as it is.
// Corrupt: Redis is behind the log's first record, so that it is not right either. Transient: no answer of
// Kafka or Redis, or a node has just gone on with the partition. Blocks.
Expected<std::optional<uint64_t>> accept_state(ClusterSettings settings, PartitionId partition);

}  // namespace engine
