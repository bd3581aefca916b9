// SdkCalls: aws-sdk:sfn:ACTION for the actions that make sense from a task: startSyncExecution,
// describeExecution, stopExecution, sendTaskSuccess, sendTaskFailure, sendTaskHeartbeat. (startExecution is
// NestedExecutions'.) Thread rule: any thread.
#pragma once

#include <string_view>

#include <engine/runtime/engine.h>

#include "io_thread.h"
#include "task_reporter.h"

namespace engine::integrations {

class SdkCalls {
 public:
  SdkCalls(Engine& engine, IoThread& io, TaskReporter& reporter)
      : engine_(engine), io_(io), reporter_(reporter) {}

  // `api` as in the resource: "startSyncExecution".
  static bool knows(std::string_view api);
  void perform(PolledTask task, std::string_view api);

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;
  using Action = void (SdkCalls::*)(const CallPtr&);
  struct Row {
    std::string_view api;
    Action action;
  };
  static const Row kRows[];

  void start_sync(const CallPtr& call);
  void describe(const CallPtr& call);
  void stop(const CallPtr& call);
  void send_success(const CallPtr& call);
  void send_failure(const CallPtr& call);
  void send_heartbeat(const CallPtr& call);
  // The error as the task's failure, or the action once more later.
  void failed(const CallPtr& call, const ApiError& error, Action action);

  Engine& engine_;
  IoThread& io_;
  TaskReporter& reporter_;
};

}  // namespace engine::integrations
