#include <algorithm>
#include <charconv>

#include <connectors/logs/execution_logs.h>
#include <connectors/logs/log_line.h>
#include <connectors/triggers/thread_strand.h>
#include <connectors/triggers/trigger_routes.h>
#include <engine/api/http/problem.h>
#include <engine/core/log_settings.h>

#include "live_feed.h"
#include "log_writer.h"

namespace connectors::logs {

using engine::ApiError;
using engine::ApiErrorCode;
using engine::ApiResult;
using engine::StateMachine;
using engine::core::LogLevel;
using engine::http::Problem;
using engine::http::Request;
using engine::http::Responder;
using engine::http::Response;
using statelang::Unexpected;
using Lines = std::vector<std::string>;

namespace {

constexpr size_t kEventsMax = 1'000;  // in one reading of a history

bool is_express(std::string_view execution_arn) {
  return execution_arn.find(":express:") != std::string_view::npos;
}

// arn:aws:states:REGION:ACCOUNT:KIND:MACHINE... -> the state machine's
std::string machine_arn_of(engine::Engine& engine, std::string_view execution_arn) {
  return engine.state_machine_arn(machine_name_in(execution_arn));
}

}  // namespace

struct ExecutionLogs::Content {
  Content(engine::Engine& given, const engine::Clock& clock, LogFileSettings settings)
      : engine(given),
        feed(*given.event_feed()),
        files(std::move(settings)),
        writer(std::make_shared<LogWriter>(feed, clock, files)),
        live(std::make_shared<LiveFeed>(given, clock)) {}

  ApiResult<Lines> read(const LogQuery& query);
  ApiResult<Lines> read_history(const LogQuery& query);
  ApiResult<Lines> read_file(const LogQuery& query, const std::string& machine_arn);
  void watch(const Request& request, const Responder& responder, Watch watch);
  void answer(const Request& request, const Responder& responder);

  engine::Engine& engine;
  engine::EventFeed& feed;
  LogFiles files;
  std::shared_ptr<LogWriter> writer;
  std::shared_ptr<LiveFeed> live;
  triggers::ThreadStrand reading;  // files may be large: not on a thread of the server
};

ExecutionLogs::ExecutionLogs(engine::Engine& engine, const engine::Clock& clock, LogFileSettings settings)
    : content_(std::make_unique<Content>(engine, clock, std::move(settings))) {}

ExecutionLogs::~ExecutionLogs() {
  stop();
}

ApiResult<bool> ExecutionLogs::start() {
  content_->feed.add_listener(content_->live);
  return content_->writer->start();
}

void ExecutionLogs::stop() {
  content_->feed.remove_listener(content_->live.get());
  content_->live->stop();
  content_->reading.stop();
  content_->writer->stop();
}

void ExecutionLogs::append_metrics(std::string& text) const {
  content_->writer->append_metrics(text);
}

void ExecutionLogs::read(LogQuery query, engine::ApiCallback<Lines> done) {
  content_->reading.post([content = content_.get(), query = std::move(query), done = std::move(done)] {
    done(content->read(query));
  });
}

ApiResult<Lines> ExecutionLogs::Content::read(const LogQuery& query) {
  if (query.execution_arn.empty()) return read_file(query, query.state_machine_arn);
  if (is_express(query.execution_arn)) return read_file(query, machine_arn_of(engine, query.execution_arn));
  return read_history(query);
}

ApiResult<Lines> ExecutionLogs::Content::read_history(const LogQuery& query) {
  const auto execution = engine.describe_execution(query.execution_arn);
  if (!execution) return Unexpected{execution.error()};
  Lines lines;
  engine::HistoryRequest wanted{query.execution_arn, 0, true, kEventsMax};
  for (bool more = true; more && lines.size() < query.limit;) {
    const auto events = engine.history(wanted);
    if (!events) return Unexpected{events.error()};
    for (const auto& event : *events) {
      if (!is_logged(query.level, event.type) || lines.size() >= query.limit) continue;
      lines.push_back(log_line(query.execution_arn, execution->redrive_count, event, true));
    }
    more = events->size() == kEventsMax;
    if (more) wanted.after_id = events->back().id;
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

ApiResult<Lines> ExecutionLogs::Content::read_file(const LogQuery& query, const std::string& machine_arn) {
  const auto machine = engine.describe_state_machine(machine_arn);
  if (!machine) return Unexpected{machine.error()};
  const auto log = engine::core::log_settings(machine->configuration);
  const std::string group = log.group.empty() ? default_group(machine->name) : log.group;
  return files.last(group, query.limit, [&](std::string_view line) {
    const LineHead head = read_head(line);
    if (!is_logged(query.level, head.type)) return false;
    if (!query.execution_arn.empty()) return head.execution_arn == query.execution_arn;
    return machine_name_in(head.execution_arn) == machine->name;  // groups may be shared
  });
}

// ------------------------------------------------------------------------------------------ routes

namespace {

Response wrong(const char* parameter, std::string message) {
  Problem problem{400, "ValidationFailed", std::string(parameter) + " " + message, {}};
  problem.findings.push_back({"?" + std::string(parameter), std::move(message), "", "", false});
  return to_response(problem);
}

// A name or an ARN; executions: MACHINE:NAME or an ARN. Empty: it is neither.
std::string execution_arn(engine::Engine& engine, const std::string& given) {
  if (given.rfind("arn:", 0) == 0) return machine_name_in(given).empty() ? "" : given;
  const size_t colon = given.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == given.size()) return {};
  std::string arn = engine.state_machine_arn(given.substr(0, colon));
  const std::string_view kind = ":stateMachine:";
  arn.replace(arn.find(kind), kind.size(), ":execution:");
  return arn + given.substr(colon);
}

std::string lines_json(const Lines& lines) {
  std::string out = "{\"items\":[";
  for (const std::string& line : lines) {
    if (out.back() != '[') out += ',';
    out += line;
  }
  return out + "]}";
}

}  // namespace

void ExecutionLogs::Content::watch(const Request& request, const Responder& responder, Watch watch) {
  if (live->full()) {
    Problem problem{429, "Throttled", "there are " + std::to_string(kWatchersMax) + " watchers already", {}};
    problem.retry_after_seconds = 5;
    return responder.send(to_response(problem));
  }
  (void)request;
  Response head;
  head.content_type = "text/event-stream";
  head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  auto stream = responder.open_stream(std::move(head));
  if (!live->add(std::move(watch), stream)) stream->finish();
}

void ExecutionLogs::Content::answer(const Request& request, const Responder& responder) {
  LogQuery query;
  if (const auto level = request.query("level"); level && !read_level(*level, query.level)) {
    return responder.send(wrong("level", "must be ALL, ERROR or FATAL"));
  }
  if (const auto limit = request.query("limit")) {
    const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), query.limit);
    if (error != std::errc() || end != limit->data() + limit->size() || query.limit < 1 ||
        query.limit > kLinesMax) {
      return responder.send(wrong("limit", "must be a whole number from 1 to " + std::to_string(kLinesMax)));
    }
  }
  const std::string machine = request.query("machine").value_or("");
  const std::string execution = request.query("execution").value_or("");
  if (!execution.empty()) {
    query.execution_arn = execution_arn(engine, execution);
    if (query.execution_arn.empty())
      return responder.send(wrong("execution", "must be MACHINE:NAME or an execution's ARN"));
  }
  if (!machine.empty()) {
    query.state_machine_arn = machine.rfind("arn:", 0) == 0 ? machine : engine.state_machine_arn(machine);
  }
  if (request.header("Accept").find("text/event-stream") != std::string_view::npos) {
    const size_t colon = query.state_machine_arn.rfind(':');
    const std::string name = colon == std::string::npos ? "" : query.state_machine_arn.substr(colon + 1);
    return watch(request, responder, {name, query.execution_arn, query.level});
  }
  if (machine.empty() && execution.empty()) {
    return responder.send(wrong("machine", "must be there, or execution"));
  }
  reading.post([this, query = std::move(query), responder] {
    const auto lines = read(query);
    Response response;
    if (lines) response.body = lines_json(*lines);
    responder.send(lines ? std::move(response) : triggers::problem_of(lines.error()));
  });
}

void ExecutionLogs::add_routes(engine::http::Router& router) {
  router.get("/v1/logs", [content = content_.get()](Request request, Responder responder) {
    content->answer(request, responder);
  });
}

}  // namespace connectors::logs
