#include "ask.h"

namespace statelang::test_state {
namespace {

Request answered(TaskAnswer answer) {
  auto request =
      asked(R"({"Type":"Task","Resource":"arn:aws:states:::http:invoke","Parameters":{"Method":"GET"},
      "Catch":[{"ErrorEquals":["States.Http.StatusCode.404"],"Next":"B"}],"End":true})");
  request.role_arn = "arn:aws:iam::123456789012:role/r";
  request.answer = std::move(answer);
  return request;
}

HttpExchange exchange() {
  return {"https",
          "POST",
          "https://a.example/p?q=1",
          {{"User-Agent", "u"}, {"Range", "bytes=0-1"}},
          "{\"b\":1}",
          true,
          404,
          "Not Found",
          {{"Date", "today"}},
          "gone"};
}

std::string member(const Value& json, std::string_view name) {
  const Value* found = json.find("inspectionData") ? json.find("inspectionData")->find(name) : nullptr;
  return found ? to_json(*found) : "absent";
}

}  // namespace

TEST_CASE("test state: an HTTP task's request and response are shown at TRACE alone, as AWS writes them") {
  const Result result = good(answered({std::nullopt, {"States.Http.StatusCode.404", "gone"}, exchange()}));
  CHECK(result.status == Status::CaughtError);
  const Value trace = to_aws_json(result, InspectionLevel::Trace);
  CHECK(member(trace, "request") == R"({"protocol":"https","method":"POST","url":"https://a.example/p?q=1",)"
                                    R"("headers":"[User-Agent: u, Range: bytes=0-1]","body":"{\"b\":1}"})");
  CHECK(member(trace, "response") == R"({"protocol":"https","statusCode":"404","statusMessage":"Not Found",)"
                                     R"("headers":"[Date: today]","body":"gone"})");
  CHECK(member(to_aws_json(result, InspectionLevel::Debug), "request") == "absent");
  CHECK(member(to_aws_json(result, InspectionLevel::Debug), "afterParameters") != "absent");
  CHECK_FALSE(to_aws_json(result, InspectionLevel::Info).find("inspectionData"));
}

TEST_CASE("test state: a call without an answer shows its request alone, without a body where it has none") {
  HttpExchange sent = exchange();
  sent.answered = false;
  sent.request_body.clear();
  sent.request_headers.clear();
  const Result result = good(answered({std::nullopt, {"States.Http.Socket", "no"}, sent}));
  const Value trace = to_aws_json(result, InspectionLevel::Trace);
  CHECK(member(trace, "request") ==
        R"({"protocol":"https","method":"POST","url":"https://a.example/p?q=1","headers":"[]"})");
  CHECK(member(trace, "response") == "absent");
}

}  // namespace statelang::test_state
