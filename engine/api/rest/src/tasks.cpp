// /v1/tasks: the workers' side, as docs/formats/task_wire.md says.
#include <algorithm>
#include <atomic>
#include <memory>

#include <engine/runtime/abandoned_poll.h>
#include <engine/wire/task_topic.h>

#include "answers.h"
#include "body_reader.h"
#include "routes.h"

namespace engine::rest {
namespace {

constexpr size_t kQueueBytesMax = 1024;
constexpr size_t kWorkerBytesMax = 80;
constexpr size_t kTokenBytesMax = 1024;
constexpr size_t kErrorBytesMax = 256 * 4;
constexpr size_t kCauseBytesMax = 32'768 * 4;
constexpr int64_t kTasksMax = 1000;
constexpr size_t kResultsMax = 1000;
constexpr size_t kHoldingMax = 10'000;
constexpr int64_t kWaitSecondsMax = 60;
// A poll that brings results waits no longer than this for tasks, so that the worker soon knows that they are
// durable. Longer than the pause between two tasks of a busy queue: there, results still cost no request.
constexpr int64_t kAcknowledgeWithinMs = 100;

// One result: a success with `output`, or a failure with `error` and `cause`.
TaskResult read_result(BodyReader& body) {
  TaskResult result;
  result.token = body.required_text("token", kTokenBytesMax);
  const auto output = body.value("output");
  if (output) result.output = std::string(*output);
  result.failure.has_error = body.has("error");
  result.failure.has_cause = body.has("cause");
  result.failure.error = body.text("error", kErrorBytesMax);
  result.failure.cause = body.text("cause", kCauseBytesMax);
  const bool failed = result.failure.has_error || result.failure.has_cause;
  if (output && failed) body.wrong("output", "cannot stand beside error or cause");
  if (!output && !failed) body.wrong("output", "is required, or else error and cause");
  return result;
}

// Appends what is wrong with the parts of a body to those of the whole.
void adopt(std::vector<http::Finding>& findings, std::vector<http::Finding> more) {
  for (auto& finding : more) findings.push_back(std::move(finding));
}

std::vector<TaskResult> read_results(BodyReader& body, std::vector<http::Finding>& findings) {
  std::vector<TaskResult> results;
  for (const std::string_view text : body.items("results", kResultsMax)) {
    BodyReader item(text, "/results/" + std::to_string(results.size()));
    results.push_back(read_result(item));
    adopt(findings, item.take_findings());
  }
  return results;
}

std::vector<std::string> read_tokens(BodyReader& body, std::string_view name) {
  std::vector<std::string> tokens;
  for (const std::string_view text : body.items(name, kHoldingMax)) {
    auto token = json_string(text);
    if (!token || token->empty() || token->size() > kTokenBytesMax) {
      body.wrong(name, "must hold task tokens", "item " + std::to_string(tokens.size()) + " is none");
      return {};
    }
    tokens.push_back(std::move(*token));
  }
  return tokens;
}

std::optional<http::Problem> problem_of(BodyReader& body, std::vector<http::Finding> findings) {
  auto problem = body.problem();
  if (findings.empty()) return problem;
  if (!problem) {
    problem =
        http::Problem{400, "ValidationFailed", findings[0].pointer.substr(1) + " " + findings[0].message, {}};
  }
  adopt(problem->findings, std::move(findings));
  return problem;
}

std::string to_json(const ApiResult<bool>& accepted) {
  if (accepted) return R"({"accepted":true})";
  std::string out = R"({"accepted":false)";
  member(out, "code", to_string(accepted.error().code));
  member(out, "message", accepted.error().message);
  member_json(out, "retry", worth_retrying(accepted.error().code) ? "true" : "false");
  return out += '}';
}

void append_list(std::string& out, const std::vector<std::string>& items) {
  out += '[';
  for (const std::string& item : items) {
    if (out.back() != '[') out += ',';
    out += item;
  }
  out += ']';
}

// Batch: several answers that come in any order, from any thread; `done` runs after the last of them. It is
// created with one part more than there are answers, so that it cannot end while it is being filled.
class Batch {
 public:
  Batch(size_t answers, std::function<void(std::vector<std::string>)> done)
      : answers_(answers), open_(answers + 1), done_(std::move(done)) {}
  void set(size_t index, std::string answer) {
    answers_[index] = std::move(answer);  // each slot has one writer; `open_` orders them before done_
    finish_one();
  }
  void finish_one() {
    if (open_.fetch_sub(1, std::memory_order_acq_rel) == 1) done_(std::move(answers_));
  }

 private:
  std::vector<std::string> answers_;
  std::atomic<size_t> open_;
  std::function<void(std::vector<std::string>)> done_;
};

void report_all(Engine& engine, std::vector<TaskResult> results, const std::string& worker,
                const std::shared_ptr<Batch>& batch) {
  for (size_t i = 0; i < results.size(); ++i) {
    engine.report_task(std::move(results[i]), worker,
                       [batch, i](ApiResult<bool> accepted) { batch->set(i, to_json(accepted)); });
  }
}

// ------------------------------------------------------------------------------------------------ poll

struct PollOutcome {
  std::optional<ApiResult<std::vector<PolledTask>>> tasks;  // absent: none were asked for
};

void answer_poll(const http::Responder& responder, const PollOutcome& outcome,
                 const std::vector<std::string>& results) {
  // Without results the worker needs the error; with them it needs their answers, and meets the error again.
  if (outcome.tasks && !*outcome.tasks && results.empty())
    return responder.send(to_response(outcome.tasks->error()));
  std::string out = R"({"tasks":[)";
  if (outcome.tasks && *outcome.tasks) {
    for (const PolledTask& task : outcome.tasks->value()) {
      if (out.back() != '[') out += ',';
      out += wire::task_json(task.task, task.token, task.delivery);
    }
  }
  out += ']';
  if (!results.empty()) append_list(out += R"(,"results":)", results);
  member(out, "lease_ms", kTaskLeaseMs);
  responder.send(json(out += '}'));
}

void poll(Engine& engine, const http::Request& request, const http::Responder& responder) {
  BodyReader body(request.body());
  std::vector<http::Finding> findings;
  PollTasksRequest wanted;
  wanted.queue = body.required_text("queue", kQueueBytesMax);
  wanted.worker = body.text("worker", kWorkerBytesMax);
  wanted.tasks_max = static_cast<size_t>(body.integer("tasks_max", 0, kTasksMax, 1));
  wanted.wait_ms = body.seconds_as_ms("wait_seconds", kWaitSecondsMax);
  std::vector<TaskResult> results = read_results(body, findings);
  const std::vector<std::string> holding = read_tokens(body, "holding");
  if (const auto problem = problem_of(body, std::move(findings)))
    return responder.send(http::to_response(*problem));

  if (!holding.empty()) engine.renew_leases(holding);
  auto outcome = std::make_shared<PollOutcome>();
  const bool polls = wanted.tasks_max > 0;
  const size_t answers = results.size();
  // The results are handed over first: what follows from them may already be in this answer. The poll is the
  // batch's extra part.
  auto batch = std::make_shared<Batch>(answers, [responder, outcome](std::vector<std::string> given) {
    answer_poll(responder, *outcome, given);
  });
  report_all(engine, std::move(results), wanted.worker, batch);
  if (!polls) return batch->finish_one();
  if (answers > 0) wanted.wait_ms = std::min(wanted.wait_ms, kAcknowledgeWithinMs);
  if (wanted.wait_ms > 0) responder.on_close(abandonment_of(wanted, engine));
  engine.poll_tasks(std::move(wanted), [batch, outcome](ApiResult<std::vector<PolledTask>> tasks) {
    outcome->tasks.emplace(std::move(tasks));
    batch->finish_one();
  });
}

// ------------------------------------------------------------------------------- complete, fail, heartbeat

void report_one(Engine& engine, BodyReader& body, const http::Responder& responder) {
  const std::string worker = body.text("worker", kWorkerBytesMax);
  TaskResult result = read_result(body);
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  engine.report_task(std::move(result), worker, [responder](ApiResult<bool> accepted) {
    if (!accepted) return responder.send(to_response(accepted.error()));
    responder.send(json(to_json(accepted)));
  });
}

void complete(Engine& engine, const http::Request& request, const http::Responder& responder) {
  BodyReader body(request.body());
  if (!body.has("results")) return report_one(engine, body, responder);
  std::vector<http::Finding> findings;
  const std::string worker = body.text("worker", kWorkerBytesMax);
  std::vector<TaskResult> results = read_results(body, findings);
  if (const auto problem = problem_of(body, std::move(findings)))
    return responder.send(http::to_response(*problem));
  auto batch = std::make_shared<Batch>(results.size(), [responder](const std::vector<std::string>& given) {
    std::string out = R"({"results":)";
    append_list(out, given);
    responder.send(json(out += '}'));
  });
  report_all(engine, std::move(results), worker, batch);
  batch->finish_one();
}

void fail(Engine& engine, const http::Request& request, const http::Responder& responder) {
  BodyReader body(request.body());
  TaskResult result;
  result.token = body.required_text("token", kTokenBytesMax);
  const std::string worker = body.text("worker", kWorkerBytesMax);
  result.failure.has_error = body.has("error");
  result.failure.has_cause = body.has("cause");
  result.failure.error = body.text("error", kErrorBytesMax);
  result.failure.cause = body.text("cause", kCauseBytesMax);
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  engine.report_task(std::move(result), worker, [responder](ApiResult<bool> accepted) {
    if (!accepted) return responder.send(to_response(accepted.error()));
    responder.send(json(to_json(accepted)));
  });
}

std::string to_json(const ApiResult<HeartbeatAnswer>& answer) {
  if (answer) return answer->cancelled ? R"({"cancelled":true})" : R"({"cancelled":false})";
  // What may work again later does not say that the task is over.
  std::string out = worth_retrying(answer.error().code) ? R"({"cancelled":false)" : R"({"cancelled":true)";
  member(out, "code", to_string(answer.error().code));
  member(out, "message", answer.error().message);
  return out += '}';
}

void heartbeat(Engine& engine, const http::Request& request, const http::Responder& responder) {
  BodyReader body(request.body());
  if (!body.has("tokens")) body.wrong("tokens", "is required");
  std::vector<std::string> tokens = read_tokens(body, "tokens");
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  engine.renew_leases(tokens);
  auto batch = std::make_shared<Batch>(tokens.size(), [responder](const std::vector<std::string>& given) {
    std::string out = R"({"heartbeats":)";
    append_list(out, given);
    responder.send(json(out += '}'));
  });
  for (size_t i = 0; i < tokens.size(); ++i) {
    engine.heartbeat_task(std::move(tokens[i]),
                          [batch, i](ApiResult<HeartbeatAnswer> answer) { batch->set(i, to_json(answer)); });
  }
  batch->finish_one();
}

}  // namespace

void add_task_routes(http::Router& router, Engine& engine) {
  using Serve = void (*)(Engine&, const http::Request&, const http::Responder&);
  const std::pair<const char*, Serve> routes[] = {{"/v1/tasks/poll", poll},
                                                  {"/v1/tasks/complete", complete},
                                                  {"/v1/tasks/fail", fail},
                                                  {"/v1/tasks/heartbeat", heartbeat}};
  for (const auto& [path, serve] : routes) {
    router.post(path,
                [&engine, serve = serve](const http::Request& request, const http::Responder& responder) {
                  serve(engine, request, responder);
                });
  }
}

}  // namespace engine::rest
