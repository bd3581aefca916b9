// cluster_replay_check: applies the whole command log of a cluster, from its first record, to empty tables
// and compares these, byte by byte, with what Redis has: state is what the log says, whatever nodes, Redis
// and Kafka went through. No node may run, and nothing of the log may have been trimmed. What Express
// executions do in memory is not in the log: those whose owner died are not to be compared.
//
//   cluster_replay_check KAFKA REDIS_PORT NAME PARTITIONS
//
// Prints a line for each partition and a sum; exit code 1: they differ, 2: they cannot be compared.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <engine/core/partition.h>
#include <engine/log/kafka_command_log.h>
#include <engine/store/memory_store.h>
#include <engine/store/redis_store.h>
#include <engine/wire/task_topic.h>
#include <statelang/encoding.h>

namespace {

using namespace engine;

constexpr uint8_t kTables = 15;
constexpr size_t kBatchRecords = 1'000;
constexpr auto kPatience = std::chrono::seconds(30);  // for the next records
constexpr int kShown = 5;                             // differences of a partition

using Rows = std::map<std::string, std::string>;  // table (1 byte) and key: value

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "replay check: %s\n", what.c_str());
  std::exit(2);
}

template <class Value>
Value must(Expected<Value> result) {
  if (!result) give_up(result.error().message);
  return std::move(*result);
}

void must(const Expected<void>& result) {
  if (!result) give_up(result.error().message);
}

class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    rings_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    const bool in_time = rings_.wait_for(lock, kPatience, [this] { return rung_; });
    rung_ = false;
    return in_time;
  }

 private:
  std::mutex mutex_;
  std::condition_variable rings_;
  bool rung_ = false;
};

Rows rows_of(const StoreReader& reader) {
  Rows rows;
  for (uint8_t number = 1; number <= kTables; ++number) {
    must(reader.scan(static_cast<Table>(number), "", "", false,
                     [&](std::string_view key, std::string_view value) {
                       rows.emplace(static_cast<char>(number) + std::string(key), value);
                       return true;
                     }));
  }
  return rows;
}

// FNV-1a over lengths and bytes.
uint64_t hash_of(const Rows& rows) {
  uint64_t hash = 14695981039346656037U;
  const auto add = [&hash](std::string_view bytes) {
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  };
  for (const auto& [key, value] : rows) {
    for (const std::string* part : {&key, &value}) {
      add(std::to_string(part->size()) + ":");
      add(*part);
    }
  }
  return hash;
}

// Of its beginning.
std::string shown_bytes(std::string_view bytes) {
  return statelang::to_hex(bytes.substr(0, 64));
}

// How many rows differ.
size_t show_differences(const Rows& live, const Rows& replayed) {
  size_t count = 0;
  const auto show = [&count](const std::string& key, const std::string* left, const std::string* right) {
    if (++count > kShown) return;
    const auto shown = [](const std::string* value) { return value ? shown_bytes(*value) : "nothing"; };
    std::printf("  table %d key %s: Redis has %s, the replay %s\n", key[0],
                shown_bytes(key.substr(1)).c_str(), shown(left).c_str(), shown(right).c_str());
  };
  for (const auto& [key, value] : live) {
    const auto other = replayed.find(key);
    if (other == replayed.end()) show(key, &value, nullptr);
    if (other != replayed.end() && other->second != value) show(key, &value, &other->second);
  }
  for (const auto& [key, value] : replayed) {
    if (!live.contains(key)) show(key, nullptr, &value);
  }
  return count;
}

// Applies the records before `end`; batches are other ones than in the cluster.
AppliedPosition replay(log::KafkaCommandLog& log, PartitionId id, const std::string& token_key, uint64_t end,
                       Store& store) {
  must(log.attach(id, {}));
  core::PartitionSettings settings;
  settings.partition = static_cast<uint16_t>(id);
  settings.token_key = token_key;
  auto partition = std::make_unique<core::Partition>(settings);
  AppliedPosition position;
  const auto bell = std::make_shared<Bell>();
  while (position.applied < end) {
    const auto batch = must(log.take(id, position.applied, std::min(kBatchRecords, end - position.applied),
                                     [bell] { bell->ring(); }));
    if (batch.empty() && !bell->wait()) give_up("the log has no record " + std::to_string(position.applied));
    AppliedPosition next = position;
    core::Transaction changes(store.reader(id));
    for (const LoggedRecord& logged : batch) {
      next = {logged.offset + 1, std::max(next.now_ms, logged.record.timestamp_ms), logged.fingerprint, 0};
      if (logged.kind == LoggedRecord::Kind::Claim) partition = std::make_unique<core::Partition>(settings);
      if (logged.kind != LoggedRecord::Kind::Input) continue;
      std::vector<core::Action> actions;
      partition->apply({logged.offset, next.now_ms}, logged.record, changes, actions);
    }
    store.commit(id, position.applied, next, changes.take(), [](const Error& error) {
      if (error) give_up(error.message);
    });
    position = next;
  }
  log.detach(id);
  return position;
}

struct Sums {
  uint64_t records = 0;
  size_t rows = 0;
  size_t differences = 0;
};

void check(log::KafkaCommandLog& log, store::RedisStore& redis, PartitionId id, const std::string& token_key,
           Sums& sums) {
  const AppliedPosition stored = must(redis.position(id));
  const Rows live = rows_of(redis.reader(id));
  const auto memory = store::make_memory_store(redis.partition_count());
  const AppliedPosition position = replay(log, id, token_key, stored.applied, *memory);
  const Rows replayed = rows_of(memory->reader(id));
  if (must(redis.position(id)).applied != stored.applied) give_up("a node is running");
  std::printf("partition %d: %llu records, %zu rows, %016llx in Redis, %016llx replayed\n",
              static_cast<int>(id), static_cast<unsigned long long>(stored.applied), live.size(),
              static_cast<unsigned long long>(hash_of(live)),
              static_cast<unsigned long long>(hash_of(replayed)));
  sums.differences += show_differences(live, replayed);
  if (position.now_ms != stored.now_ms || position.fingerprint != stored.fingerprint) {
    ++sums.differences;
    std::printf("  the clock is %lld in Redis, %lld replayed; or the last record's fingerprint differs\n",
                static_cast<long long>(stored.now_ms), static_cast<long long>(position.now_ms));
  }
  sums.records += stored.applied;
  sums.rows += live.size();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) give_up("KAFKA REDIS_PORT NAME PARTITIONS");
  log::KafkaSettings kafka;
  store::RedisSettings redis;
  kafka.brokers = argv[1];
  redis.port = static_cast<uint16_t>(std::stoi(argv[2]));
  kafka.prefix = redis.name = argv[3];
  kafka.partitions = redis.partitions = static_cast<uint16_t>(std::stoi(argv[4]));
  const auto store = must(store::RedisStore::open(redis));
  if (must(store->position(PartitionId{0})).applied == 0) give_up("no node has ever run");
  const auto token_key = must(store->kept("token_key", ""));
  log::KafkaCommandLog::Watchers watchers;
  watchers.read_foreign = [&](const log::ForeignRecord& foreign) {
    return wire::decode_report_record(foreign.type, foreign.payload, foreign.timestamp_ms,
                                      static_cast<uint16_t>(foreign.partition), token_key);
  };
  const auto log = must(log::KafkaCommandLog::open(kafka, watchers));
  Sums sums;
  for (uint16_t id = 0; id < kafka.partitions; ++id)
    check(*log, *store, static_cast<PartitionId>(id), token_key, sums);
  std::printf("replay check: %llu records, %zu rows in %d partitions: %zu differences\n",
              static_cast<unsigned long long>(sums.records), sums.rows, kafka.partitions, sums.differences);
  return sums.differences == 0 ? 0 : 1;
}
