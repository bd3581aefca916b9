// TaskConsumer: this worker's membership in the group of one queue. Gives the messages of the queue's topic
// one by one and commits behind those that are finished, in order for each partition. Thread rule: one
// thread; the group's callbacks come inside receive() and close().
#pragma once

#include <chrono>
#include <functional>
#include <map>

#include "kafka_client.h"
#include "kafka_progress.h"
#include "task_board.h"

namespace stepstream_worker::kafka {

// Where a task's message lies; of an assignment that is over, finish() knows nothing.
struct Place {
  int32_t partition = 0;
  int64_t offset = 0;
  uint64_t assignment = 0;
};

class TaskConsumer {
 public:
  using Log = std::function<void(const std::string&)>;

  // Null with `problem`: an option the client refuses.
  static std::unique_ptr<TaskConsumer> open(const Address& address, const Options& options,
                                            const std::string& queue, int wake_fd, Log log,
                                            std::string& problem);
  ~TaskConsumer();

  // The next message, if there is one; serves the group, too. `place` is where it lies.
  MessagePtr receive(Place& place);
  void finish(const Place& place);
  // Grows with each assignment and each loss of one.
  uint64_t assignment() const { return assignment_; }
  // Commits what is new, at most every 50 ms. True: there is more to commit later.
  bool commit(Clock::time_point now);
  // Paused partitions give no messages; membership goes on as long as receive() is called.
  void pause(bool wanted);
  bool paused() const { return paused_; }
  // Records of one partition that wait behind an unfinished one; the most over all partitions.
  size_t open_records() const;
  // Commits, waiting for the answer, and leaves the group.
  void close();

 private:
  struct Partition {
    Progress progress;
    int64_t committed = -1;  // as sent
  };
  TaskConsumer(std::string topic, Log log) : topic_(std::move(topic)), log_(std::move(log)) {}
  static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                         void* opaque);
  static void committed(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                        void* opaque);
  ListPtr take_committable();
  void commit_and_wait();
  void pause_assigned();

  const std::string topic_;
  const Log log_;
  ClientPtr client_;
  QueuePtr queue_;
  std::map<int32_t, Partition> partitions_;
  uint64_t assignment_ = 0;
  bool paused_ = false;
  bool commit_under_way_ = false;
  Clock::time_point commit_at_{};
};

}  // namespace stepstream_worker::kafka
