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
  auto test(const std::string& body) { return ask(router, Method::Post, "/v1/test-state", body); }
  rest::tests::FakeEngine engine;
  http::Router router;
};

constexpr const char* kTask =
    R"("definition":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","ResultPath":"$.r","Next":"B"})";

}  // namespace

TEST_CASE("test state: the data flow comes back step by step") {
  Api api;
  const auto answer =
      api.test(R"({"input":{"a": 1},"mock":{"result":{"MessageId":"7"}},)" + std::string(kTask) + "}");
  CHECK(answer->response.status == 200);
  CHECK(
      answer->response.body ==
      R"({"status":"SUCCEEDED","output":{"a":1,"r":{"MessageId":"7"}},"next_state":"B","inspection":{)"
      R"("input":{"a": 1},"after_input_path":{"a": 1},"after_parameters":{"a": 1},"result":{"MessageId":"7"},)"
      R"("after_result_selector":{"MessageId":"7"},"after_result_path":{"a":1,"r":{"MessageId":"7"}}}})"
      "\n");
}

TEST_CASE("test state: a mocked error fails the state") {
  Api api;
  const auto answer = api.test(R"({"mock":{"error":"E","cause":"C"},)" + std::string(kTask) + "}");
  const auto body = statelang::parse_json(answer->response.body);
  REQUIRE(body);
  CHECK(body->find("status")->as_string() == "FAILED");
  CHECK(body->find("error")->as_string() == "E");
  CHECK(body->find("cause")->as_string() == "C");
  CHECK_FALSE(body->find("output"));
}

TEST_CASE("test state: every member reaches the engine") {
  Api api;
  (void)api.test(R"({"definition":{"Type":"Pass"},"state":"S","input":[1],"variables":{"v":1},"context":{},
      "mock":{"result":{"a": 1},"validation":"PRESENT"},"retry_count":2,"failed_iterations":3,
      "error_caused_by_state":"In","item_data":"a,b","role_arn":"arn:r","reveal_secrets":true})");
  const auto& request = api.engine.tested;
  CHECK(request.definition == R"({"Type":"Pass"})");
  CHECK(request.state_name == "S");
  CHECK(request.input == "[1]");
  CHECK(request.variables == R"({"v":1})");
  CHECK(request.context == "{}");
  CHECK(request.reveal_secrets);
  REQUIRE(request.mock);
  CHECK(request.mock->result == R"({"a": 1})");
  CHECK(request.mock->field_validation == statelang::test_state::FieldValidation::Present);
  CHECK(request.configuration.retrier_retry_count == 2);
  CHECK(request.configuration.map_iteration_failure_count == 3);
  CHECK(request.configuration.error_caused_by_state == "In");
  CHECK(request.configuration.map_item_reader_data == "a,b");
  CHECK(request.role_arn == "arn:r");
}

TEST_CASE("test state: every mistake of a request is named") {
  Api api;
  for (const char* body : {R"({})", R"({"definition":{},"mock":1})", R"({"definition":{},"retry_count":-1})",
                           R"({"definition":{},"mock":{"validation":"SOME"}})",
                           R"({"definition":{},"mock":{"resultat":1}})", R"({"definition":{},"stat":"A"})"}) {
    CAPTURE(body);
    const auto answer = api.test(body);
    CHECK(answer->response.status == 400);
    CHECK(answer->response.body.find("\"errors\"") != std::string::npos);
  }
  const auto broken = api.test(R"({"definition":{"Type":"Pass","Ende":true}})");
  CHECK(broken->response.status == 400);
  CHECK(broken->response.body.find("InvalidDefinition") != std::string::npos);
  CHECK(broken->response.body.find(R"("pointer":"/Ende")") != std::string::npos);
  CHECK(api.test("{" + std::string(kTask) + "}")->response.body.find("RoleArn must be specified") !=
        std::string::npos);
}
