// LogWriter: the engine's feed and the steps of Express executions into log files. Thread rule: started and
// stopped by one thread; works on a thread of its own.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <connectors/logs/log_files.h>
#include <connectors/triggers/thread_strand.h>
#include <engine/runtime/event_feed.h>

namespace connectors::logs {

// The log group of a state machine that names none: what AWS's console proposes.
std::string default_group(std::string_view state_machine_name);

class LogWriter : public std::enable_shared_from_this<LogWriter> {
 public:
  LogWriter(engine::EventFeed& feed, const engine::Clock& clock, LogFiles& files);
  ~LogWriter();

  engine::ApiResult<bool> start();
  void stop();
  void append_metrics(std::string& text) const;

 private:
  class Listener;
  struct Lane {  // one partition
    engine::core::FeedPosition read;
    engine::core::FeedPosition advanced;
    int64_t advanced_ms = 0;
    bool known = false;
    bool advancing = false;
    std::atomic<bool> poked{false};
  };
  using Lines = std::map<std::string, std::string>;  // by group

  void poke(uint16_t partition);
  void pump(uint16_t partition);
  bool read_on(uint16_t partition, Lane& lane);
  void advance(uint16_t partition, Lane& lane);
  void advanced(uint16_t partition, const engine::core::FeedPosition& to, bool done);
  void take_express(const engine::core::ExpressLogged& step);
  void write_express();
  bool write(const Lines& lines);
  void wake_by(int64_t due_ms);

  engine::EventFeed& feed_;
  const engine::Clock& clock_;
  LogFiles& files_;
  std::shared_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  int64_t alarm_ms_ = 0;  // 0: none
  std::mutex express_mutex_;
  std::deque<engine::core::ExpressLogged> express_;
  std::atomic<uint64_t> lines_{0}, dropped_{0}, failed_{0};
  std::atomic<bool> stopped_{false};
  triggers::ThreadStrand strand_;
};

}  // namespace connectors::logs
