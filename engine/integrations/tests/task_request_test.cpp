#include "http/task_request.h"

#include <catch2/catch.hpp>

using namespace engine::integrations;
using statelang::Value;

namespace {

Value json(const std::string& text) {
  auto value = statelang::parse_json(text);
  REQUIRE(value);
  return std::move(*value);
}

std::string header(const HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "absent";
}

statelang::Expected<HttpRequest, statelang::Failure> made(const char* parameters,
                                                          const Additions& additions = {}) {
  return task_request(json(parameters), additions, "us-east-1");
}

}  // namespace

TEST_CASE("http task: the request has AWS's defaults and the task's members") {
  const auto request = made(R"({"ApiEndpoint":"https://a.example/p?x=1","Method":"POST",
      "Headers":{"X-One":"1","X-Many":["a","b"]},"QueryParameters":{"q":"a b&c","list":[1,2],"flag":true},
      "RequestBody":{"a":[1]}})");
  REQUIRE(request);
  CHECK(request->url.target() == "/p?x=1&q=a%20b%26c&list=1&list=2&flag=true");
  CHECK(header(*request, "X-Many") == "a, b");
  CHECK(header(*request, "Content-Type") == "application/json");
  CHECK(header(*request, "Range") == "bytes=0-262144");
  CHECK(request->body == R"({"a":[1]})");
}

TEST_CASE("http task: what the connection adds wins") {
  Additions additions;
  additions.headers = {{"x-one", "connection"}, {"Authorization", "Bearer t"}};
  additions.query = {{"q", "connection"}};
  additions.body = {{"b", Value("connection")}};
  const auto request = made(R"({"ApiEndpoint":"https://a.example","Method":"PUT","Headers":{"X-One":"task"},
      "QueryParameters":{"q":"task"},"RequestBody":{"a":1,"b":"task"}})",
                            additions);
  REQUIRE(request);
  CHECK(header(*request, "X-One") == "absent");
  CHECK(header(*request, "x-one") == "connection");
  CHECK(request->url.query == "q=connection");
  CHECK(request->body == R"({"a":1,"b":"connection"})");
  const auto text =
      made(R"({"ApiEndpoint":"https://a.example","Method":"PUT","RequestBody":"text"})", additions);
  REQUIRE_FALSE(text);
  CHECK(text.error().error == "States.Runtime");
}

TEST_CASE("http task: bad parameters and closed headers are States.Runtime") {
  for (const char* bad :
       {R"("Method":"GET")", R"("ApiEndpoint":"https://a.example")",
        R"("ApiEndpoint":"https://a.example","Method":"TRACE")", R"("ApiEndpoint":"ftp://a","Method":"GET")",
        R"("ApiEndpoint":"https://a.example","Method":"GET","Headers":{"Host":"b"})",
        R"("ApiEndpoint":"https://a.example","Method":"GET","Headers":{"AUTHORIZATION":"b"})",
        R"("ApiEndpoint":"https://a.example","Method":"GET","Headers":{"X-Amz-Date":"b"})",
        R"("ApiEndpoint":"https://a.example","Method":"GET","Headers":{"X-Forwarded-For":"b"})",
        R"("ApiEndpoint":"https://a.example","Method":"GET","Headers":{"If-Match":"b"})",
        R"("ApiEndpoint":"https://a.example","Method":"GET","Headers":{"X":"a\r\nY: b"})",
        R"("ApiEndpoint":"https://a.example","Method":"GET","Headers":{"X Y":"a"})",
        R"("ApiEndpoint":"https://a.example","Method":"GET","Headers":{"X\r\nY":"a"})",
        R"("ApiEndpoint":"https://a.example","Method":"GET","Headers":[])",
        R"("ApiEndpoint":"https://a.example","Method":"GET","QueryParameters":"x")",
        R"("ApiEndpoint":"https://a.example","Method":"POST","RequestBody":"x",
           "Transform":{"RequestBodyEncoding":"URL_ENCODED"})",
        R"("ApiEndpoint":"https://a.example","Method":"POST","Headers":{"Content-Type":"application/json"},
           "RequestBody":{},"Transform":{"RequestBodyEncoding":"URL_ENCODED"})",
        R"("ApiEndpoint":"https://a.example","Method":"POST","Transform":{"RequestBodyEncoding":"XML"})",
        R"("ApiEndpoint":"https://a.example","Method":"POST","Transform":{"RequestBodyEncoding":"URL_ENCODED",
           "RequestEncodingOptions":{"ArrayFormat":"COLONS"}})"}) {
    CAPTURE(bad);
    const auto request = made(("{" + std::string(bad) + "}").c_str());
    REQUIRE_FALSE(request);
    CHECK(request.error().error == "States.Runtime");
  }
}

TEST_CASE("http task: forms in all array formats") {
  const Value object = json(R"({"a":["x","y z"],"o":{"k":1},"n":null,"t":"ü&="})");
  CHECK(form_encoded(object, "INDICES") == "a[0]=x&a[1]=y+z&o[k]=1&n=&t=%C3%BC%26%3D");
  CHECK(form_encoded(object, "REPEAT") == "a=x&a=y+z&o[k]=1&n=&t=%C3%BC%26%3D");
  CHECK(form_encoded(object, "COMMAS") == "a=x,y+z&o[k]=1&n=&t=%C3%BC%26%3D");
  CHECK(form_encoded(object, "BRACKETS") == "a[]=x&a[]=y+z&o[k]=1&n=&t=%C3%BC%26%3D");
  const auto request = made(R"({"ApiEndpoint":"https://a.example","Method":"POST","RequestBody":{"a":["b"]},
      "Transform":{"RequestBodyEncoding":"URL_ENCODED","RequestEncodingOptions":{"ArrayFormat":"REPEAT"}}})");
  REQUIRE(request);
  CHECK(request->body == "a=b");
  CHECK(header(*request, "Content-Type") == "application/x-www-form-urlencoded");
}

TEST_CASE("http task: responses are results or failures, without secrets") {
  Redaction redaction;
  redaction.add("hunter22");
  const HttpResponse good{200,
                          "OK",
                          {{"Content-Type", "application/json"}, {"X-Echo", "hunter22"}, {"x-echo", "2"}},
                          R"({"token":"hunter22"})"};
  CHECK(
      *task_result(good, redaction) ==
      R"({"Headers":{"content-type":["application/json"],"x-echo":["***","2"]},"ResponseBody":{"token":"***"},)"
      R"("StatusCode":200,"StatusText":"OK"})");
  const auto text = task_result({200, "OK", {{"Content-Type", "text/plain"}}, R"({"a":1})"}, redaction);
  CHECK(json(*text).find("ResponseBody")->as_string() == R"({"a":1})");
  CHECK(json(*task_result({204, "No Content", {}, ""}, redaction)).find("ResponseBody") == nullptr);
  const auto busy = task_result({429, "Too Many Requests", {}, "slow down"}, redaction);
  REQUIRE_FALSE(busy);
  CHECK(busy.error().error == "States.Http.StatusCode.429");
  CHECK(json(busy.error().cause).find("ResponseBody")->as_string() == "slow down");
  CHECK(task_result({200, "OK", {{"Content-Type", "image/png"}}, "x"}, redaction).error().error ==
        "States.Runtime");
  CHECK(task_result({200, "OK", {{"Content-Type", "text/plain"}}, "\xFF\xFE"}, redaction).error().error ==
        "States.Runtime");
  CHECK(*task_result({200, "Tr\xE8s bien", {}, ""}, redaction) ==
        R"({"Headers":{},"StatusCode":200,"StatusText":""})");
  CHECK(task_result({200, "OK", {}, std::string(262'144, 'x')}, redaction).error().error ==
        "States.DataLimitExceeded");
  CHECK(task_result({500, "Oh", {}, std::string(200'000, 'x')}, redaction).error().cause.size() < 32'768);
}

TEST_CASE("connections: documents are checked whole, secrets are references only") {
  const Secrets secrets("/secrets");
  const auto mistakes = [&](const std::string& text) {
    const auto read = parse_connection("name", text, secrets);
    return read ? size_t{0} : read.error().size();
  };
  const auto basic = [](const std::string& password) {
    return R"({"authorization":{"basic":{"username":"u","password":)" + password + "}}}";
  };
  CHECK(mistakes("{}") == 0);
  CHECK(mistakes(basic(R"({"env":"STEPSTREAM_SECRET_P"})")) == 0);
  CHECK(mistakes(basic(R"({"file":"p"})")) == 0);
  CHECK(mistakes(R"({"authorization":{"api_key":{"name":"X-Key","value":{"file":"p"}}},
                     "parameters":{"headers":{"A":"b"}}})") == 0);
  for (const std::string& bad :
       {basic(R"("in the open")"), basic(R"({"env":"PATH"})"), basic(R"({"file":"../passwd"})"),
        basic(R"({"file":"/etc/passwd"})"), basic(R"({"file":".."})"),
        std::string(R"({"authorization":{"api_key":{"name":"Host","value":{"file":"p"}}}})"),
        std::string(R"({"authorization":{}})"), std::string(R"({"unknown":1})"), std::string("[]"),
        std::string("no json"), std::string(R"({"parameters":{"headers":{"Host":"x"}}})")}) {
    CAPTURE(bad);
    CHECK(mistakes(bad) == 1);
  }
  CHECK(
      mistakes(
          R"({"authorization":{"oauth_client_credentials":{"endpoint":"no","client_secret":"x"}},"x":1})") ==
      4);
  CHECK_FALSE(parse_connection("a/b", "{}", secrets));
  CHECK(Secrets("").mistake(json(R"({"file":"p"})")).find("--secrets") != std::string::npos);
}

TEST_CASE("connections: one that names its hosts goes nowhere else") {
  const Secrets secrets("/secrets");
  const auto goes_to = [&](const std::string& hosts, const std::string& endpoint) {
    const auto connection = parse_connection("pets", R"({"hosts":)" + hosts + "}", secrets);
    REQUIRE(connection);
    const auto refused = misplaced(*connection, Value::object({{"ApiEndpoint", endpoint}}));
    if (refused) CHECK(refused->error == "States.Runtime");
    return !refused;
  };
  CHECK(goes_to(R"(["api.example.com"])", "https://API.example.com/v1"));
  CHECK_FALSE(goes_to(R"(["api.example.com"])", "https://api.example.com:8443/v1"));
  CHECK_FALSE(goes_to(R"(["api.example.com"])", "https://api.example.com.evil.com/v1"));
  CHECK_FALSE(goes_to(R"(["api.example.com"])", "https://evil.com/api.example.com"));
  CHECK(goes_to(R"(["one.com","*.example.com:8443"])", "https://a.b.example.com:8443"));
  CHECK(goes_to(R"(["api.example.com"])", "no URL"));  // which no request comes of
  const auto anywhere = parse_connection("pets", "{}", secrets);
  CHECK_FALSE(misplaced(*anywhere, Value::object({{"ApiEndpoint", "https://example.com"}})));
  for (const char* wrong : {R"([])", R"("example.com")", R"([1])", R"(["https://example.com"])", R"(["a/b"])",
                            R"(["*"])", R"(["*.*.com"])", R"([""])"}) {
    CAPTURE(wrong);
    const auto read = parse_connection("pets", R"({"hosts":)" + std::string(wrong) + "}", secrets);
    REQUIRE_FALSE(read);
    CHECK(read.error().size() == 1);
    CHECK(read.error()[0].location.starts_with("/hosts"));
  }
}

TEST_CASE("connections: the name in an ARN") {
  const auto name = [](const char* arn) {
    return *connection_name(Value::object({{"Authentication", Value::object({{"ConnectionArn", arn}})}}));
  };
  const std::string prefix = "arn:aws:events:us-east-1:123456789012:connection/Stripe";
  CHECK(name((prefix + "/81210c42-8af1-456b-9c4a-6ff02fc664ac").c_str()) == "Stripe");
  CHECK(name(prefix.c_str()) == "Stripe");
  CHECK(name("Stripe") == "Stripe");
  CHECK(*connection_name(Value::object()) == "");
}
