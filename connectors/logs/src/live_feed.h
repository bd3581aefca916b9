// LiveFeed: what executions do, to those who watch it happen, as server-sent events:
//   event: status / data: {"execution_arn", "status", "time"}
//   event: log    / data: a log line
//   event: gap    / data: {"events"}: so many were left out, because the watcher reads too slowly
// Costs nothing while nobody watches. Standard executions are watched whatever their logging configuration
// says; of Express ones there is what it says, and the end. Thread rule: any thread.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include <connectors/triggers/thread_strand.h>
#include <engine/api/http/message.h>
#include <engine/runtime/event_feed.h>

namespace connectors::logs {

struct Watch {
  std::string state_machine_name;  // empty: all
  std::string execution_arn;       // empty: all
  engine::core::LogLevel level = engine::core::LogLevel::All;
};

// The state machine's name in an execution's ARN, without the label of a Map Run.
std::string_view machine_name_in(std::string_view execution_arn);

class LiveFeed : public engine::EventListener {
 public:
  LiveFeed(engine::Engine& engine, const engine::Clock& clock);
  ~LiveFeed() override;

  // False: there are kWatchersMax already.
  bool add(Watch watch, const std::shared_ptr<engine::http::Stream>& stream);
  bool full() const;
  void stop();

  void execution_changed(const engine::core::ExecutionChanged& change) override;
  void express_logged(const engine::core::ExpressLogged& step) override;

 private:
  class Watcher;
  using Change = std::variant<engine::core::ExecutionChanged, engine::core::ExpressLogged>;

  void push(Change change);
  void work();
  void tell(const engine::core::ExecutionChanged& change);
  void tell(const engine::core::ExpressLogged& step);
  void tell_status(const std::string& arn, statelang::ExecutionStatus status);
  void tell_events(const std::string& arn, const std::vector<statelang::HistoryEvent>& events,
                   uint32_t redrive_count, bool include_data);
  void offer(const std::string& arn, std::string_view type, const std::string& text);
  void beat();

  engine::Engine& engine_;
  const engine::Clock& clock_;
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Watcher>> watchers_;
  std::deque<Change> changes_;
  uint64_t lost_ = 0;  // changes that did not fit
  // Strand: of executions under way the last event told, and how often they were redriven.
  struct Told {
    statelang::EventId event = 0;
    uint32_t redrives = 0;
  };
  std::unordered_map<std::string, Told> told_;
  triggers::ThreadStrand strand_;
};

}  // namespace connectors::logs
