#include <catch2/catch.hpp>

#include <engine/api/rest/needs.h>
#include <engine/api/rest/rest_api.h>

#include "fake_engine.h"

using namespace engine;
using http::Method;
using http::Request;

namespace {

const std::string kAccount = "arn:aws:states:local:000000000000:";

// "states:Action ARN ARN; ..." of a request; path parameters are given by name.
std::string needs(Method method, std::string path, const http::HeaderList& parameters = {},
                  std::string body = {}, const std::string& query = {}) {
  const rest::tests::FakeEngine engine;
  Request request(method, path + query, http::HeaderList{}, std::move(body));
  for (const auto& [name, value] : parameters) request.set_parameter(name, value);
  const auto found = rest::needs_of(engine, {method, std::move(path), {}, false}, request);
  if (!found) return "refused";
  std::string text;
  for (const auth::Need& need : *found) {
    text += (text.empty() ? "" : "; ") + need.action;
    for (const std::string& resource : need.resources) {
      const bool mine = resource.starts_with(kAccount);
      text += " " + (mine ? resource.substr(kAccount.size()) : resource);
    }
  }
  return text;
}

}  // namespace

TEST_CASE("needs: every route that is not open says what it needs") {
  rest::tests::FakeEngine engine;
  http::Router router;
  rest::add_routes(router, engine, {"1.0", nullptr});
  for (const http::Route& route : router.routes()) {
    CAPTURE(route.path);
    if (!route.open)
      CHECK(rest::needs_of(engine, route, Request(route.method, route.path, http::HeaderList{}, "")));
  }
  CHECK(needs(Method::Get, "/v1/unheard-of") == "refused");
  CHECK(needs(Method::Patch, "/v1/executions") == "refused");
}

TEST_CASE("needs: who tests a state and wants to see secrets needs one right more") {
  CHECK(needs(Method::Post, "/v1/test-state", {}, R"({"reveal_secrets":false})") == "states:TestState *");
  CHECK(needs(Method::Post, "/v1/test-state", {}, R"({"reveal_secrets":true})") ==
        "states:TestState *; states:RevealSecrets *");
}

TEST_CASE("needs: a state machine is named by its name, its ARN, or the ARN of a version") {
  const std::string one = "/v1/state-machines/{state_machine}";
  CHECK(needs(Method::Get, one, {{"state_machine", "a"}}) == "states:DescribeStateMachine stateMachine:a");
  CHECK(needs(Method::Get, one, {{"state_machine", kAccount + "stateMachine:a:7"}}) ==
        "states:DescribeStateMachine stateMachine:a");
  CHECK(needs(Method::Get, one, {{"state_machine", "a:7"}}) == "states:DescribeStateMachine stateMachine:a");
  CHECK(needs(Method::Get, one, {{"state_machine", "arn:aws"}}) == "states:DescribeStateMachine *");
  CHECK(needs(Method::Get, one, {{"state_machine", "arn:aws:states:x:9:stateMachine:a"}}) ==
        "states:DescribeStateMachine arn:aws:states:x:9:stateMachine:a");
  CHECK(needs(Method::Put, one, {{"state_machine", "a"}}) ==
        "states:CreateStateMachine stateMachine:a; states:UpdateStateMachine stateMachine:a");
  CHECK(needs(Method::Post, "/v1/state-machines", {}, R"({"name":"a"})") ==
        "states:CreateStateMachine stateMachine:a");
  CHECK(needs(Method::Post, "/v1/state-machines", {}, "{") == "states:CreateStateMachine *");
}

TEST_CASE("needs: a start acts on what its body names, and waiting is a right of its own") {
  const std::string all = "/v1/executions";
  CHECK(needs(Method::Post, all, {}, R"({"state_machine":"a","input":{"state_machine":"b"}})") ==
        "states:StartExecution stateMachine:a");
  CHECK(needs(Method::Post, all, {}, R"({"state_machine":"a","wait_seconds":1})") ==
        "states:StartExecution stateMachine:a; states:StartSyncExecution stateMachine:a");
  CHECK(needs(Method::Post, all, {}, "{}") == "states:StartExecution *");
}

TEST_CASE("needs: a listing acts on everything that it is limited to") {
  const std::string all = "/v1/executions";
  CHECK(needs(Method::Get, all) == "states:ListExecutions stateMachine:*");
  CHECK(needs(Method::Get, all, {}, "",
              "?state_machine=a&map_run=" + http::percent_encode(kAccount + "mapRun:b/c:d")) ==
        "states:ListExecutions stateMachine:a mapRun:b/c:d");
}

TEST_CASE("needs: executions are named by MACHINE:NAME or their ARN") {
  const std::string one = "/v1/executions/{execution}";
  CHECK(needs(Method::Get, one, {{"execution", "a:b"}}) == "states:DescribeExecution execution:a:b");
  CHECK(needs(Method::Get, one, {{"execution", "a"}}) == "states:DescribeExecution *");
}

TEST_CASE("needs: a poll acts on its queue, and what it brings along are reports") {
  const std::string poll = "/v1/tasks/poll";
  CHECK(needs(Method::Post, poll, {}, R"({"queue":"mail"})") == "states:PollTasks queue:mail");
  CHECK(needs(Method::Post, poll, {}, R"({"queue":")" + kAccount + R"(activity:x"})") ==
        "states:PollTasks activity:x");
  CHECK(needs(Method::Post, poll, {}, R"({"queue":"mail","results":[],"holding":[]})") ==
        "states:PollTasks queue:mail; states:SendTaskHeartbeat task:*; states:SendTaskSuccess task:*; "
        "states:SendTaskFailure task:*");
}

TEST_CASE("needs: who puts a trigger in place must be allowed to start its state machine") {
  const std::string one = "/v1/triggers/{trigger}";
  CHECK(needs(Method::Put, one, {{"trigger", "t"}}, R"({"state_machine":"a"})") ==
        "states:PutTrigger trigger:t; states:StartExecution stateMachine:a");
  CHECK(needs(Method::Put, one, {{"trigger", "t"}}, R"({"state_machine":"a","state_machine":"b"})") ==
        "states:PutTrigger trigger:t; states:StartExecution *");
}

TEST_CASE("needs: a sink carries away what the whole account does") {
  CHECK(
      needs(Method::Put, "/v1/sinks/{sink}", {{"sink", "s"}},
            R"({"Type":"stateMachine","StateMachine":"a"})") ==
      "states:PutSink sink:s; states:GetExecutionHistory execution:*; states:StartExecution stateMachine:a");
  CHECK(needs(Method::Put, "/v1/sinks/{sink}", {{"sink", "s"}}, R"({"Type":"webhook"})") ==
        "states:PutSink sink:s; states:GetExecutionHistory execution:*");
}

TEST_CASE("needs: logs are asked for by the name that they are kept under") {
  const std::string logs = "/v1/logs";
  CHECK(needs(Method::Get, logs) == "states:GetLogs stateMachine:*");
  CHECK(needs(Method::Get, logs, {}, "", "?machine=a&execution=b:c") ==
        "states:GetLogs stateMachine:a execution:b:c");
  CHECK(needs(Method::Get, logs, {}, "", "?machine=" + http::percent_encode(kAccount + "stateMachine:a:b")) ==
        "states:GetLogs *");
}
