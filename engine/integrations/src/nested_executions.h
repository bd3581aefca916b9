// NestedExecutions: states:startExecution with its patterns. The child's name, where none is given, comes
// from the attempt's id, and the child keeps that id: started again after a restart, it is found and not
// started twice (AWS: "Start a new execution from a Task state").
//
// .sync waits for the child's end through the engine's watchers. When the parent's attempt is over before
// that (stopped, timed out), the child is stopped. Thread rule: any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <engine/runtime/engine.h>
#include <statelang/definition/resource.h>

#include "io_thread.h"
#include "task_reporter.h"

namespace engine::integrations {

class NestedExecutions {
 public:
  NestedExecutions(Engine& engine, IoThread& io, TaskReporter& reporter)
      : engine_(engine), io_(io), reporter_(reporter) {}

  void perform(PolledTask task, const statelang::Resource& resource);
  void withdrawn(PolledTask task, bool cancelled);
  size_t open() const;

 private:
  struct Child;
  using ChildPtr = std::shared_ptr<Child>;

  void go_on(const ChildPtr& child);
  void start(ChildPtr child, int attempt);
  void started(const ChildPtr& child, ApiResult<StartedExecution> answer, int attempt);
  void answer_start(const ChildPtr& child, int64_t start_ms);
  void wait(const ChildPtr& child, int attempt);
  void ended(const ChildPtr& child, const Execution& execution);
  void fail(const ChildPtr& child, statelang::Failure failure);
  void stop(const ChildPtr& child, int attempt);
  bool over(const ChildPtr& child) const;
  void forget(const ChildPtr& child);

  Engine& engine_;
  IoThread& io_;
  TaskReporter& reporter_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, ChildPtr> open_;  // by token
};

}  // namespace engine::integrations
