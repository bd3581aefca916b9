#include <catch2/catch.hpp>

#include <engine/api/rest/rest_api.h>
#include <statelang/value.h>

#include "fake_engine.h"

using namespace engine;
using http::Method;
using rest::tests::ask;

namespace {

struct Api {
  Api() { rest::add_routes(router, engine, {"1.0", nullptr}); }
  rest::tests::FakeEngine engine;
  http::Router router;
};

std::string member_of(const std::string& body, std::string_view name) {
  const auto value = statelang::parse_json(body);
  REQUIRE(value);
  const auto* found = value->find(name);
  if (!found) return "absent";
  return found->is_string() ? std::string(found->as_string()) : statelang::to_json(*found);
}

const std::string kDefinition = R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}})";

statelang::HistoryEvent event(statelang::EventId id, statelang::EventType type, std::string name = {}) {
  statelang::HistoryEvent made;
  made.id = id;
  made.previous_id = id - 1;
  made.timestamp_ms = 1'767'225'600'000 + id;
  made.type = type;
  made.name = std::move(name);
  return made;
}

}  // namespace

TEST_CASE("state machines: create, look, list, put and delete") {
  Api api;
  auto created =
      ask(api.router, Method::Post, "/v1/state-machines", R"({"name":"m","definition":)" + kDefinition + "}");
  CHECK(created->response.status == 201);
  CHECK(created->response.headers == http::HeaderList{{"Location", "/v1/state-machines/m"}});
  CHECK(api.engine.machines.begin()->second.definition == kDefinition);
  auto shown = ask(api.router, Method::Get, "/v1/state-machines/m");
  CHECK(shown->response.body == created->response.body);
  CHECK(member_of(shown->response.body, "created") == "2026-01-01T00:00:00.000Z");
  CHECK(ask(api.router, Method::Get,
            "/v1/state-machines/arn%3Aaws%3Astates%3Alocal%3A000000000000%3AstateMachine%3Am")
            ->response.status == 200);

  CHECK(ask(api.router, Method::Put, "/v1/state-machines/m", R"({"definition":"{}"})")->response.status ==
        200);
  CHECK(api.engine.machines.begin()->second.definition == "{}");
  CHECK(ask(api.router, Method::Put, "/v1/state-machines/n", R"({"definition":{},"type":"EXPRESS"})")
            ->response.status == 201);
  CHECK(ask(api.router, Method::Put, "/v1/state-machines/n", R"({"definition":{},"type":"STANDARD"})")
            ->response.status == 400);
  auto page = ask(api.router, Method::Get, "/v1/state-machines?limit=1");
  CHECK(member_of(page->response.body, "next_page_token").ends_with(":m"));
  CHECK(page->response.body.find("definition") == std::string::npos);

  CHECK(ask(api.router, Method::Delete, "/v1/state-machines/m")->response.status == 204);
  CHECK(ask(api.router, Method::Delete, "/v1/state-machines/m")->response.status == 404);
  CHECK(ask(api.router, Method::Get, "/v1/state-machines/m")->response.status == 404);
}

TEST_CASE("state machines: all diagnostics of a definition come back") {
  Api api;
  using Severity = statelang::Diagnostic::Severity;
  api.engine.diagnostics = {
      {Severity::Error, "MISSING_TRANSITION_TARGET", "/States/A/Next", "no such state", "try B"},
      {Severity::Warning, "W", "/States/B", "unreachable", ""}};
  auto answer = ask(api.router, Method::Post, "/v1/validate", R"({"definition":{}})");
  CHECK(
      answer->response.body ==
      R"({"valid":false,"diagnostics":[{"pointer":"/States/A/Next","message":"no such state","hint":"try B",)"
      R"("code":"MISSING_TRANSITION_TARGET","severity":"error"},{"pointer":"/States/B","message":"unreachable",)"
      R"("hint":"","code":"W","severity":"warning"}]})"
      "\n");
  api.engine.fail_with = {ApiErrorCode::InvalidDefinition, "Invalid State Machine Definition",
                          api.engine.diagnostics};
  answer = ask(api.router, Method::Post, "/v1/state-machines", R"({"name":"m","definition":{}})");
  CHECK(answer->response.status == 400);
  CHECK(member_of(answer->response.body, "code") == "InvalidDefinition");
  CHECK(answer->response.body.find("try B") != std::string::npos);
}

TEST_CASE("executions: the input goes on byte by byte, the outcome comes back as JSON") {
  Api api;
  auto started = ask(api.router, Method::Post, "/v1/executions",
                     R"({"state_machine":"m","name":"one","input":{"b":1.50,"a": [ ]}})");
  CHECK(started->response.status == 201);
  const std::string arn = member_of(started->response.body, "execution_arn");
  CHECK(api.engine.executions.at(arn).input.text() == R"({"b":1.50,"a": [ ]})");
  CHECK(ask(api.router, Method::Get, "/v1/executions/m:one")->response.status == 200);
  CHECK(ask(api.router, Method::Get, "/v1/executions/" + arn)
            ->response.body.find(R"("input":{"b":1.50,"a": [ ]})") != std::string::npos);
  CHECK(ask(api.router, Method::Get, "/v1/executions/m:two")->response.status == 404);
  CHECK(ask(api.router, Method::Get, "/v1/executions/one")->response.status == 404);

  auto ended = ask(api.router, Method::Post, "/v1/executions",
                   R"({"state_machine":"m","input":[1],"wait_seconds":5})");
  CHECK(ended->response.status == 200);
  CHECK(member_of(ended->response.body, "status") == "SUCCEEDED");
  CHECK(member_of(ended->response.body, "output") == "[1]");
  auto running =
      ask(api.router, Method::Post, "/v1/executions", R"({"state_machine":"m","wait_seconds":0.5})");
  CHECK(running->response.status == 202);
}

TEST_CASE("executions: filters are read, and refused when they make no sense") {
  Api api;
  ask(api.router, Method::Get,
      "/v1/"
      "executions?state_machine=m&status=TIMED_OUT&name_prefix=a%20b&started_after=2026-01-01T00:00:00Z&"
      "limit=7");
  CHECK(api.engine.last_list.state_machine_arn.ends_with(":m"));
  CHECK(api.engine.last_list.status == statelang::ExecutionStatus::TimedOut);
  CHECK(api.engine.last_list.name_prefix == "a b");
  CHECK(api.engine.last_list.started_after_ms == 1'767'225'600'000);
  CHECK(api.engine.last_list.limit == 7);
  for (const char* bad : {"status=running", "limit=0", "limit=1001", "limit=x", "started_after=soon"}) {
    CAPTURE(bad);
    CHECK(ask(api.router, Method::Get, std::string("/v1/executions?") + bad)->response.status == 400);
  }
}

TEST_CASE("executions: stop passes on what was given and nothing else") {
  Api api;
  ask(api.router, Method::Post, "/v1/executions", R"({"state_machine":"m","name":"one"})");
  CHECK(ask(api.router, Method::Post, "/v1/executions/m:one/stop")->response.status == 200);
  CHECK_FALSE(api.engine.last_stop.failure.has_error);
  CHECK(ask(api.router, Method::Post, "/v1/executions/m:one/stop", R"({"error":"E"})")->response.status ==
        200);
  CHECK(api.engine.last_stop.failure.error == "E");
  CHECK_FALSE(api.engine.last_stop.failure.has_cause);
}

TEST_CASE("history: pages say where to go on and when nothing follows") {
  Api api;
  ask(api.router, Method::Post, "/v1/executions", R"({"state_machine":"m","name":"one"})");
  auto& [arn, execution] = *api.engine.executions.begin();
  auto& events = api.engine.histories[arn];
  events = {event(1, statelang::EventType::ExecutionStarted),
            event(2, statelang::EventType::PassStateEntered, "A")};
  events[1].has_payload = true;
  auto page = ask(api.router, Method::Get, "/v1/executions/m:one/history?limit=1");
  CHECK(member_of(page->response.body, "last_id") == "1");
  CHECK(member_of(page->response.body, "finished") == "false");
  page = ask(api.router, Method::Get, "/v1/executions/m:one/history?after=1");
  CHECK(page->response.body ==
        R"({"events":[{"id":2,"previous_id":1,"time":"2026-01-01T00:00:00.002Z","type":"PassStateEntered",)"
        R"("name":"A","input":{}}],"last_id":2,"finished":false})"
        "\n");
  execution.status = statelang::ExecutionStatus::Succeeded;
  page = ask(api.router, Method::Get, "/v1/executions/m:one/history?after=2");
  CHECK(member_of(page->response.body, "finished") == "true");
  CHECK(ask(api.router, Method::Get, "/v1/executions/m:two/history")->response.status == 404);
}

TEST_CASE("history: a follower gets every event and the end, and goes on after Last-Event-ID") {
  Api api;
  ask(api.router, Method::Post, "/v1/executions", R"({"state_machine":"m","name":"one","input":"a\nb"})");
  auto& [arn, execution] = *api.engine.executions.begin();
  auto& events = api.engine.histories[arn];
  events = {event(1, statelang::EventType::ExecutionStarted)};
  auto answer =
      ask(api.router, Method::Get, "/v1/executions/m:one/history", "", {{"Accept", "text/event-stream"}});
  CHECK(answer->response.content_type == "text/event-stream");
  CHECK(answer->streamed.starts_with("id: 1\nevent: history\ndata: {"));
  CHECK_FALSE(answer->stream_finished);
  events.push_back(event(2, statelang::EventType::ExecutionSucceeded));
  execution.status = statelang::ExecutionStatus::Succeeded;
  api.engine.waiting_history.at(0)();
  CHECK(answer->streamed.find("id: 2\n") != std::string::npos);
  CHECK(answer->streamed.find("event: end\ndata: {") != std::string::npos);
  CHECK(answer->stream_finished);
  auto later = ask(api.router, Method::Get, "/v1/executions/m:one/history", "",
                   {{"Accept", "text/event-stream"}, {"Last-Event-ID", "1"}});
  CHECK(later->streamed.starts_with("id: 2\n"));
}

TEST_CASE("errors: the engine's errors have their status, and Retry-After where waiting helps") {
  const std::vector<std::tuple<ApiErrorCode, unsigned, bool>> cases{
      {ApiErrorCode::InvalidName, 400, false},
      {ApiErrorCode::StateMachineDoesNotExist, 404, false},
      {ApiErrorCode::ExecutionAlreadyExists, 409, false},
      {ApiErrorCode::Throttled, 429, true},
      {ApiErrorCode::StorageFull, 507, true},
      {ApiErrorCode::Unavailable, 503, true},
      {ApiErrorCode::ShuttingDown, 503, true},
      {ApiErrorCode::Internal, 500, false}};
  for (const auto& [code, status, retry] : cases) {
    Api api;
    api.engine.fail_with = {code, "because", {}};
    auto answer = ask(api.router, Method::Post, "/v1/executions", R"({"state_machine":"m"})");
    CHECK(answer->response.status == status);
    CHECK(answer->response.content_type == "application/problem+json");
    CHECK(member_of(answer->response.body, "detail") == "because");
    CHECK((!answer->response.headers.empty() && answer->response.headers[0].first == "Retry-After") == retry);
  }
}

TEST_CASE("health: alive, ready and metrics") {
  Api api;
  CHECK(ask(api.router, Method::Get, "/healthz")->response.status == 200);
  CHECK(ask(api.router, Method::Get, "/readyz")->response.status == 200);
  api.engine.not_ready = "recovering partition 3";
  auto answer = ask(api.router, Method::Get, "/readyz");
  CHECK(answer->response.status == 503);
  CHECK(member_of(answer->response.body, "detail") == "recovering partition 3");
  CHECK(ask(api.router, Method::Get, "/metrics")->response.body == "stepstream_fake 1\n");
}
