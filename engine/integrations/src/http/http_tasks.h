// HttpTasks: arn:aws:states:::http:invoke. Reads the connection, gets its token, makes the call, reports what
// came back. A call is made once for each time the task is given out: after a kill -9 in between, again (at
// least once, as every task). A task of a state under test has no execution that would time out: try_out()
// sees to that itself.
// Thread rule: any thread; the work is done on the IoThread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <engine/runtime/engine.h>
#include <statelang/test_state/test_state.h>

#include "../io_thread.h"
#include "../task_reporter.h"
#include "http_client.h"
#include "oauth_tokens.h"
#include "secrets.h"

namespace engine::integrations {

struct HttpTaskSettings {
  std::string region;
  std::string secrets;  // folder; empty: none
  OutboundRules rules;
  HttpClientSettings client;
  size_t calls_max = 256;  // at once; further ones wait
};

class HttpTasks {
 public:
  HttpTasks(Engine& engine, IoThread& io, TaskReporter& reporter, HttpTaskSettings settings);

  void perform(PolledTask task);
  void withdrawn(const std::string& token);
  // TaskPerformer::try_out, for an HTTP task.
  void try_out(const statelang::test_state::TaskCall& task, bool reveal_secrets,
               std::function<void(statelang::test_state::TaskAnswer)> done);
  size_t open() const;

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;

  void enqueue(CallPtr call);
  void begin(const CallPtr& call);
  void authorize(const CallPtr& call);
  void send(const CallPtr& call);
  void answered(const CallPtr& call, statelang::Expected<HttpResponse, HttpFailure> response);
  void fail(const CallPtr& call, statelang::Failure failure);
  static void end_trial(Call& call, statelang::test_state::TaskAnswer answer);
  void finished();

  Engine& engine_;
  IoThread& io_;
  TaskReporter& reporter_;
  const HttpTaskSettings settings_;
  const Secrets secrets_;
  HttpClient client_;
  OAuthTokens tokens_;
  mutable std::mutex mutex_;
  std::deque<CallPtr> waiting_;
  size_t under_way_ = 0;
};

}  // namespace engine::integrations
