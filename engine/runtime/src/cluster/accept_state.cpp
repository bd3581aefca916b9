#include <condition_variable>
#include <future>
#include <mutex>

#include <engine/log/kafka_command_log.h>
#include <engine/runtime/cluster.h>

namespace engine {

namespace {

using statelang::Unexpected;

// Stands in the log where a record was lost (docs/formats/command_topic.md).
constexpr std::string_view kFiller = "the store has what stood here";
constexpr uint64_t kFilledAtOnce = 1'000;

// Returns when each is in the log, or has been given up by the producer.
Expected<void> send_fillers(log::KafkaCommandLog& log, const std::string& topic, PartitionId partition,
                            uint64_t count) {
  struct Sent {
    std::mutex mutex;
    std::condition_variable all;
    uint64_t open = 0;
    Error first;
  } sent;
  log::KafkaProducer::Message message;
  message.topic = topic;
  message.partition = static_cast<int32_t>(partition);
  message.payload = kFiller;
  message.headers = {{"v", "1"}, {"type", "filler"}};
  const auto finished = [&sent](const Error& error) {
    const std::lock_guard lock(sent.mutex);
    if (error && !sent.first) sent.first = error;
    if (--sent.open == 0) sent.all.notify_one();
  };
  sent.open = count;
  for (uint64_t i = 0; i < count; ++i) {
    auto accepted = log.producer().send(message, [&](const Error& error, uint64_t) { finished(error); });
    if (!accepted) finished(accepted.error());
  }
  std::unique_lock lock(sent.mutex);
  sent.all.wait(lock, [&sent] { return sent.open == 0; });
  if (sent.first) return Unexpected{sent.first};
  return {};
}

// How many were missing.
Expected<uint64_t> fill_up(log::KafkaCommandLog& log, const std::string& topic, PartitionId partition,
                           uint64_t applied) {
  auto there = log.extent(partition);
  const uint64_t missing = there ? applied - std::min(there->high, applied) : 0;
  while (there && there->high < applied) {
    const uint64_t count = std::min(applied - there->high, kFilledAtOnce);
    if (auto sent = send_fillers(log, topic, partition, count); !sent) return Unexpected{sent.error()};
    there = log.extent(partition);
  }
  if (!there) return Unexpected{there.error()};
  return missing;
}

Expected<void> commit(store::RedisStore& store, PartitionId partition, const AppliedPosition& position) {
  std::promise<Error> committed;
  store.commit(partition, position.applied, position, {},
               [&committed](const Error& error) { committed.set_value(error); });
  if (const Error error = committed.get_future().get()) return Unexpected{error};
  return {};
}

}  // namespace

Expected<std::optional<uint64_t>> accept_state(ClusterSettings settings, PartitionId partition) {
  settings.redis.notice = settings.notice;
  settings.redis.partitions = settings.kafka.partitions = settings.partitions;
  const auto store = store::RedisStore::open(settings.redis);
  if (!store) return Unexpected{store.error()};
  const auto log = log::KafkaCommandLog::open(settings.kafka, {});
  if (!log) return Unexpected{log.error()};

  auto position = (*store)->position(partition);
  if (!position) return Unexpected{position.error()};
  const auto attached = (*log)->attach(partition, *position);
  if (attached) return std::optional<uint64_t>();
  const auto there = (*log)->extent(partition);
  if (!there) return Unexpected{there.error()};
  const bool is_log = attached.error().kind == ErrorKind::Corrupt && there->low < position->applied;
  if (!is_log) return Unexpected{attached.error()};

  auto filled = fill_up(**log, log::command_topic(settings.kafka), partition, position->applied);
  if (!filled) return Unexpected{filled.error()};
  position->fingerprint.clear();  // of a record that is gone; the next commit brings another one
  if (auto done = commit(**store, partition, *position); !done) return Unexpected{done.error()};
  return std::optional<uint64_t>(*filled);
}

}  // namespace engine
