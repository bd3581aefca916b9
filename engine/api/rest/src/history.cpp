// /v1/executions/{execution}/history: pages, long poll, and server-sent events.
#include <charconv>
#include <memory>

#include "answers.h"
#include "routes.h"

namespace engine::rest {
namespace {

using statelang::EventId;
using statelang::HistoryEvent;

constexpr int64_t kPageMax = 1000;
constexpr int64_t kWaitSecondsMax = 60;
constexpr size_t kStreamPage = 200;
// A comment goes out when nothing happens for so long, so that proxies and dead peers are noticed.
constexpr int64_t kStreamBeatMs = 15'000;

bool has_ended(const Execution& execution) {
  return execution.status != statelang::ExecutionStatus::Running;
}

std::string page_json(const std::vector<HistoryEvent>& events, EventId last_id, bool finished) {
  std::string out = R"({"events":[)";
  for (const HistoryEvent& event : events) {
    if (out.back() != '[') out += ',';
    out += to_json(event);
  }
  out += ']';
  member(out, "last_id", last_id);
  member_json(out, "finished", finished ? "true" : "false");
  return out += '}';
}

// `finished`: nothing will come after last_id any more (going backwards: nothing is before it).
void answer_page(Engine& engine, const HistoryRequest& wanted, const http::Responder& responder) {
  // Asked before the events are read: an execution seen as ended has all its events.
  const auto execution = engine.describe_execution(wanted.execution_arn);
  if (!execution) return responder.send(to_response(execution.error()));
  const auto events = engine.history(wanted);
  if (!events) return responder.send(to_response(events.error()));
  const EventId last = events->empty() ? wanted.after_id : events->back().id;
  const bool all_read = events->size() < wanted.limit;
  const bool finished = wanted.reverse ? all_read || last <= 1 : all_read && has_ended(*execution);
  responder.send(json(page_json(*events, last, finished)));
}

void page(Engine& engine, HistoryRequest wanted, int64_t wait_ms, const http::Responder& responder) {
  if (wait_ms == 0 || wanted.reverse) return answer_page(engine, wanted, responder);
  const std::string arn = wanted.execution_arn;
  const EventId after = wanted.after_id;
  engine.wait_for_history(arn, after, wait_ms,
                          [&engine, wanted = std::move(wanted), responder](ApiResult<bool> waited) {
                            if (!waited) return responder.send(to_response(waited.error()));
                            answer_page(engine, wanted, responder);
                          });
}

// Follower: one history stream. Each event goes out as
//   id: 7 / event: history / data: {...}
// and the end as `event: end` with the execution. It writes a page, and reads the next one when that is out.
class Follower : public std::enable_shared_from_this<Follower> {
 public:
  Follower(Engine& engine, std::string arn, EventId after_id)
      : engine_(engine), arn_(std::move(arn)), after_(after_id) {}

  void begin(const http::Responder& responder) {
    http::Response head;
    head.content_type = "text/event-stream";
    head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
    stream_ = responder.open_stream(std::move(head));
    go_on();
  }

 private:
  void go_on() {
    const auto execution = engine_.describe_execution(arn_);
    const auto events = engine_.history({arn_, after_, false, kStreamPage});
    if (!execution || !events) return stream_->finish();  // erased, or stopping: the client asks again
    std::string text;
    for (const HistoryEvent& event : *events) {
      text +=
          "id: " + std::to_string(event.id) + "\nevent: history\ndata: " + one_line(to_json(event)) + "\n\n";
      after_ = event.id;
    }
    const bool last = events->size() < kStreamPage && has_ended(*execution);
    if (last) text += "event: end\ndata: " + one_line(to_json(*execution)) + "\n\n";
    if (text.empty()) return wait();
    stream_->write(std::move(text), [self = shared_from_this(), last](bool written) {
      if (!written || last) return self->stream_->finish();
      self->go_on();
    });
  }

  void wait() {
    engine_.wait_for_history(arn_, after_, kStreamBeatMs, [self = shared_from_this()](ApiResult<bool> more) {
      if (!more) return self->stream_->finish();
      if (*more) return self->go_on();
      self->stream_->write(": still here\n\n", [self](bool written) {
        if (!written) return self->stream_->finish();
        self->go_on();
      });
    });
  }

  // Payloads keep the line breaks they came with; between JSON tokens a space means the same.
  static std::string one_line(std::string text) {
    for (char& c : text) {
      if (c == '\n' || c == '\r') c = ' ';
    }
    return text;
  }

  Engine& engine_;
  const std::string arn_;
  EventId after_;
  std::shared_ptr<http::Stream> stream_;
};

void serve(Engine& engine, const http::Request& request, const http::Responder& responder) {
  const auto arn = execution_arn(engine, request.parameter("execution"));
  if (!arn) return responder.send(not_an_execution(request.parameter("execution")));
  QueryReader query{request, {}};
  HistoryRequest wanted;
  wanted.execution_arn = *arn;
  wanted.after_id = query.integer("after", 0, INT64_MAX, 0);
  wanted.limit = static_cast<size_t>(query.integer("limit", 1, kPageMax, 100));
  wanted.reverse = query.flag("reverse");
  const int64_t wait_ms = query.seconds_as_ms("wait_seconds", kWaitSecondsMax);
  if (const auto problem = query.problem()) return responder.send(http::to_response(*problem));
  if (request.header("Accept").find("text/event-stream") == std::string_view::npos) {
    return page(engine, std::move(wanted), wait_ms, responder);
  }
  if (const auto execution = engine.describe_execution(*arn); !execution) {
    return responder.send(to_response(execution.error()));
  }
  // A browser that lost the stream says how far it came.
  if (const auto seen = request.header("Last-Event-ID"); !seen.empty()) {
    std::from_chars(seen.data(), seen.data() + seen.size(), wanted.after_id);
  }
  std::make_shared<Follower>(engine, *arn, wanted.after_id)->begin(responder);
}

}  // namespace

void add_history_routes(http::Router& router, Engine& engine) {
  router.get("/v1/executions/{execution}/history",
             [&engine](const http::Request& request, const http::Responder& responder) {
               serve(engine, request, responder);
             });
}

}  // namespace engine::rest
