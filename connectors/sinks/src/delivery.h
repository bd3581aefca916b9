// Delivery: carries the events of one sink out of the feed, partition by partition, and advances behind them.
//
// A window of events lies between what is read and what is advanced to. Events of one execution go one after
// the other, others beside each other. One that fails is tried again after 0.2 s, doubling to a minute, until
// it is older than the sink allows; meanwhile its partition's window fills and then waits. After a crash
// everything behind the last advance comes again.
//
// Thread rule: made and stopped by one thread; everything else happens on a thread of its own.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include <connectors/sinks/sink.h>
#include <connectors/triggers/thread_strand.h>
#include <engine/runtime/event_feed.h>

namespace connectors::sinks {

// Since the start of the process.
struct DeliveryFigures {
  uint64_t delivered = 0;
  uint64_t failed = 0;    // attempts
  uint64_t dropped = 0;   // given up for their age
  uint64_t missing = 0;   // their executions were erased before
  uint64_t waiting = 0;   // in the windows now
  int64_t oldest_ms = 0;  // when the oldest of them happened; 0: none waits
  int64_t last_delivered_ms = 0;
  int64_t last_failed_ms = 0;
  std::string last_error;
};

class Delivery : public std::enable_shared_from_this<Delivery> {
 public:
  Delivery(SinkPtr sink, engine::EventFeed& feed, const engine::Clock& clock);
  ~Delivery();

  static std::string reader_name(const std::string& sink) { return "sink/" + sink; }
  static uint8_t wants(const Sink& sink);

  void start();  // its reader is there
  void stop();   // nothing runs or is sent any more when it returns
  const Sink& sink() const { return *sink_; }
  DeliveryFigures figures() const;

 private:
  struct Entry {
    Message message;
    engine::core::FeedPosition behind;  // to advance to when it is done
    int64_t made_ms = 0;
    int64_t due_ms = 0;
    uint32_t attempts = 0;
    uint64_t number = 0;
    bool sent = false;  // on its way
    bool done = false;
  };
  struct Lane {                           // one partition
    engine::core::FeedPosition read;      // up to here the feed is in the window or passed
    engine::core::FeedPosition advanced;  // as the engine knows it
    std::deque<Entry> window;
    size_t in_flight = 0;
    int64_t advanced_ms = 0;
    bool known = false;  // where the reader stands
    bool advancing = false;
    bool more = true;
    std::atomic<bool> grown{false};  // there may be entries behind `read`
    std::atomic<bool> poked{false};  // a pump is posted
  };
  class Listener;

  void poke(uint16_t partition);
  void pump_soon(uint16_t partition);
  void pump(uint16_t partition);
  bool fill(uint16_t partition, Lane& lane);
  void take(Lane& lane, const engine::FeedEvent& event);
  void add(Lane& lane, const engine::FeedEvent& event, const statelang::Value& document);
  void send_what_may(uint16_t partition, Lane& lane);
  void sent(uint16_t partition, uint64_t number, const std::string& error);
  void drop_done(Lane& lane);
  void note_waiting();
  void advance(uint16_t partition, Lane& lane);
  void wake_by(int64_t due_ms);
  void note_failure(const std::string& error);

  const SinkPtr sink_;
  engine::EventFeed& feed_;
  const engine::Clock& clock_;
  std::shared_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  uint64_t next_number_ = 1;
  int64_t alarm_ms_ = 0;  // 0: none
  mutable std::mutex mutex_;
  DeliveryFigures figures_;
  std::atomic<bool> stopped_{false};
  triggers::ThreadStrand strand_;  // last: its thread ends first
};

}  // namespace connectors::sinks
