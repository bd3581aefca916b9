// Worker::KafkaLoop: the one thread that speaks to the brokers. Takes tasks from the topics of its queues,
// hands them to the board, sends results to the engines' command log, and commits a task's offset when the
// brokers have its result. A result stays here until they do.
#pragma once

#include <deque>
#include <random>
#include <unordered_map>
#include <unordered_set>

#include "kafka_consumer.h"
#include "kafka_reporter.h"
#include "runner.h"

namespace stepstream_worker {

class Worker::KafkaLoop : public Worker::Runner {
 public:
  explicit KafkaLoop(Options options);
  void add_queue(std::string queue, TextHandler handler) override;
  int run() override;
  void stop() override;

 private:
  struct Lane {
    std::string name;
    TextHandler handler;
    std::unique_ptr<kafka::TaskConsumer> consumer;
    size_t to_run = 0;  // attempts without a result yet
    uint64_t assignment = 0;
    bool full = false;
    Clock::time_point full_since{};
  };
  struct Held {
    AttemptPtr attempt;
    size_t lane = 0;
    int32_t reply_partition = 0;
    std::vector<kafka::Place> places;  // the same attempt may lie in the topic twice
    bool told_start = false;
  };
  struct Report {
    std::string token;
    std::string type;
    std::string value;
  };

  bool open();
  bool ensure_topics();
  void turn(Clock::time_point now);
  void receive(size_t index, Clock::time_point now);
  void take(size_t index, const rd_kafka_message_t& message, const kafka::Place& place);
  void give_up_lost(size_t index);
  bool is_full(const Lane& lane) const;
  void collect_results();
  void send_results(Clock::time_point now);
  void delivered(const Report& report, kafka::Delivery delivery, const std::string& problem);
  void finish(const std::string& token);
  void look_over_held(Clock::time_point now);
  void beat(Held& held, Clock::time_point now);
  void tell_start(Held& held);
  void log(const std::string& line);
  std::chrono::milliseconds wait_time(Clock::time_point now) const;

  Options options_;
  kafka::Address address_;
  TaskBoard board_;
  std::vector<Lane> lanes_;
  std::unique_ptr<kafka::Reporter> reporter_;
  std::unordered_map<std::string, Held> held_;  // by token, until its result is in the log
  std::vector<AttemptPtr> taken_;               // not on the board yet
  std::deque<Report> ready_;                    // results not on their way
  std::unordered_set<std::string> done_;        // the last tokens whose result is in the log
  std::deque<std::string> done_order_;
  std::atomic<bool> stop_requested_{false};
  std::atomic<bool> heartbeat_wanted_{false};
  size_t results_on_the_way_ = 0;
  bool commits_wait_ = false;
  bool draining_ = false;
  Clock::time_point drain_until_ = Clock::time_point::max();
  Clock::time_point look_over_at_{};
  Clock::time_point send_at_{};  // back-off
  std::chrono::milliseconds backoff_{0};
  std::unordered_map<std::string, Clock::time_point> logged_;
  std::minstd_rand jitter_{std::random_device{}()};
};

}  // namespace stepstream_worker
