// injector: puts records into a topic that no engine and no worker has meant to be there.
//   injector BROKERS again TOPIC PARTITIONS COUNT
//     the last COUNT records of each partition once more into the same partition: key, headers and value
//   injector BROKERS garbage TOPIC PARTITIONS COUNT SEED
//     COUNT records that nobody can read: random bytes, half of a JSON text, deep JSON, wrong kinds and
//     versions
// Prints how many records it has put there.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <librdkafka/rdkafka.h>

namespace {

constexpr int kTimeoutMs = 30'000;

rd_kafka_t* open(rd_kafka_type_t type, const char* brokers) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char why[256];
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof why);
  if (type == RD_KAFKA_CONSUMER) rd_kafka_conf_set(conf, "group.id", "injector", why, sizeof why);
  rd_kafka_t* client = rd_kafka_new(type, conf, why, sizeof why);
  if (client == nullptr) std::fprintf(stderr, "%s\n", why);
  return client;
}

bool put(rd_kafka_t* producer, const char* topic, int32_t partition, const std::string& value,
         rd_kafka_headers_t* headers, const void* key = nullptr, size_t key_size = 0) {
  const auto error = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                       RD_KAFKA_V_KEY(const_cast<void*>(key), key_size),
                                       RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                       RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  rd_kafka_headers_destroy(headers);
  std::fprintf(stderr, "%s\n", rd_kafka_err2str(error));
  return false;
}

bool put_again(rd_kafka_t* producer, const char* topic, const rd_kafka_message_t& message) {
  rd_kafka_headers_t* found = nullptr;
  rd_kafka_message_headers(&message, &found);
  rd_kafka_headers_t* headers = found == nullptr ? rd_kafka_headers_new(1) : rd_kafka_headers_copy(found);
  return put(producer, topic, message.partition,
             std::string(static_cast<const char*>(message.payload), message.len), headers, message.key,
             message.key_len);
}

// Where the last `count` records of each partition begin, and how many they are together; negative: unknown.
int64_t assign_last(rd_kafka_t* consumer, const char* topic, int partitions, int64_t count) {
  auto* list = rd_kafka_topic_partition_list_new(partitions);
  int64_t sum = 0;
  for (int partition = 0; partition < partitions && sum >= 0; partition++) {
    int64_t low = 0;
    int64_t high = 0;
    if (rd_kafka_query_watermark_offsets(consumer, topic, partition, &low, &high, kTimeoutMs) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      sum = -1;
      break;
    }
    const int64_t from = std::max(low, high - count);
    sum += high - from;
    if (from < high) rd_kafka_topic_partition_list_add(list, topic, partition)->offset = from;
  }
  rd_kafka_assign(consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
  return sum;
}

int again(const char* brokers, rd_kafka_t* producer, const char* topic, int partitions, int64_t count) {
  rd_kafka_t* consumer = open(RD_KAFKA_CONSUMER, brokers);
  if (consumer == nullptr) return -1;
  rd_kafka_poll_set_consumer(consumer);
  int64_t left = assign_last(consumer, topic, partitions, count);
  int put_there = left < 0 ? -1 : 0;
  std::vector<int64_t> taken(static_cast<size_t>(partitions));
  for (int silent = 0; left > 0 && put_there >= 0 && silent < 10;) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, 1000);
    if (message == nullptr) {
      silent++;
      continue;
    }
    // What this program has put there itself comes, too, and is not put there a third time.
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
        taken[static_cast<size_t>(message->partition)]++ < count) {
      put_there = put_again(producer, topic, *message) ? put_there + 1 : -1;
      left--;
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  return put_there;
}

using Random = std::mt19937_64;

std::string random_bytes(Random& random, size_t size_max) {
  std::string bytes(random() % size_max, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string garbage_value(Random& random) {
  switch (random() % 6) {
    case 0:
      return random_bytes(random, 2'000);
    case 1:
      return R"({"token": "nobody's", "output": {"half": [1, 2)";
    case 2:
      return R"({"token": ")" + std::to_string(random()) + R"(", "output": "never asked for"})";
    case 3:
      return std::string(10'000, '[');
    case 4:
      return {};
    default:
      return random_bytes(random, 200'000);
  }
}

rd_kafka_headers_t* garbage_headers(Random& random) {
  static const char* const kTypes[] = {"task-success", "task-failure", "task-heartbeat",
                                       "task-started", "nonsense",     ""};
  static const char* const kVersions[] = {"1", "1", "1", "2", "x", ""};
  rd_kafka_headers_t* headers = rd_kafka_headers_new(4);
  const std::string version = kVersions[random() % std::size(kVersions)];
  const std::string type = kTypes[random() % std::size(kTypes)];
  const std::string token = random_bytes(random, 60);
  if (random() % 5 != 0)
    rd_kafka_header_add(headers, "v", -1, version.data(), static_cast<ssize_t>(version.size()));
  if (random() % 3 != 0)
    rd_kafka_header_add(headers, "type", -1, type.data(), static_cast<ssize_t>(type.size()));
  if (random() % 2 != 0)
    rd_kafka_header_add(headers, "tok", -1, token.data(), static_cast<ssize_t>(token.size()));
  if (random() % 2 != 0) rd_kafka_header_add(headers, "rp", -1, "99999", 5);
  return headers;
}

int garbage(rd_kafka_t* producer, const char* topic, int partitions, int64_t count, uint64_t seed) {
  Random random(seed);
  for (int64_t i = 0; i < count; i++) {
    const auto partition = static_cast<int32_t>(random() % static_cast<uint64_t>(partitions));
    const std::string value = garbage_value(random);
    if (!put(producer, topic, partition, value, garbage_headers(random))) return -1;
  }
  return static_cast<int>(count);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc >= 6 ? argv[2] : "";
  if (!(command == "again" && argc == 6) && !(command == "garbage" && argc == 7)) {
    std::fprintf(stderr, "usage: injector BROKERS again|garbage TOPIC PARTITIONS COUNT [SEED]\n");
    return 2;
  }
  rd_kafka_t* producer = open(RD_KAFKA_PRODUCER, argv[1]);
  if (producer == nullptr) return 1;
  const int partitions = std::atoi(argv[4]);
  const int64_t count = std::atol(argv[5]);
  int put_there = command == "again"
                      ? again(argv[1], producer, argv[3], partitions, count)
                      : garbage(producer, argv[3], partitions, count, std::strtoull(argv[6], nullptr, 10));
  if (rd_kafka_flush(producer, kTimeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR) put_there = -1;
  rd_kafka_destroy(producer);
  if (put_there < 0) return 1;
  std::printf("%d\n", put_there);
  return 0;
}
