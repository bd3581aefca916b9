// Worker::Loop: the one thread that talks to the engine. Each queue has a poll lane (one keep-alive
// connection that asks for tasks and brings finished results along); one more lane reports results, leases
// and heartbeats while the poll lanes wait for work. A result stays here until the engine has decided it:
// when a connection breaks, it is sent again.
#pragma once

#include <atomic>
#include <deque>
#include <random>

#include <poll.h>

#include "http_connection.h"
#include "runner.h"
#include "task_board.h"

namespace stepstream_worker {

class Worker::Loop : public Worker::Runner {
 public:
  explicit Loop(Options options);
  void add_queue(std::string queue, TextHandler handler) override;
  int run() override;
  void stop() override;

 private:
  struct Queue {
    std::string name;
    TextHandler handler;
  };
  struct Lane {
    HttpConnection connection;
    bool polls = true;                // false: the report lane
    size_t held = 0;                  // attempts of this queue that are not decided
    size_t to_run = 0;                // of these, without a result yet
    std::vector<Result> in_flight;    // results of the request under way
    std::vector<AttemptPtr> beating;  // heartbeats of the request under way
    bool waits = false;               // the request under way is a long poll
    Clock::time_point not_before{};   // back-off
    Clock::time_point linger_until{};
    std::chrono::milliseconds backoff{0};
  };

  void collect_results();
  void give_work(Clock::time_point now);
  void start_poll(Lane& lane, size_t index, Clock::time_point now);
  void start_report(Lane& lane, Clock::time_point now);
  void start_heartbeats(Lane& lane, std::vector<AttemptPtr> beating, Clock::time_point now);
  void begin_drain(Clock::time_point now);
  void look_over_held(Clock::time_point now);
  void append_results(std::string& body, Lane& lane);
  void append_holding(std::string& body, Clock::time_point now);
  void advance(Lane& lane, short revents, Clock::time_point now);
  void take_answer(Lane& lane, Clock::time_point now);
  void take_poll_answer(Lane& lane, std::string_view body, Clock::time_point now);
  void take_task(Lane& lane, std::string_view task, Clock::time_point now, std::vector<AttemptPtr>& fresh);
  void decide(Lane& lane, std::string_view decisions, Clock::time_point now);
  void take_heartbeat_answer(Lane& lane, std::string_view body);
  void retry_later(Lane& lane, Clock::time_point now, int retry_after_s, std::string_view why);
  void wait_for_events(Clock::time_point now);
  Clock::time_point next_deadline(Clock::time_point now) const;
  bool nothing_to_report() const;
  void log(const std::string& line) const;

  Options options_;
  Address address_;
  std::vector<Queue> queues_;
  TaskBoard board_;
  std::vector<Lane> lanes_;                           // one for each queue, then the report lane
  std::unordered_map<std::string, AttemptPtr> held_;  // by token
  std::deque<Result> ready_;                          // results not under way
  std::chrono::milliseconds lease_{30'000};
  std::atomic<bool> stop_requested_{false};
  // Leases and heartbeats are looked over at this time, not on every turn of the loop.
  Clock::time_point look_over_at_ = Clock::time_point::max();
  std::atomic<bool> heartbeat_wanted_{false};
  std::vector<AttemptPtr> beats_due_;
  bool renewal_due_ = false;
  bool draining_ = false;
  Clock::time_point drain_until_ = Clock::time_point::max();
  bool refused_ = false;
  bool reported_down_ = false;
  std::minstd_rand jitter_{std::random_device{}()};
};

}  // namespace stepstream_worker
