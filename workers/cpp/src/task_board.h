// TaskBoard: what the loop and the handler threads share. The loop adds attempts and takes results; handler
// threads take attempts and add results. Everything under one mutex; the loop is woken through an eventfd.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <stepstream_worker/worker.h>

namespace stepstream_worker {

using Clock = std::chrono::steady_clock;

// One attempt that this worker holds: from its delivery until its result is decided.
class Attempt : public Context {
 public:
  const std::string& token() const override { return token_; }
  const std::string& queue() const override { return queue_; }
  const std::string& state_name() const override { return state_name_; }
  const std::string& execution_arn() const override { return execution_arn_; }
  unsigned retry_count() const override { return retry_count_; }
  unsigned delivery() const override { return delivery_; }
  int64_t remaining_ms() const override;
  bool cancelled() const override { return cancelled_ || (ends_late_ && late()); }
  void heartbeat() override;

  std::string token_, queue_, state_name_, execution_arn_, input_;
  unsigned retry_count_ = 0;
  unsigned delivery_ = 1;
  size_t lane_ = 0;  // which queue
  const Worker::TextHandler* handler_ = nullptr;
  Clock::time_point deadline_ = Clock::time_point::max();
  std::chrono::milliseconds heartbeat_interval_{0};  // of the state; 0: none
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> heartbeat_wanted_{false};
  std::function<void()> wake_;
  // Over Kafka nobody says that an attempt is over: its deadline does, and then it is not begun any more.
  bool ends_late_ = false;
  bool late() const { return Clock::now() >= deadline_; }
  std::atomic<int64_t> started_ms_{0};  // Unix time; 0: not begun
  std::atomic<bool> given_up_{false};   // its partition went to another worker: not to be begun here
  // The loop's:
  bool finished_ = false;           // its result is made
  Clock::time_point renewed_at_{};  // lease
  Clock::time_point beaten_at_{};   // heartbeat
};
using AttemptPtr = std::shared_ptr<Attempt>;

struct Result {
  AttemptPtr attempt;
  std::string text;       // the wire's result object; empty: not begun, late or given up
  bool failed = false;    // an object with `error` and `cause`
  bool repeated = false;  // sent before, without learning the decision
};

class TaskBoard {
 public:
  TaskBoard();
  ~TaskBoard();

  void start(unsigned threads);
  void add(std::vector<AttemptPtr> attempts);
  std::vector<Result> take_results();
  unsigned busy() const;  // handlers that are running
  // Attempts nobody has begun: they are given back by leaving them to their lease.
  void drop_waiting();
  // Ends the handler threads that are idle and, once they return, the others. False: some were still busy at
  // the deadline; they are left behind (the process is about to end).
  bool finish(Clock::time_point deadline);

  int wake_fd() const { return wake_fd_; }
  void wake();  // safe in a signal handler
  void clear_wake();

 private:
  void run_handlers();
  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::vector<std::thread> threads_;
  bool left_behind_ = false;
  int wake_fd_;
};

// Runs the handler and writes its result, a failure if it throws.
Result run_attempt(const AttemptPtr& attempt);

// {"token", "error", "cause"}, cut to what the wire allows.
std::string failure_text(const std::string& token, std::string error, std::string message);

// Takes what a handler may know from a task's JSON. The state's timeout; 0: none.
int64_t read_task(std::string_view task, Attempt& attempt);

}  // namespace stepstream_worker
