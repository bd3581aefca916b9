// TaskReporter: brings the outcome of a task to the engine, as often as it takes: a report that the engine
// cannot take now (log full, disk full) is sent again, one that comes too late is dropped.
// Thread rule: any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <engine/runtime/engine.h>

#include "io_thread.h"

namespace engine::integrations {

// Whether the same call may succeed a little later.
bool worth_retrying(ApiErrorCode code);
// The delay before try number `attempt` (from 0).
int64_t retry_delay_ms(int attempt);

class TaskReporter {
 public:
  TaskReporter(Engine& engine, IoThread& io) : engine_(engine), io_(io) {}

  void succeed(const std::string& token, std::string output);
  // `submission`: the service did not take the request (.sync, .waitForTaskToken).
  void fail(const std::string& token, statelang::Failure failure, bool submission = false);
  // `then` runs once that is durable; not at all when the attempt is over.
  void submitted(const std::string& token, std::string output, std::function<void()> then);

 private:
  void report(std::shared_ptr<const TaskResult> result, int attempt);
  void submit(std::string token, std::string output, std::function<void()> then, int attempt);

  Engine& engine_;
  IoThread& io_;
};

}  // namespace engine::integrations
