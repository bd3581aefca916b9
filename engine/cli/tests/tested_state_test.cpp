#include "tested_state.h"

#include <catch2/catch.hpp>

using namespace engine::cli;
namespace test_state = statelang::test_state;
using statelang::parse_json;

TEST_CASE("tested state: the request has the members that were given, in REST's words") {
  test_state::Request request;
  request.definition = R"({"Type":"Pass"})";
  request.role_arn = "arn:r";
  CHECK(test_state_body(request) == R"({"definition":"{\"Type\":\"Pass\"}","input":{},"role_arn":"arn:r"})");
  request.state_name = "S\n";
  request.input = "[1]";
  request.variables = R"({"v":1})";
  request.context = "{}";
  request.mock = test_state::Mock{"2", std::nullopt, test_state::FieldValidation::None};
  request.configuration = {1, "In", 3, "a,b"};
  request.reveal_secrets = true;
  CHECK(test_state_body(request) ==
        R"({"definition":"{\"Type\":\"Pass\"}","input":[1],"state":"S\n","variables":{"v":1},"context":{},)"
        R"("mock":{"result":2,"validation":"NONE"},"retry_count":1,"failed_iterations":3,)"
        R"("error_caused_by_state":"In","item_data":"a,b","role_arn":"arn:r","reveal_secrets":true})");
  request.mock = test_state::Mock{std::nullopt, statelang::Failure{"E", {}, true, false}};
  CHECK(parse_json(test_state_body(request))->find("mock")->find("cause") == nullptr);
}

TEST_CASE("tested state: an answer of the server is the result it stands for") {
  const auto result = tested_state(*parse_json(
      R"({"status":"CAUGHT_ERROR","output":{"a":1},"error":"E","cause":"C","next_state":"B","inspection":{
          "input":{},"after_input_path":{"x":1},"max_concurrency":4,"tolerated_failure_percentage":2.5,
          "catch_index":1,"request":{"method":"GET","url":"https://h/p","headers":{"A":["1","2"]},"body":"b"},
          "response":{"status_code":404,"status_text":"Not Found","headers":{},"body":"gone"}}})"));
  CHECK(result.status == test_state::Status::CaughtError);
  CHECK(result.output->text() == R"({"a":1})");
  CHECK(result.error == "E");
  CHECK(result.cause == "C");
  CHECK(result.next_state == "B");
  const auto& inspection = result.inspection;
  REQUIRE(inspection.data.size() == 2);
  CHECK(inspection.data[1].first == "afterInputPath");
  CHECK(inspection.data[1].second.text() == R"({"x":1})");
  CHECK(inspection.max_concurrency == 4);
  CHECK(inspection.tolerated_failure_percentage == 2.5);
  CHECK(inspection.catch_index == 1);
  REQUIRE(inspection.http);
  CHECK(inspection.http->protocol == "https");
  CHECK(inspection.http->request_headers == test_state::HttpHeaders{{"A", "1"}, {"A", "2"}});
  CHECK(inspection.http->answered);
  CHECK(inspection.http->status_code == 404);
  CHECK(inspection.http->response_body == "gone");
}

TEST_CASE("tested state: what is no answer of this kind is a failed state without more") {
  CHECK(tested_state(statelang::Value()).status == test_state::Status::Failed);
  CHECK(tested_state(*parse_json(R"({"inspection":[],"status":7})")).inspection.data.empty());
}
