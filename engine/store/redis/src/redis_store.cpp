#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <thread>

#include <engine/store/redis_store.h>

#include "commit_writer.h"
#include "connection_pool.h"
#include "keys.h"

namespace engine::store {

namespace redis {

namespace {

template <class Number>
bool parse(const redisReply& reply, Number& number) {
  const std::string_view text = text_of(reply);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

}  // namespace

Expected<AppliedPosition> read_position(Connection& connection, const std::string& tag) {
  const std::string key = position_key(tag);
  auto answer = connection.run({"HMGET", key, "applied", "epoch", "now", "fingerprint"});
  if (!answer) return statelang::Unexpected{answer.error()};
  const redisReply& reply = **answer;
  AppliedPosition position;
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 4) {
    return statelang::Unexpected{Error{ErrorKind::Corrupt, "Redis: " + key + " is no position"}};
  }
  if (reply.element[0]->type == REDIS_REPLY_NIL) return position;
  if (!parse(*reply.element[0], position.applied) || !parse(*reply.element[1], position.epoch) ||
      !parse(*reply.element[2], position.now_ms)) {
    return statelang::Unexpected{Error{ErrorKind::Corrupt, "Redis: " + key + " is no position"}};
  }
  position.fingerprint = text_of(*reply.element[3]);
  return position;
}

}  // namespace redis

namespace {

using namespace redis;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kSchema = "1";  // of keys and values in Redis
constexpr int kOldestVersion = 7;     // of Redis that this is tried with
// A scan reads few rows first, because most callers want few, then more at a time.
constexpr size_t kScanRowsMin = 16;
constexpr size_t kScanRowsMax = 1'024;

constexpr milliseconds kLoadingRetry{100};
constexpr milliseconds kNoticeEvery{10'000};

Error unexpected_answer(const RedisSettings& settings, const char* to) {
  return {ErrorKind::Corrupt,
          "Redis at " + address_of(settings) + " gave an answer to " + to + " that is not of its kind"};
}

class PartitionReader : public StoreReader {
 public:
  PartitionReader(const RedisSettings& settings, ConnectionPool& pool, uint16_t partition)
      : settings_(settings), pool_(pool), tag_(partition_tag(settings, partition)) {}

  Expected<bool> get(Table table, std::string_view key, std::string& value) const override {
    const std::string values = values_key(tag_, table);
    auto answer = pool_.with([&](Connection& connection) { return connection.run({"HGET", values, key}); });
    if (!answer) return statelang::Unexpected{answer.error()};
    if ((*answer)->type == REDIS_REPLY_NIL) return false;
    if ((*answer)->type != REDIS_REPLY_STRING) {
      return statelang::Unexpected{unexpected_answer(settings_, "HGET")};
    }
    value = text_of(**answer);
    return true;
  }

  bool is_remote() const override { return true; }

  // One round trip, whatever the tables are.
  Expected<std::vector<std::optional<std::string>>> get_all(const std::vector<RowKey>& rows) const override {
    std::map<Table, std::vector<size_t>> by_table;
    for (size_t i = 0; i < rows.size(); ++i) by_table[rows[i].table].push_back(i);
    std::vector<Question> questions;
    for (const auto& [table, places] : by_table) {
      for (size_t from = 0; from < places.size(); from += kScanRowsMax) {
        const auto first = places.begin() + static_cast<std::ptrdiff_t>(from);
        const size_t count = std::min(kScanRowsMax, places.size() - from);
        questions.push_back({values_key(tag_, table), {first, first + static_cast<std::ptrdiff_t>(count)}});
      }
    }
    return pool_.with([&](Connection& connection) { return ask(connection, rows, questions); });
  }

  Expected<void> scan(Table table, std::string_view begin, std::string_view end, bool reverse,
                      const Visit& visit) const override {
    if (!end.empty() && end <= begin) return {};
    std::string from = lex_from(begin), below = lex_below(end);
    for (size_t rows = kScanRowsMin;; rows = std::min(rows * 4, kScanRowsMax)) {
      auto answer = read_rows(table, from, below, reverse, rows);
      if (!answer) return statelang::Unexpected{answer.error()};
      const redisReply& found = **answer;
      for (size_t i = 0; i + 1 < found.elements; i += 2) {
        const redisReply& value = *found.element[i + 1];
        if (value.type != REDIS_REPLY_STRING)
          return statelang::Unexpected{unexpected_answer(settings_, "a scan")};
        if (!visit(text_of(*found.element[i]), text_of(value))) return {};
      }
      if (found.elements < 2 * rows) return {};
      const std::string last(text_of(*found.element[found.elements - 2]));
      (reverse ? below : from) = "(" + last;
    }
  }

 private:
  using Values = std::vector<std::optional<std::string>>;
  struct Question {
    std::string key;
    std::vector<size_t> places;  // of the rows
  };

  Expected<Values> ask(Connection& connection, const std::vector<RowKey>& rows,
                       const std::vector<Question>& questions) const {
    for (const Question& question : questions) {
      Arguments command{"HMGET", question.key};
      for (const size_t place : question.places) command.push_back(rows[place].key);
      if (auto sent = connection.send(command); !sent) return statelang::Unexpected{sent.error()};
    }
    Values values(rows.size());
    for (const Question& question : questions) {
      const auto received = receive(connection, question, values);
      if (received) continue;
      connection.close();  // the answers that are still to come are nobody's
      return statelang::Unexpected{received.error()};
    }
    return values;
  }

  Expected<void> receive(Connection& connection, const Question& question, Values& values) const {
    auto answer = connection.receive();
    if (!answer) return statelang::Unexpected{answer.error()};
    const redisReply& found = **answer;
    if (found.type != REDIS_REPLY_ARRAY || found.elements != question.places.size())
      return statelang::Unexpected{unexpected_answer(settings_, "HMGET")};
    for (size_t i = 0; i < found.elements; ++i) {
      const redisReply& value = *found.element[i];
      if (value.type == REDIS_REPLY_STRING) values[question.places[i]] = std::string(text_of(value));
    }
    return {};
  }

  Expected<Reply> read_rows(Table table, std::string_view from, std::string_view below, bool reverse,
                            size_t rows) const {
    const std::string values = values_key(tag_, table), order = order_key(tag_, table);
    const std::string count = std::to_string(rows);
    auto answer = pool_.with([&](Connection& connection) -> Expected<Reply> {
      auto script = connection.scan_script();
      if (!script) return statelang::Unexpected{script.error()};
      return connection.run({"EVALSHA", *script, "2", values, order,
                             reverse ? "ZREVRANGEBYLEX" : "ZRANGEBYLEX", reverse ? below : from,
                             reverse ? from : below, count});
    });
    if (answer && (*answer)->type != REDIS_REPLY_ARRAY) {
      return statelang::Unexpected{unexpected_answer(settings_, "a scan")};
    }
    return answer;
  }

  const RedisSettings& settings_;
  ConnectionPool& pool_;
  const std::string tag_;
};

// What this process has just written, otherwise what is in Redis.
class WriterReader : public PartitionReader {
 public:
  WriterReader(const RedisSettings& settings, ConnectionPool& pool, uint16_t partition,
               const RecentRows& recent)
      : PartitionReader(settings, pool, partition), recent_(recent) {}

  Expected<bool> get(Table table, std::string_view key, std::string& value) const override {
    auto found = recent_.find(table, key);
    if (!found) return PartitionReader::get(table, key, value);
    value = std::move(*found);
    return true;
  }

  Expected<std::vector<std::optional<std::string>>> get_all(const std::vector<RowKey>& rows) const override {
    std::vector<std::optional<std::string>> values(rows.size());
    std::vector<RowKey> others;
    std::vector<size_t> places;  // of the others
    for (size_t i = 0; i < rows.size(); ++i) {
      values[i] = recent_.find(rows[i].table, rows[i].key);
      if (values[i]) continue;
      others.push_back(rows[i]);
      places.push_back(i);
    }
    if (others.empty()) return values;
    auto stored = PartitionReader::get_all(others);
    if (!stored) return stored;
    for (size_t i = 0; i < places.size(); ++i) values[places[i]] = std::move((*stored)[i]);
    return values;
  }

 private:
  const RecentRows& recent_;
};

class Opened : public RedisStore {
 public:
  explicit Opened(RedisSettings settings)
      : settings_(std::move(settings)), pool_(settings_), commits_(settings_, recent_) {
    for (uint16_t partition = 0; partition < settings_.partitions; ++partition) {
      recent_.push_back(std::make_unique<RecentRows>());
      readers_.push_back(std::make_unique<PartitionReader>(settings_, pool_, partition));
      writer_readers_.push_back(
          std::make_unique<WriterReader>(settings_, pool_, partition, *recent_[partition]));
    }
  }

  // Once, before the first use.
  Expected<void> check() {
    return pool_.with([this](Connection& connection) -> Expected<void> {
      if (auto version = check_version(connection); !version) return version;
      if (auto policy = check_policy(connection); !policy) return policy;
      if (auto schema = check_value(connection, "schema", kSchema); !schema) return schema;
      return check_value(connection, "partitions", std::to_string(settings_.partitions));
    });
  }

  // A server that was started just before reads its own disk first and refuses everything else meanwhile, or
  // does not answer in time.
  Expected<void> check_when_loaded() {
    const auto begin = steady_clock::now();
    const auto until = begin + milliseconds(settings_.loading_wait_ms);
    auto notice_at = begin;
    bool loading = false;
    while (true) {
      auto checked = check();
      const auto now = steady_clock::now();
      if (checked || checked.error().kind != ErrorKind::Transient || now >= until) return checked;
      loading = loading || is_loading(checked.error());
      if (!loading) return checked;
      if (settings_.notice && now >= notice_at) {
        settings_.notice("waiting for Redis at " + address_of(settings_) + ", which is loading its data");
        notice_at = now + kNoticeEvery;
      }
      std::this_thread::sleep_for(kLoadingRetry);
    }
  }

  uint16_t partition_count() const override { return settings_.partitions; }

  Expected<AppliedPosition> position(PartitionId partition) const override {
    recent_.at(static_cast<size_t>(partition))->forget();
    const std::string tag = partition_tag(settings_, static_cast<uint16_t>(partition));
    return pool_.with([&](Connection& connection) { return read_position(connection, tag); });
  }

  const StoreReader& reader(PartitionId partition) const override {
    return *readers_.at(static_cast<size_t>(partition));
  }

  const StoreReader& writer_reader(PartitionId partition) const override {
    return *writer_readers_.at(static_cast<size_t>(partition));
  }

  void commit(PartitionId partition, uint64_t expected_applied, AppliedPosition position, WriteBatch batch,
              CommitDone done) override {
    commits_.add({static_cast<uint16_t>(partition), expected_applied, std::move(position), std::move(batch),
                  std::move(done)});
  }

  RedisMetrics metrics() const override { return commits_.metrics(); }

  // An answer of a server with `appendfsync always` comes after the write to disk of all that it tells. Any
  // other must be asked: WAITAOF waits for the asking connection's own writes, and the AOF is in order.
  Expected<uint64_t> durable(PartitionId partition) override {
    const std::string tag = partition_tag(settings_, static_cast<uint16_t>(partition));
    return pool_.with([&](Connection& connection) -> Expected<uint64_t> {
      const auto always = syncs_always(connection);
      if (!always) return failed(always.error());
      const auto stored = read_position(connection, tag);
      if (!stored) return failed(stored.error());
      if (stored->applied == 0 || *always) return stored->applied;
      const std::string applied = fixed_width(stored->applied);
      if (auto noted = connection.run({"HSET", position_key(tag), "durable", applied}); !noted)
        return failed(noted.error());
      if (auto waited = wait_for_aof(connection); !waited) return failed(waited.error());
      return stored->applied;
    });
  }

  Expected<std::string> kept(std::string_view field, const std::string& ours) override {
    const std::string key = engine_key(settings_);
    return pool_.with([&](Connection& connection) -> Expected<std::string> {
      if (auto set = connection.run({"HSETNX", key, field, ours}); !set)
        return statelang::Unexpected{set.error()};
      auto stored = connection.run({"HGET", key, field});
      if (!stored) return statelang::Unexpected{stored.error()};
      return std::string(text_of(**stored));
    });
  }

 private:
  // A user who may not ask is believed, here and below.
  Expected<void> check_version(Connection& connection) const {
    auto answer = connection.run({"INFO", "server"});
    if (!answer)
      return answer.error().kind == ErrorKind::Permanent ? Expected<void>() : failed(answer.error());
    const std::string_view text = (*answer)->type == REDIS_REPLY_STRING ? text_of(**answer) : "";
    constexpr std::string_view kName = "redis_version:";
    const size_t at = text.find(kName);
    if (at == std::string_view::npos) return {};
    const std::string_view from = text.substr(at + kName.size());
    const std::string version(from.substr(0, from.find_first_of("\r\n")));
    int major = 0;
    const auto read = std::from_chars(version.data(), version.data() + version.size(), major);
    if (read.ec != std::errc() || major >= kOldestVersion) return {};
    return failed({ErrorKind::Permanent, "Redis at " + address_of(settings_) + " is version " + version +
                                             ": " + std::to_string(kOldestVersion) + " or newer is needed"});
  }

  // State must never be evicted.
  Expected<void> check_policy(Connection& connection) const {
    auto answer = connection.run({"CONFIG", "GET", "maxmemory-policy"});
    if (!answer)
      return answer.error().kind == ErrorKind::Permanent ? Expected<void>() : failed(answer.error());
    const redisReply& reply = **answer;
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements < 2) return {};
    const std::string policy(text_of(*reply.element[1]));
    if (policy == "noeviction") return {};
    return failed({ErrorKind::Permanent, "Redis at " + address_of(settings_) + " has maxmemory-policy " +
                                             policy + ", which may forget state: set it to noeviction"});
  }

  // A user who may not ask for the configuration gets no promise: false.
  Expected<bool> syncs_always(Connection& connection) const {
    auto answer = connection.run({"CONFIG", "GET", "append*"});
    if (!answer)
      return answer.error().kind == ErrorKind::Permanent ? Expected<bool>(false) : failed(answer.error());
    const redisReply& reply = **answer;
    if (reply.type != REDIS_REPLY_ARRAY) return failed(unexpected_answer(settings_, "CONFIG GET"));
    bool on = false, always = false;
    for (size_t i = 0; i + 1 < reply.elements; i += 2) {
      const std::string_view name = text_of(*reply.element[i]), value = text_of(*reply.element[i + 1]);
      if (name == "appendonly") on = value == "yes";
      if (name == "appendfsync") always = value == "always";
    }
    return on && always;
  }

  Expected<void> wait_for_aof(Connection& connection) const {
    auto answer = connection.run({"WAITAOF", "1", "0", std::to_string(settings_.command_timeout_ms / 2)});
    if (!answer && !connection.connected()) return failed(answer.error());  // no word of Redis's
    if (!answer) {
      return failed({ErrorKind::Permanent, "Redis at " + address_of(settings_) +
                                               " cannot say what it has on disk: it needs appendonly yes and "
                                               "appendfsync always or, from Redis 7.2, WAITAOF (" +
                                               answer.error().message + ")"});
    }
    const redisReply& reply = **answer;
    if (reply.type == REDIS_REPLY_ARRAY && reply.elements == 2 && reply.element[0]->integer >= 1) return {};
    return failed(
        {ErrorKind::Transient, "Redis at " + address_of(settings_) + " did not write to disk in time"});
  }

  // Stored by the first process, compared ever after.
  Expected<void> check_value(Connection& connection, std::string_view field, const std::string& ours) const {
    const std::string key = engine_key(settings_);
    auto set = connection.run({"HSETNX", key, field, ours});
    if (!set) return failed(set.error());
    auto stored = connection.run({"HGET", key, field});
    if (!stored) return failed(stored.error());
    if (text_of(**stored) == ours) return {};
    return failed({ErrorKind::Permanent, "Redis at " + address_of(settings_) + " holds " + settings_.name +
                                             " with " + std::string(field) + " " +
                                             std::string(text_of(**stored)) + ", and this program was told " +
                                             ours + ": it is fixed when the first process opens it"});
  }

  static statelang::Unexpected<Error> failed(Error error) { return statelang::Unexpected{std::move(error)}; }

  const RedisSettings settings_;
  mutable ConnectionPool pool_;
  std::vector<std::unique_ptr<PartitionReader>> readers_;
  std::vector<std::unique_ptr<RecentRows>> recent_;  // by partition, as the readers
  std::vector<std::unique_ptr<WriterReader>> writer_readers_;
  CommitWriter commits_;
};

}  // namespace

Expected<std::unique_ptr<RedisStore>> RedisStore::open(RedisSettings settings) {
  if (settings.partitions == 0) {
    return statelang::Unexpected{Error{ErrorKind::Permanent, "the number of partitions must be at least 1"}};
  }
  auto store = std::make_unique<Opened>(std::move(settings));
  if (auto checked = store->check_when_loaded(); !checked) return statelang::Unexpected{checked.error()};
  return std::unique_ptr<RedisStore>(std::move(store));
}

}  // namespace engine::store
