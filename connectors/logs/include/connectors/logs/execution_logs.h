// ExecutionLogs: acts on the logging configuration of state machines. What their executions do goes to log
// files: Standard ones from the engine's feed, at least once; Express ones after the commit, at most once.
// Serves the lines again, and what happens now to those who watch (docs/guides/events.md). Thread rule: any
// thread; callbacks on a thread of this object's own, once, unless it is stopped first.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <connectors/logs/log_files.h>
#include <engine/api/http/router.h>
#include <engine/ports/time.h>
#include <engine/runtime/event_feed.h>

namespace connectors::logs {

// Steps of Express executions that wait for the disk; more are dropped and counted.
inline constexpr size_t kExpressStepsWaitingMax = 10'000;
inline constexpr size_t kLinesMax = 10'000;  // in one answer
inline constexpr size_t kWatchersMax = 100;

struct LogQuery {
  std::string state_machine_arn;  // its log file's lines, those of its own executions
  std::string execution_arn;      // instead: of one execution; a Standard one from its history, logged or not
  engine::core::LogLevel level = engine::core::LogLevel::All;
  size_t limit = 100;  // the last ones
};

class ExecutionLogs {
 public:
  // Everything must outlive it. The engine has an event feed.
  ExecutionLogs(engine::Engine& engine, const engine::Clock& clock, LogFileSettings settings);
  ~ExecutionLogs();

  // Begins to write. Blocks until the engine has taken it up; the error says why not.
  engine::ApiResult<bool> start();
  // Lines oldest first.
  void read(LogQuery query, engine::ApiCallback<std::vector<std::string>> done);
  void append_metrics(std::string& text) const;
  void stop();  // idempotent; nothing is written any more when it returns

  // GET /v1/logs: lines, or, as text/event-stream, what happens from now on. Must outlive the router.
  void add_routes(engine::http::Router& router);

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace connectors::logs
