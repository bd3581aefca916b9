// MockTopics: librdkafka's mock broker playing the engine's side of the task topics
// (docs/formats/task_topic.md). Its members assert: call them on the test's main thread.
#pragma once

#include <string>
#include <vector>

#include <librdkafka/rdkafka.h>
#include <nlohmann/json.hpp>

struct MockReport {
  int32_t partition = 0;
  std::string type, token, version;
  nlohmann::json value;
};

class MockTopics {
 public:
  explicit MockTopics(int partitions = 2);
  ~MockTopics();

  std::string url() const;
  // A task of queue "q" in the topic's partition. Members of `changes` replace those of the task; headers.
  void add_task(const std::string& token, const nlohmann::json& changes = nlohmann::json::object(),
                int32_t partition = 0, std::vector<std::pair<std::string, std::string>> headers = {});
  // Reads the log until `count` reports have come whose type is not among the signs of life; ten seconds.
  bool wait_for_results(size_t count);
  bool wait_for(const std::string& type, size_t count);
  std::vector<MockReport> reports(const std::string& type) const;
  // One token for each result, in the order of the log.
  std::vector<std::string> tokens() const;
  int64_t committed(int32_t partition);
  bool wait_until_committed(int32_t partition, int64_t offset);
  void set_down(bool down);

 private:
  void read(int timeout_ms);
  rd_kafka_t* client_ = nullptr;
  struct rd_kafka_mock_cluster_s* cluster_ = nullptr;
  rd_kafka_t* reader_ = nullptr;
  std::vector<MockReport> reports_;
};
