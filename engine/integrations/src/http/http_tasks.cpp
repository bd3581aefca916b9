#include "http_tasks.h"

#include <algorithm>

#include "catalog_connection.h"
#include "exchange.h"
#include "task_request.h"

namespace engine::integrations {

using statelang::test_state::TaskAnswer;

namespace {

constexpr int64_t kTrialMsMax = 300'000;  // AWS: TestState runs for five minutes at most

// A task of a state under test.
struct Trial {
  bool reveal_secrets = false;
  std::function<void(TaskAnswer)> done;  // null: its time is over
  std::optional<statelang::test_state::HttpExchange> exchange;
};

}  // namespace

struct HttpTasks::Call {
  PolledTask task;
  Connection connection;
  Additions additions;
  std::string token;       // OAuth; empty: none
  bool token_new = false;  // fetched because the API did not take the one before
  std::optional<Trial> trial = {};

  bool over() const { return trial && !trial->done; }
};

HttpTasks::HttpTasks(Engine& engine, IoThread& io, TaskReporter& reporter, HttpTaskSettings settings)
    : engine_(engine),
      io_(io),
      reporter_(reporter),
      settings_(std::move(settings)),
      secrets_(settings_.secrets),
      client_(io, settings_.rules, settings_.client),
      tokens_(engine, client_, secrets_) {}

void HttpTasks::perform(PolledTask task) {
  auto call = std::make_shared<Call>();
  call->task = std::move(task);
  enqueue(std::move(call));
}

void HttpTasks::try_out(const statelang::test_state::TaskCall& task, bool reveal_secrets,
                        std::function<void(TaskAnswer)> done) {
  auto call = std::make_shared<Call>();
  call->task.task.input = task.input;
  call->trial = Trial{reveal_secrets, std::move(done), {}};
  int64_t wait_ms = task.timeout_ms > 0 ? std::min(task.timeout_ms, kTrialMsMax) : kTrialMsMax;
  std::string_view error = statelang::errors::kTimeout;
  if (task.heartbeat_ms > 0 && task.heartbeat_ms < wait_ms) {  // a call sends none
    wait_ms = task.heartbeat_ms;
    error = statelang::errors::kHeartbeatTimeout;
  }
  io_.after(wait_ms, [error, weak = std::weak_ptr<Call>(call)] {
    const auto late = weak.lock();
    if (late) end_trial(*late, {std::nullopt, {std::string(error), {}, true, false}});
  });
  enqueue(std::move(call));
}

void HttpTasks::enqueue(CallPtr call) {
  {
    std::lock_guard lock(mutex_);
    if (under_way_ >= settings_.calls_max) return waiting_.push_back(std::move(call));
    ++under_way_;
  }
  io_.post([this, call] { begin(call); });
}

void HttpTasks::withdrawn(const std::string& token) {
  std::lock_guard lock(mutex_);
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(),
                                [&](const CallPtr& call) { return call->task.token == token; }),
                 waiting_.end());
}

size_t HttpTasks::open() const {
  std::lock_guard lock(mutex_);
  return under_way_ + waiting_.size();
}

void HttpTasks::finished() {
  CallPtr next;
  {
    std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      --under_way_;
      return;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  io_.post([this, next] { begin(next); });
}

void HttpTasks::end_trial(Call& call, TaskAnswer answer) {
  const auto done = std::exchange(call.trial->done, nullptr);
  if (!done) return;
  answer.http = std::move(call.trial->exchange);
  done(std::move(answer));
}

void HttpTasks::fail(const CallPtr& call, statelang::Failure failure) {
  if (call->trial) {
    end_trial(*call, {std::nullopt, std::move(failure)});
    return finished();
  }
  reporter_.fail(call->task.token, std::move(failure));
  finished();
}

void HttpTasks::begin(const CallPtr& call) {
  if (call->over()) return finished();
  const auto name = connection_name(call->task.task.input.value());
  if (!name) return fail(call, name.error());
  if (name->empty()) return send(call);
  auto connection = catalog_connection(engine_, *name, secrets_);
  if (!connection) return fail(call, connection.error());
  call->connection = std::move(*connection);
  if (auto refused = misplaced(call->connection, call->task.task.input.value())) {
    return fail(call, std::move(*refused));
  }
  auto additions = read_additions(call->connection, secrets_);
  if (!additions) {
    return fail(call, {"Events.ConnectionResource.InvalidConnectionState",
                       "The connection " + *name + ": " + additions.error()});
  }
  call->additions = std::move(*additions);
  if (call->connection.authorization != AuthorizationKind::OAuthClientCredentials) return send(call);
  authorize(call);
}

void HttpTasks::authorize(const CallPtr& call) {
  tokens_.token(call->connection, [this, call](statelang::Expected<std::string, statelang::Failure> token) {
    if (!token) return fail(call, token.error());
    call->token = *token;
    call->additions.redaction.add(call->token);
    auto& headers = call->additions.headers;
    headers.erase(std::remove_if(headers.begin(), headers.end(),
                                 [](const auto& header) { return header.first == "Authorization"; }),
                  headers.end());
    headers.emplace_back("Authorization", "Bearer " + call->token);
    send(call);
  });
}

void HttpTasks::send(const CallPtr& call) {
  if (call->over()) return finished();
  const statelang::Value& parameters = call->task.task.input.value();
  auto request = task_request(parameters, call->additions, settings_.region);
  if (!request) return fail(call, request.error());
  if (call->trial) {
    const bool whole = call->trial->reveal_secrets;
    call->trial->exchange = exchange_of(
        whole ? *request : without_additions(*request, parameters, call->additions, settings_.region));
  }
  client_.send(std::move(*request), [this, call](statelang::Expected<HttpResponse, HttpFailure> response) {
    answered(call, std::move(response));
  });
}

void HttpTasks::answered(const CallPtr& call, statelang::Expected<HttpResponse, HttpFailure> response) {
  constexpr unsigned kUnauthorized = 401;
  if (response && response->status == kUnauthorized && !call->token.empty() && !call->token_new) {
    // Withdrawn before its time: once more with a new one.
    tokens_.forget(call->connection, call->token);
    call->token_new = true;
    return authorize(call);
  }
  const Redaction& redaction = call->additions.redaction;
  if (call->trial && call->trial->exchange && response) {
    add_response(*response, call->trial->reveal_secrets ? nullptr : &redaction, *call->trial->exchange);
  }
  if (!response) {
    const bool sent = response.error().kind != HttpError::Refused;
    if (call->trial && !sent) call->trial->exchange.reset();
    return fail(call, task_failure(response.error(), redaction));
  }
  auto result = task_result(std::move(*response), redaction);
  if (!result) return fail(call, result.error());
  if (call->trial) {
    end_trial(*call, {statelang::Payload::from_text(std::move(*result)), {}});
  } else {
    reporter_.succeed(call->task.token, std::move(*result));
  }
  finished();
}

}  // namespace engine::integrations
