// task_tool: the engine's side of the task topics for the tests with a real broker, through the engine's own
// codec.
//   task_tool BROKERS PREFIX publish QUEUE FIRST COUNT
//     tasks of the executions FIRST, FIRST + 1, ...; their results go to the four partitions of PREFIX.cmd in
//     turn
//   task_tool BROKERS PREFIX results
//     reads PREFIX.cmd from its beginning to its end: {"tasks": with a result, "results": of all, ...}
//   task_tool BROKERS PREFIX latency QUEUE FIRST COUNT
//     one task after the other, from its publication to its result: {"p50_ms": ..., "p99_ms": ...}
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <librdkafka/rdkafka.h>

#include <engine/wire/task_token.h>
#include <engine/wire/task_topic.h>

namespace {

using namespace engine;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kKey = "a key of thirty-two characters..";
constexpr uint16_t kPartitions = 4;
constexpr auto kNoError = RD_KAFKA_RESP_ERR_NO_ERROR;

rd_kafka_t* open(rd_kafka_type_t type, const std::string& brokers) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char why[256];
  const auto set = [&](const char* name, const char* value) {
    rd_kafka_conf_set(conf, name, value, why, sizeof why);
  };
  set("bootstrap.servers", brokers.c_str());
  set("socket.nagle.disable", "true");
  if (type == RD_KAFKA_PRODUCER) {
    set("enable.idempotence", "true");
    set("linger.ms", "0.5");
  } else {
    set("group.id", "engine");
    set("enable.auto.commit", "false");
    set("enable.partition.eof", "true");
  }
  return rd_kafka_new(type, conf, why, sizeof why);
}

bool publish(rd_kafka_t* client, const std::string& prefix, const std::string& queue, uint64_t number) {
  core::DispatchTask task;
  task.id = {static_cast<uint16_t>(number % kPartitions), static_cast<core::ExecutionNumber>(number),
             static_cast<statelang::ScopeId>(1), 1};
  task.queue = task.resource = queue;
  task.input = statelang::Payload::from_text("{\"n\":" + std::to_string(number) + "}");
  task.state_name = "Work";
  task.execution_arn = "arn:execution:" + std::to_string(number);
  const std::string token = wire::make_task_token(kKey, {task.id.partition, number, 1, 1});
  const wire::TaskMessage message = wire::encode_task(prefix, task, token, 1);
  for (;;) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
    for (const auto& [name, value] : message.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    const auto error = rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(message.topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(const_cast<char*>(message.key.data()), message.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(message.value.data()), message.value.size()),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    rd_kafka_poll(client, error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 100 : 0);
    if (error == kNoError) return true;
    rd_kafka_headers_destroy(headers);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  }
}

struct Counts {
  std::set<uint64_t> tasks;
  size_t results = 0, failures = 0, heartbeats = 0, starts = 0, unreadable = 0;
};

std::string type_of(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  const void* bytes = nullptr;
  size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != kNoError ||
      rd_kafka_header_get_last(headers, "type", &bytes, &size) != kNoError)
    return {};
  return {static_cast<const char*>(bytes), size};
}

void count(const rd_kafka_message_t& message, Counts& counts) {
  const auto report =
      wire::decode_report(type_of(message), {static_cast<const char*>(message.payload), message.len},
                          static_cast<uint16_t>(message.partition), kKey);
  if (!report) {
    counts.unreadable++;
    std::fprintf(stderr, "%s\n", report.error().c_str());
    return;
  }
  if (std::holds_alternative<statelang::TaskHeartbeat>(report->report)) {
    counts.heartbeats++;
  } else if (std::holds_alternative<statelang::TaskStarted>(report->report)) {
    counts.starts++;
  } else {
    counts.results++;
    counts.failures += std::holds_alternative<statelang::TaskFailed>(report->report);
    counts.tasks.insert(static_cast<uint64_t>(report->task.execution));
  }
}

void assign(rd_kafka_t* reader, const std::string& prefix, int64_t offset) {
  rd_kafka_poll_set_consumer(reader);
  auto* list = rd_kafka_topic_partition_list_new(kPartitions);
  const std::string topic = prefix + ".cmd";
  for (int32_t i = 0; i < kPartitions; i++)
    rd_kafka_topic_partition_list_add(list, topic.c_str(), i)->offset = offset;
  rd_kafka_assign(reader, list);
  rd_kafka_topic_partition_list_destroy(list);
}

int results(rd_kafka_t* reader, const std::string& prefix) {
  assign(reader, prefix, RD_KAFKA_OFFSET_BEGINNING);
  Counts counts;
  for (std::set<int32_t> ended; ended.size() < kPartitions;) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(reader, 20'000);
    if (message == nullptr) return 1;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ended.insert(message->partition);
    if (message->err == kNoError) count(*message, counts);
    rd_kafka_message_destroy(message);
  }
  std::printf(
      "{\"tasks\": %zu, \"results\": %zu, \"failures\": %zu, \"heartbeats\": %zu, \"starts\": %zu, "
      "\"unreadable\": %zu}\n",
      counts.tasks.size(), counts.results, counts.failures, counts.heartbeats, counts.starts,
      counts.unreadable);
  return 0;
}

int latency(rd_kafka_t* client, rd_kafka_t* reader, const std::string& prefix, const std::string& queue,
            uint64_t first, uint64_t tasks) {
  assign(reader, prefix, RD_KAFKA_OFFSET_END);
  for (std::set<int32_t> ended; ended.size() < kPartitions;) {  // the reader stands at the end now
    rd_kafka_message_t* message = rd_kafka_consumer_poll(reader, 20'000);
    if (message == nullptr) return 1;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ended.insert(message->partition);
    rd_kafka_message_destroy(message);
  }
  std::vector<double> took;
  for (uint64_t number = first; number < first + tasks; number++) {
    Counts counts;
    const auto begun = Clock::now();
    if (!publish(client, prefix, queue, number)) return 1;
    while (counts.tasks.count(number) == 0) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(reader, 20'000);
      if (message == nullptr) return 1;
      if (message->err == kNoError) count(*message, counts);
      rd_kafka_message_destroy(message);
    }
    took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
  }
  std::sort(took.begin(), took.end());
  std::printf("{\"p50_ms\": %.2f, \"p99_ms\": %.2f}\n", took[took.size() / 2], took[took.size() * 99 / 100]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc >= 4 ? argv[3] : "";
  if (!(command == "results" && argc == 4) &&
      !((command == "publish" || command == "latency") && argc == 7)) {
    std::fprintf(stderr, "usage: task_tool BROKERS PREFIX publish|latency QUEUE FIRST COUNT | results\n");
    return 2;
  }
  rd_kafka_t* reader = command == "publish" ? nullptr : open(RD_KAFKA_CONSUMER, argv[1]);
  rd_kafka_t* client = command == "results" ? nullptr : open(RD_KAFKA_PRODUCER, argv[1]);
  const std::string prefix = argv[2];
  int status = 0;
  if (command == "results") {
    status = results(reader, prefix);
  } else {
    const uint64_t first = std::stoull(argv[5]), tasks = std::stoull(argv[6]);
    if (command == "latency") {
      status = latency(client, reader, prefix, argv[4], first, tasks);
    } else {
      for (uint64_t i = 0; i < tasks && status == 0; i++)
        status = publish(client, prefix, argv[4], first + i) ? 0 : 1;
      if (rd_kafka_flush(client, 60'000) != kNoError) status = 1;
    }
  }
  if (reader != nullptr) {
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
  }
  if (client != nullptr) rd_kafka_destroy(client);
  return status;
}
