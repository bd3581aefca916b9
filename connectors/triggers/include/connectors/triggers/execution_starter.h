// ExecutionStarter: the step from an event to an execution, the same for every kind of trigger: renders the
// input, starts the execution under a name that stands for the event, tells a repeated event from a new one,
// and keeps each trigger's figures. Thread rule: any thread. Callbacks run on a thread of the engine or, when
// the input cannot be rendered, on the caller's.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include <connectors/triggers/trigger.h>
#include <engine/ports/time.h>
#include <engine/runtime/engine.h>

namespace connectors::triggers {

struct StartOutcome {
  std::string execution_arn;
  bool duplicate = false;  // the event had started this execution before
};

class ExecutionStarter {
 public:
  ExecutionStarter(engine::Engine& engine, const engine::Clock& clock) : engine_(engine), clock_(clock) {}

  // `execution_name` must be the same for the same event; empty: the event cannot be told from another one.
  void start(const TriggerPtr& trigger, const std::string& execution_name, const statelang::Value& event,
             engine::ApiCallback<StartOutcome> done);
  // Starts and waits for the end, at most `wait_ms`; a duplicate waits for the first one's execution.
  void start_and_wait(const TriggerPtr& trigger, const std::string& execution_name,
                      const statelang::Value& event, int64_t wait_ms,
                      engine::ApiCallback<engine::Execution> done);

  // For what goes wrong before an execution is asked for (a wrong signature).
  void note_failure(const std::string& trigger, const std::string& error);
  // Words for the status alone: more about a failure that has been counted, or what is wrong and did no harm.
  void explain_failure(const std::string& trigger, const std::string& error);
  TriggerStatus status(const std::string& trigger) const;
  void forget(const std::string& trigger);
  // Counters of all triggers as Prometheus text.
  void append_metrics(std::string& text) const;

 private:
  // False: rendering failed, which is noted and told to `fail`.
  bool prepare(const TriggerPtr& trigger, const std::string& execution_name, const statelang::Value& event,
               engine::StartExecutionRequest& request, const std::function<void(engine::ApiError)>& fail);
  void note_start(const std::string& trigger, const std::string& execution_arn, bool duplicate);
  std::string execution_arn(const std::string& state_machine_arn, const std::string& name) const;

  engine::Engine& engine_;
  const engine::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, TriggerStatus> statuses_;
};

}  // namespace connectors::triggers
