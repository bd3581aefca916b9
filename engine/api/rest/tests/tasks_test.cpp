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
  void enqueue(std::string token) {
    PolledTask task;
    task.token = std::move(token);
    task.task.queue = std::string("q");
    task.task.input = statelang::Payload::from_text(R"({"n": 1.0})");
    engine.queue.push_back(std::move(task));
  }
  std::string poll(const std::string& body) {
    auto answer = ask(router, Method::Post, "/v1/tasks/poll", body);
    CHECK(answer->response.status == 200);
    return answer->response.body;
  }
  rest::tests::FakeEngine engine;
  http::Router router;
};

}  // namespace

TEST_CASE("poll: tasks carry their input as JSON text") {
  Api api;
  api.enqueue("t1");
  CHECK(
      api.poll(R"({"queue":"q","worker":"w/1","tasks_max":5})") ==
      R"({"tasks":[{"token":"t1","queue":"q","resource":"","state_name":"","execution_arn":"",)"
      R"("state_machine_arn":"","input":{"n": 1.0},"retry_count":0,"delivery":1,"scheduled_ms":0,"timeout_ms":0,)"
      R"("heartbeat_ms":0}],"lease_ms":30000})"
      "\n");
  CHECK(api.engine.last_poll.worker == "w/1");
  CHECK(api.engine.last_poll.tasks_max == 5);
  CHECK(api.engine.last_poll.leased);
}

TEST_CASE("poll: results are handed in first, answered in order, with leases renewed") {
  Api api;
  api.engine.refused_tokens["late"] = {ApiErrorCode::TaskTimedOut, "too late", {}};
  api.engine.refused_tokens["full"] = {ApiErrorCode::StorageFull, "disk full", {}};
  const std::string body = api.poll(
      R"({"queue":"q","tasks_max":0,"holding":["h1","h2"],"results":[{"token":"a","output":[1, 2]},)"
      R"({"token":"late","output":null},{"token":"b","error":"E","cause":""},{"token":"full","output":1}]})");
  CHECK(
      body ==
      R"({"tasks":[],"results":[{"accepted":true},{"accepted":false,"code":"TaskTimedOut","message":"too late",)"
      R"("retry":false},{"accepted":true},{"accepted":false,"code":"StorageFull","message":"disk full",)"
      R"("retry":true}],"lease_ms":30000})"
      "\n");
  CHECK(api.engine.renewed == std::vector<std::string>{"h1", "h2"});
  REQUIRE(api.engine.reported.size() == 2);
  CHECK(api.engine.reported[0].output == "[1, 2]");
  CHECK_FALSE(api.engine.reported[1].output);
  CHECK(api.engine.reported[1].failure.error == "E");
  CHECK(api.engine.reported[1].failure.has_cause);
}

TEST_CASE("poll: a waiting poll is answered when a task comes, and given up when its client goes") {
  Api api;
  auto answer = ask(api.router, Method::Post, "/v1/tasks/poll", R"({"queue":"q","wait_seconds":0.25})");
  CHECK_FALSE(answer->sent);
  CHECK(api.engine.last_poll.wait_ms == 250);
  REQUIRE(api.engine.last_poll.abandoned);
  CHECK_FALSE(api.engine.last_poll.abandoned->load());
  answer->gone();
  CHECK(api.engine.last_poll.abandoned->load());
  CHECK(api.engine.abandoned_queue == "q");
  api.engine.waiting_poll(std::vector<PolledTask>{});
  CHECK(answer->sent);
}

TEST_CASE("poll: with results it waits for tasks no longer than their acknowledgement may take") {
  Api api;
  const std::string results = R"("results":[{"token":"a","output":1}]})";
  auto answer =
      ask(api.router, Method::Post, "/v1/tasks/poll", R"({"queue":"q","wait_seconds":20,)" + results);
  CHECK_FALSE(answer->sent);
  CHECK(api.engine.last_poll.wait_ms == 100);
  api.engine.waiting_poll(std::vector<PolledTask>{});
  CHECK(answer->response.body == "{\"tasks\":[],\"results\":[{\"accepted\":true}],\"lease_ms\":30000}\n");
  ask(api.router, Method::Post, "/v1/tasks/poll", R"({"queue":"q","wait_seconds":0.05,)" + results);
  CHECK(api.engine.last_poll.wait_ms == 50);
  ask(api.router, Method::Post, "/v1/tasks/poll", R"({"queue":"q","wait_seconds":20,"results":[]})");
  CHECK(api.engine.last_poll.wait_ms == 20'000);
}

TEST_CASE("poll: an engine that refuses says so, but never hides what became of results") {
  Api api;
  api.engine.fail_with = {ApiErrorCode::Throttled, "too many polls", {}};
  CHECK(ask(api.router, Method::Post, "/v1/tasks/poll", R"({"queue":"q"})")->response.status == 429);
  CHECK(api.poll(R"({"queue":"q","results":[{"token":"a","output":1}]})") ==
        "{\"tasks\":[],\"results\":[{\"accepted\":true}],\"lease_ms\":30000}\n");
}

TEST_CASE("poll: malformed requests change nothing and name every mistake") {
  Api api;
  const std::vector<std::string> bad{
      R"({})",
      R"({"queue":""})",
      R"({"queue":"q","tasks_max":1001})",
      R"({"queue":"q","tasks_max":-1})",
      R"({"queue":"q","wait_seconds":61})",
      R"({"queue":"q","results":{}})",
      R"({"queue":"q","results":[1]})",
      R"({"queue":"q","results":[{"token":"a"}]})",
      R"({"queue":"q","results":[{"output":1}]})",
      R"({"queue":"q","results":[{"token":"a","output":1,"error":"E"}]})",
      R"({"queue":"q","holding":[1]})",
      R"({"queue":"q","results":[{"token":"a","output":1}],"tasks":1})",
      R"(["queue"])",
      "{\"queue\":\"q\",",
  };
  for (const std::string& body : bad) {
    CAPTURE(body);
    auto answer = ask(api.router, Method::Post, "/v1/tasks/poll", body);
    CHECK(answer->response.status == 400);
    CHECK(answer->response.body.find("\"errors\":[") != std::string::npos);
  }
  CHECK(api.engine.reported.empty());
  auto answer =
      ask(api.router, Method::Post, "/v1/tasks/poll",
          R"({"queue":"q","results":[{"token":"a","output":1},{"token":"b"},{"token":7,"output":1}]})");
  CHECK(answer->response.body.find("/results/1/output") != std::string::npos);
  CHECK(answer->response.body.find("/results/2/token") != std::string::npos);
}

TEST_CASE("complete and fail: short forms answer with a status of their own") {
  Api api;
  api.engine.refused_tokens["late"] = {ApiErrorCode::TaskTimedOut, "too late", {}};
  const auto post = [&](const char* path, const char* body) {
    return ask(api.router, Method::Post, path, body)->response;
  };
  CHECK(post("/v1/tasks/complete", R"({"token":"a","output":{"x":1}})").body == "{\"accepted\":true}\n");
  CHECK(post("/v1/tasks/complete", R"({"token":"late","output":1})").status == 409);
  CHECK(post("/v1/tasks/complete", R"({"results":[{"token":"a","output":1},{"token":"late","error":"E"}]})")
            .body ==
        "{\"results\":[{\"accepted\":true},{\"accepted\":false,\"code\":\"TaskTimedOut\",\"message\":\"too "
        "late\","
        "\"retry\":false}]}\n");
  CHECK(post("/v1/tasks/complete", R"({"results":[]})").body == "{\"results\":[]}\n");
  CHECK(post("/v1/tasks/complete", "{}").status == 400);
  CHECK(post("/v1/tasks/fail", R"({"token":"a","error":"E"})").status == 200);
  CHECK(post("/v1/tasks/fail", R"({"token":"a"})").status == 200);
  CHECK_FALSE(api.engine.reported.back().output);
  CHECK(post("/v1/tasks/fail", R"({"token":"a","output":1})").status == 400);
}

TEST_CASE("heartbeat: each token hears whether to go on") {
  Api api;
  api.engine.refused_tokens["over"] = {ApiErrorCode::TaskTimedOut, "over", {}};
  api.engine.refused_tokens["busy"] = {ApiErrorCode::Throttled, "busy", {}};
  auto answer = ask(api.router, Method::Post, "/v1/tasks/heartbeat", R"({"tokens":["a","over","busy"]})");
  CHECK(answer->response.body ==
        "{\"heartbeats\":[{\"cancelled\":false},{\"cancelled\":true,\"code\":\"TaskTimedOut\",\"message\":"
        "\"over\"},"
        "{\"cancelled\":false,\"code\":\"Throttled\",\"message\":\"busy\"}]}\n");
  CHECK(api.engine.renewed.size() == 3);
  CHECK(ask(api.router, Method::Post, "/v1/tasks/heartbeat", "{}")->response.status == 400);
}
