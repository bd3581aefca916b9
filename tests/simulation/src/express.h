// ExpressRuns: what is known of the simulated Express executions, from what they report while they run: their
// events are stored nowhere. Asynchronous ones run at least once, synchronous ones at most once.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <engine/core/action.h>

#include "program.h"

namespace simulation {

struct ExpressRun {
  size_t plan = 0;
  bool synchronous = false;
  bool acknowledged = false;  // asynchronous: the start; synchronous: the outcome
  int beginnings = 0;
  int ends = 0;
  statelang::EventId last_event = 0;  // of the current run
  int timeouts = 0;                   // in the current run
  std::string outcome;                // of the last run that ended: status and output or error
};

class ExpressRuns {
 public:
  // `expected`: what plan number so-and-so has to come to.
  explicit ExpressRuns(std::function<const Outcome&(size_t plan)> expected)
      : expected_(std::move(expected)) {}

  void started(const std::string& arn, size_t plan, bool synchronous);
  // The following say what is wrong; nothing: all is well.
  std::optional<std::string> logged(const engine::core::ExpressLogged& step);
  std::optional<std::string> answered(const std::string& arn, const engine::core::Reply& reply);
  void acknowledged(const std::string& arn) { runs_.at(arn).acknowledged = true; }
  // At the end. `restarts`: lives and recoveries of the engine that began after its first. `ended`: those
  // that a replay of the records sees end: the engine may die between the commit of an end and the news of
  // it.
  std::optional<std::string> check(int restarts, const std::set<std::string>& ended,
                                   uint64_t& compared) const;

  const std::map<std::string, ExpressRun>& all() const { return runs_; }

 private:
  std::optional<std::string> note(const std::string& arn, ExpressRun& run,
                                  const statelang::HistoryEvent& event);

  const std::function<const Outcome&(size_t)> expected_;
  std::map<std::string, ExpressRun> runs_;
};

std::string outcome_text(statelang::ExecutionStatus status, const std::string& output_or_error);
bool is_end(statelang::EventType type);

}  // namespace simulation
