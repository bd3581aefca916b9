// Consumer: one trigger's place in its consumer group: a thread that waits for records and for answers of the
// engine, and all bookkeeping between them, which belongs to that thread alone.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <librdkafka/rdkafka.h>

#include <connectors/triggers/execution_starter.h>
#include <connectors/triggers/trigger.h>
#include <engine/runtime/engine.h>

#include "dead_letters.h"
#include "inbox.h"
#include "partition.h"
#include "settings.h"

namespace connectors::kafka {

class Consumer {
 public:
  Consumer(engine::Engine& engine, triggers::ExecutionStarter& starter, const engine::Clock& clock,
           triggers::TriggerPtr trigger, Settings settings);
  ~Consumer();

  void ask_to_stop();  // any thread
  void stop();         // waits: starts on their way, commit, leaving the group. Not from the engine's threads
  statelang::Value figures() const;                                                // any thread
  void append_figures(std::map<std::string, std::string>& lines_by_metric) const;  // any thread

 private:
  struct Place {  // of a partition, for metrics
    std::atomic<int64_t> handled{0};
    std::atomic<bool> paused{false};
  };
  using Partitions = std::map<int32_t, Partition>;

  void run();
  bool open();
  void close();
  void serve_closing(rd_kafka_event_t* event);
  void loop_once();
  int64_t wait_ms(int64_t now) const;
  void handle(const rd_kafka_message_t& message);
  void handle_error(const rd_kafka_message_t& message);
  void take_record(Partition& partition, Record record);
  void collect(Partition& partition, Record record, statelang::Value decoded);
  void close_batch(Partition& partition);
  void close_due_batches(int64_t now);
  void add(Partition& partition, Work work);
  void begin(Partition& partition, Work& work);
  void write_plan(Partition& partition, Work& work);
  void start_execution(Partition& partition, Work& work);
  void wait_for_end(Partition& partition, Work& work);
  void send_letters(Partition& partition, Work& work);
  void take_answers();
  void take_answer(const Answer& answer);
  void finish(Partition& partition, int64_t first);
  void retry_later(Work& work);
  void retry_due(int64_t now);
  std::string group() const;
  std::optional<int64_t> lag_of(int32_t partition, const Place& place) const;  // places_mutex_ is held
  bool full(const Partition& partition) const;
  void hold_back(Partition& partition);
  void resume_ready();
  void set_paused(Partition& partition, bool paused);

  // consumer_partitions.cpp
  static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t error,
                         rd_kafka_topic_partition_list_t* partitions, void* opaque);
  static void failed(rd_kafka_t* client, int error, const char* reason, void* opaque);
  void assign(rd_kafka_topic_partition_list_t* partitions);
  void give_up(bool lost);
  void assign_again();
  bool start_offset(const rd_kafka_topic_partition_t& committed, Partition& partition);
  int64_t first_offset(int32_t partition);
  bool added_later(int32_t partition);
  int32_t partitions_at_first();
  int32_t count_partitions();
  void read_checkpoint(Partition& partition);
  void write_checkpoint(Partition& partition);
  void commit(bool wait);
  void out_of_range(Partition& partition);
  void note(const std::string& problem);
  statelang::Value checkpoint_of(int64_t next, int64_t last) const;
  std::string checkpoint_key(int32_t partition) const;

  engine::Engine& engine_;
  triggers::ExecutionStarter& starter_;
  const engine::Clock& clock_;
  const triggers::TriggerPtr trigger_;
  const Settings settings_;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::unique_ptr<DeadLetters> letters_;

  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  Partitions partitions_;
  uint64_t generation_ = 0;
  size_t on_the_way_ = 0;  // questions of this generation without an answer, waits for ends apart
  bool giving_up_ = false;
  int64_t commit_due_ms_ = 0;  // 0: nothing to commit
  int64_t checkpoint_due_ms_ = 0;
  int64_t retry_due_ms_ = 0;
  std::string last_problem_;
  int64_t last_problem_ms_ = 0;

  std::atomic<uint64_t> records_{0};
  std::atomic<uint64_t> filtered_{0};
  std::atomic<uint64_t> poison_{0};
  std::atomic<uint64_t> deleted_{0};
  mutable std::mutex places_mutex_;  // also keeps the client while figures are read
  std::map<int32_t, Place> places_;

  std::mutex stop_mutex_;
  std::thread thread_;
};

}  // namespace connectors::kafka
