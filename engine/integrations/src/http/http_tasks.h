// HttpTasks: arn:aws:states:::http:invoke. Reads the connection, gets its token, makes the call, reports what
// came back. A call is made once for each time the task is given out: after a kill -9 in between, again (at
// least once, as every task).
// Thread rule: any thread; the work is done on the IoThread.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <engine/runtime/engine.h>

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
  size_t open() const;

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;

  void begin(const CallPtr& call);
  void authorize(const CallPtr& call);
  void send(const CallPtr& call);
  void answered(const CallPtr& call, statelang::Expected<HttpResponse, HttpFailure> response);
  void fail(const CallPtr& call, statelang::Failure failure);
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
