#include <mutex>
#include <random>

#include <engine/runtime/cluster.h>
#include <engine/wire/task_topic.h>
#include <statelang/encoding.h>

#include "../node/unique_id.h"
#include "cluster_engine.h"

namespace engine {

namespace {

using runtime::cluster::ClusterEngine;
using runtime::cluster::ClusterOptions;
using runtime::cluster::TaskPublisherSettings;
using statelang::Unexpected;

constexpr size_t kTokenKeyBytes = 32;

// The log is older than the engine whose callers it tells of failures.
struct LateEngine {
  std::mutex mutex;
  ClusterEngine* engine = nullptr;
};

log::KafkaCommandLog::Watchers watchers_for(const std::shared_ptr<LateEngine>& late,
                                            const std::string& token_key) {
  log::KafkaCommandLog::Watchers watchers;
  watchers.read_foreign = [token_key](const log::ForeignRecord& foreign) {
    return wire::decode_report_record(foreign.type, foreign.payload, foreign.timestamp_ms,
                                      static_cast<uint16_t>(foreign.partition), token_key);
  };
  watchers.failed = [late](PartitionId partition, uint64_t request, const Error& why) {
    const std::lock_guard lock(late->mutex);
    if (late->engine != nullptr) late->engine->record_failed(partition, request, why);
  };
  return watchers;
}

// Leaves before its log, whose last deliveries would still tell it.
class OpenedEngine : public ClusterEngine {
 public:
  OpenedEngine(EmbeddedSettings settings, Parts parts, log::KafkaCommandLog& log, store::RedisStore& store,
               store::RedisSettings redis, ClusterOptions options, std::shared_ptr<LateEngine> late)
      : ClusterEngine(std::move(settings), std::move(parts), log, store, std::move(redis),
                      std::move(options)),
        late_(std::move(late)) {
    const std::lock_guard lock(late_->mutex);
    late_->engine = this;
  }
  ~OpenedEngine() override {
    stop();
    const std::lock_guard lock(late_->mutex);
    late_->engine = nullptr;
  }

 private:
  const std::shared_ptr<LateEngine> late_;
};

EmbeddedSettings engine_settings(const ClusterSettings& settings, std::string token_key) {
  EmbeddedSettings engine;
  engine.partitions = settings.partitions;
  engine.threads = settings.threads;
  engine.region = settings.region;
  engine.account = settings.account;
  engine.retention_ms = settings.retention_ms;
  engine.token_key = std::move(token_key);
  engine.tasks_max = settings.tasks_max;
  engine.task_contents_bytes_max = settings.task_contents_bytes_max;
  return engine;
}

}  // namespace

Expected<std::unique_ptr<Engine>> open_cluster(ClusterSettings settings) {
  settings.redis.notice = settings.notice;
  settings.redis.partitions = settings.kafka.partitions = settings.partitions;
  while (settings.node == 0) settings.node = std::random_device()();
  auto store = store::RedisStore::open(settings.redis);
  if (!store) return Unexpected{store.error()};
  auto token_key = (*store)->kept("token_key", statelang::to_hex(runtime::random_secret(kTokenKeyBytes)));
  if (!token_key) return Unexpected{token_key.error()};
  auto late = std::make_shared<LateEngine>();
  auto log = log::KafkaCommandLog::open(settings.kafka, watchers_for(late, *token_key));
  if (!log) return Unexpected{log.error()};

  log::KafkaCommandLog& kafka = **log;
  store::RedisStore& redis = **store;
  runtime::NodeEngine::Parts parts{std::move(*store), std::move(*log), settings.node};
  ClusterOptions options;
  TaskPublisherSettings& tasks = options.tasks;
  tasks.prefix = settings.kafka.prefix;
  tasks.queues = settings.task_topics;
  tasks.topic_partitions = settings.task_topic_partitions;
  options.trim = settings.trim;
  options.notice = settings.notice;
  auto engine =
      std::make_unique<OpenedEngine>(engine_settings(settings, std::move(*token_key)), std::move(parts),
                                     kafka, redis, settings.redis, std::move(options), late);
  if (auto started = engine->start(); !started) return Unexpected{started.error()};
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace engine
