// topic_tool: makes topics and fills them, for the tests with a real broker.
//   topic_tool BROKERS create TOPIC PARTITIONS
//   topic_tool BROKERS produce TOPIC PARTITIONS COUNT POISON_EVERY
//     records {"n": 0}, {"n": 1} ... in turn over the partitions; every POISON_EVERY-th is no JSON (0: none)
//   topic_tool BROKERS count TOPIC PARTITIONS
//   topic_tool BROKERS committed TOPIC PARTITIONS GROUP
//   topic_tool BROKERS send TOPIC PARTITION KEY VALUE
//   topic_tool BROKERS large TOPIC PARTITION KEY BYTES
//     a JSON string of so many bytes; negative: a tombstone
//   topic_tool BROKERS grow|delete TOPIC PARTITIONS
//   topic_tool BROKERS dump TOPIC PARTITIONS
//     everything that is in it now: partition, key, value and headers a line, separated by tabs
//   topic_tool BROKERS allow topic|group PREFIX PRINCIPAL OPERATION,...
//     rights on all topics or groups whose names begin so, such as User:orders READ,DESCRIBE
//   topic_tool - mock TOPIC PARTITIONS
//     plays a broker with this topic, in memory, until its input ends; prints its address
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

namespace {

rd_kafka_t* open(rd_kafka_type_t type, const std::string& brokers, const std::string& group) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char why[256];
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), why, sizeof why);
  if (!group.empty()) rd_kafka_conf_set(conf, "group.id", group.c_str(), why, sizeof why);
  if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set(conf, "enable.idempotence", "true", why, sizeof why);
  rd_kafka_conf_set(conf, "message.max.bytes", "2097152", why,
                    sizeof why);  // the brokers' limit is what counts
  rd_kafka_t* client = rd_kafka_new(type, conf, why, sizeof why);
  if (client == nullptr) std::fprintf(stderr, "%s\n", why);
  return client;
}

int create(rd_kafka_t* client, const char* topic, int partitions) {
  char why[256];
  rd_kafka_NewTopic_t* request = rd_kafka_NewTopic_new(topic, partitions, 1, why, sizeof why);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  rd_kafka_CreateTopics(client, &request, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30'000);
  size_t count = 0;
  const rd_kafka_CreateTopics_result_t* result =
      event == nullptr ? nullptr : rd_kafka_event_CreateTopics_result(event);
  const rd_kafka_topic_result_t** topics =
      result == nullptr ? nullptr : rd_kafka_CreateTopics_result_topics(result, &count);
  const bool fine = count == 1 && rd_kafka_topic_result_error(topics[0]) == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(request);
  return fine ? 0 : 1;
}

// 0: there is no operation of this name.
rd_kafka_AclOperation_t operation_named(const std::string& name) {
  for (int i = RD_KAFKA_ACL_OPERATION_ALL; i < RD_KAFKA_ACL_OPERATION__CNT; i++) {
    const auto operation = static_cast<rd_kafka_AclOperation_t>(i);
    if (name == rd_kafka_AclOperation_name(operation)) return operation;
  }
  return RD_KAFKA_ACL_OPERATION_UNKNOWN;
}

int allow(rd_kafka_t* client, const std::string& resource, const char* prefix, const char* principal,
          rd_kafka_AclOperation_t operation) {
  char why[256];
  rd_kafka_AclBinding_t* right =
      rd_kafka_AclBinding_new(resource == "group" ? RD_KAFKA_RESOURCE_GROUP : RD_KAFKA_RESOURCE_TOPIC, prefix,
                              RD_KAFKA_RESOURCE_PATTERN_PREFIXED, principal, "*", operation,
                              RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, why, sizeof why);
  if (right == nullptr) return std::fprintf(stderr, "%s\n", why), 1;
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  rd_kafka_CreateAcls(client, &right, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30'000);
  size_t count = 0;
  const auto* result = event == nullptr ? nullptr : rd_kafka_event_CreateAcls_result(event);
  const auto** answers = result == nullptr ? nullptr : rd_kafka_CreateAcls_result_acls(result, &count);
  const bool fine = count == 1 && rd_kafka_acl_result_error(answers[0]) == nullptr;
  if (count == 1 && !fine)
    std::fprintf(stderr, "%s\n", rd_kafka_error_string(rd_kafka_acl_result_error(answers[0])));
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_AclBinding_destroy(right);
  return fine ? 0 : 1;
}

int allow_all(rd_kafka_t* client, const std::string& resource, const char* prefix, const char* principal,
              const std::string& operations) {
  std::istringstream names(operations);
  for (std::string name; std::getline(names, name, ',');) {
    const auto operation = operation_named(name);
    if (operation == RD_KAFKA_ACL_OPERATION_UNKNOWN ||
        allow(client, resource, prefix, principal, operation) != 0)
      return std::fprintf(stderr, "%s is not allowed\n", name.c_str()), 1;
  }
  return 0;
}

int produce(rd_kafka_t* client, const char* topic, int partitions, long count, long poison_every) {
  for (long n = 0; n < count; n++) {
    const bool poison = poison_every > 0 && n % poison_every == poison_every - 1;
    std::string value = poison ? "poison " + std::to_string(n) : "{\"n\": " + std::to_string(n) + "}";
    const std::string key = std::to_string(n % 1000);
    for (;;) {
      const auto error = rd_kafka_producev(
          client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(static_cast<int32_t>(n % partitions)),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(const_cast<char*>(key.data()), key.size()),
          RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return 1;
      rd_kafka_poll(client, 100);
    }
    rd_kafka_poll(client, 0);
  }
  return rd_kafka_flush(client, 60'000) == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : 1;
}

// The answer of a request about topics: whether all went well.
int finish_topics(rd_kafka_queue_t* queue,
                  const rd_kafka_topic_result_t** (*topics_of)(rd_kafka_event_t*, size_t*)) {
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30'000);
  size_t count = 0;
  const rd_kafka_topic_result_t** topics = event == nullptr ? nullptr : topics_of(event, &count);
  const bool fine = count == 1 && rd_kafka_topic_result_error(topics[0]) == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  return fine ? 0 : 1;
}

int grow(rd_kafka_t* client, const char* topic, int partitions) {
  char why[256];
  rd_kafka_NewPartitions_t* request =
      rd_kafka_NewPartitions_new(topic, static_cast<size_t>(partitions), why, sizeof why);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  rd_kafka_CreatePartitions(client, &request, 1, nullptr, queue);
  rd_kafka_NewPartitions_destroy(request);
  return finish_topics(queue, [](rd_kafka_event_t* event, size_t* count) {
    const auto* result = rd_kafka_event_CreatePartitions_result(event);
    return result == nullptr ? nullptr : rd_kafka_CreatePartitions_result_topics(result, count);
  });
}

int remove_topic(rd_kafka_t* client, const char* topic) {
  rd_kafka_DeleteTopic_t* request = rd_kafka_DeleteTopic_new(topic);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  rd_kafka_DeleteTopics(client, &request, 1, nullptr, queue);
  rd_kafka_DeleteTopic_destroy(request);
  return finish_topics(queue, [](rd_kafka_event_t* event, size_t* count) {
    const auto* result = rd_kafka_event_DeleteTopics_result(event);
    return result == nullptr ? nullptr : rd_kafka_DeleteTopics_result_topics(result, count);
  });
}

// Null: a tombstone.
int send(rd_kafka_t* client, const char* topic, int partition, std::string key,
         std::optional<std::string> value) {
  char* bytes = value ? value->data() : nullptr;
  const size_t size = value ? value->size() : 0;
  const auto error =
      rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                        RD_KAFKA_V_VALUE(bytes, size), RD_KAFKA_V_END);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return 1;
  return rd_kafka_flush(client, 60'000) == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : 1;
}

int send_large(rd_kafka_t* client, const char* topic, int partition, const char* key, long bytes) {
  if (bytes < 0) return send(client, topic, partition, key, std::nullopt);
  return send(client, topic, partition, key,
              "\"" + std::string(static_cast<size_t>(std::max(0L, bytes - 2)), 'x') + "\"");
}

int play_broker(const char* topic, int partitions) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char why[256];
  rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof why);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (client == nullptr) return 1;
  rd_kafka_mock_cluster_t* cluster = rd_kafka_handle_mock_cluster(client);
  rd_kafka_mock_topic_create(cluster, topic, partitions, 1);
  std::printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  rd_kafka_destroy(client);
  return 0;
}

// Where a partition begins and ends; false: the broker does not say.
bool extent(rd_kafka_t* client, const char* topic, int partition, int64_t* low, int64_t* high) {
  return rd_kafka_query_watermark_offsets(client, topic, partition, low, high, 30'000) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
}

int count(rd_kafka_t* client, const char* topic, int partitions) {
  int64_t sum = 0;
  for (int partition = 0; partition < partitions; partition++) {
    int64_t low = 0;
    int64_t high = 0;
    if (!extent(client, topic, partition, &low, &high)) {
      return 1;
    }
    sum += high - low;
  }
  std::printf("%lld\n", static_cast<long long>(sum));
  return 0;
}

// How many records the partitions have now; negative: the broker does not say.
int64_t assign_all(rd_kafka_t* client, const char* topic, int partitions) {
  auto* list = rd_kafka_topic_partition_list_new(partitions);
  int64_t sum = 0;
  for (int partition = 0; partition < partitions; partition++) {
    int64_t low = 0;
    int64_t high = 0;
    if (!extent(client, topic, partition, &low, &high)) {
      sum = INT64_MIN / 2;
    }
    sum += high - low;
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = low;
  }
  rd_kafka_assign(client, list);
  rd_kafka_topic_partition_list_destroy(list);
  return sum;
}

std::string headers_of(const rd_kafka_message_t* message) {
  std::string text;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return text;
  const char* name = nullptr;
  const void* content = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &content, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
    text += (text.empty() ? "" : " ") + std::string(name) + "=" +
            std::string(static_cast<const char*>(content), size);
  }
  return text;
}

int dump(rd_kafka_t* client, const char* topic, int partitions) {
  rd_kafka_poll_set_consumer(client);
  int64_t left = assign_all(client, topic, partitions);
  if (left < 0) return 1;
  for (int silent = 0; left > 0 && silent < 30;) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client, 1000);
    if (message == nullptr) {
      silent++;
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::printf("%d\t%.*s\t%.*s\t%s\n", message->partition, static_cast<int>(message->key_len),
                  static_cast<const char*>(message->key), static_cast<int>(message->len),
                  static_cast<const char*>(message->payload), headers_of(message).c_str());
      left--;
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(client);
  return left == 0 ? 0 : 1;
}

int committed(rd_kafka_t* client, const char* topic, int partitions) {
  auto* list = rd_kafka_topic_partition_list_new(partitions);
  for (int partition = 0; partition < partitions; partition++) {
    rd_kafka_topic_partition_list_add(list, topic, partition);
  }
  if (rd_kafka_committed(client, list, 30'000) != RD_KAFKA_RESP_ERR_NO_ERROR) return 1;
  int64_t sum = 0;
  for (int i = 0; i < list->cnt; i++) sum += list->elems[i].offset > 0 ? list->elems[i].offset : 0;
  rd_kafka_topic_partition_list_destroy(list);
  std::printf("%lld\n", static_cast<long long>(sum));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc >= 5 ? argv[2] : "";
  const bool complete = (command == "create" && argc == 5) || (command == "count" && argc == 5) ||
                        (command == "dump" && argc == 5) || (command == "committed" && argc == 6) ||
                        (command == "mock" && argc == 5) || (command == "grow" && argc == 5) ||
                        (command == "delete" && argc == 5) || (command == "large" && argc == 7) ||
                        ((command == "produce" || command == "send" || command == "allow") && argc == 7);
  if (!complete) {
    std::fprintf(stderr,
                 "usage: topic_tool BROKERS "
                 "create|produce|send|large|allow|grow|delete|count|dump|committed|mock TOPIC "
                 "PARTITIONS ...\n");
    return 2;
  }
  if (command == "mock") return play_broker(argv[3], std::atoi(argv[4]));
  const bool reads = command == "committed" || command == "dump";
  rd_kafka_t* client = open(reads ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, argv[1],
                            command == "committed" ? argv[5] : (reads ? "dump" : ""));
  if (client == nullptr) return 1;
  const int partitions = std::atoi(argv[4]);
  int status = 0;
  if (command == "create") status = create(client, argv[3], partitions);
  if (command == "allow") status = allow_all(client, argv[3], argv[4], argv[5], argv[6]);
  if (command == "produce")
    status = produce(client, argv[3], partitions, std::atol(argv[5]), std::atol(argv[6]));
  if (command == "send") status = send(client, argv[3], partitions, argv[5], argv[6]);
  if (command == "grow") status = grow(client, argv[3], partitions);
  if (command == "delete") status = remove_topic(client, argv[3]);
  if (command == "large") status = send_large(client, argv[3], partitions, argv[5], std::atol(argv[6]));
  if (command == "count") status = count(client, argv[3], partitions);
  if (command == "dump") status = dump(client, argv[3], partitions);
  if (command == "committed") status = committed(client, argv[3], partitions);
  rd_kafka_destroy(client);
  return status;
}
