#include "../src/http/exchange.h"

#include <catch2/catch.hpp>

#include "../src/http/task_request.h"

using namespace engine::integrations;
using statelang::Value;

namespace {

Value parsed(std::string_view text) {
  return *statelang::parse_json(text);
}

// What a state under test shows of a call with these parameters, with and without the connection's part.
struct Shown {
  Shown(std::string_view text, const Additions& additions) {
    const Value parameters = parsed(text);
    const auto request = task_request(parameters, additions, "r");
    REQUIRE(request);
    whole = exchange_of(*request);
    hidden = exchange_of(without_additions(*request, parameters, additions, "r"));
  }
  statelang::test_state::HttpExchange whole, hidden;
};

std::string header(const statelang::test_state::HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (same_header(key, name)) return value;
  }
  return "none";
}

Additions everything() {
  Additions additions;
  additions.headers = {{"Authorization", "Basic secret"}, {"X-Tenant", "of the connection"}};
  additions.query = {{"key", "hidden key"}, {"mine", "theirs"}};
  additions.body = {{"token", Value("hidden token")}, {"own", Value("theirs")}};
  return additions;
}

}  // namespace

TEST_CASE("exchange: everything a connection adds is left out, also in place of the task's own") {
  const Shown shown(
      R"({"Method":"POST","ApiEndpoint":"https://api.example.com/v1?a=1","Headers":{"x-tenant":"own","X-Own":"1"},
          "QueryParameters":{"mine":"own","q":"1"},"RequestBody":{"own":"own","text":"hello"}})",
      everything());
  CHECK(shown.whole.protocol == "https");
  CHECK(shown.whole.method == "POST");
  CHECK(shown.whole.url == "https://api.example.com/v1?a=1&q=1&key=hidden%20key&mine=theirs");
  CHECK(header(shown.whole.request_headers, "authorization") == "Basic secret");
  CHECK(header(shown.whole.request_headers, "x-tenant") == "of the connection");
  CHECK(shown.whole.request_body == R"({"own":"theirs","text":"hello","token":"hidden token"})");

  CHECK(shown.hidden.url == "https://api.example.com/v1?a=1&q=1");
  CHECK(header(shown.hidden.request_headers, "authorization") == "none");
  CHECK(header(shown.hidden.request_headers, "x-tenant") == "none");
  CHECK(header(shown.hidden.request_headers, "x-own") == "1");
  CHECK(header(shown.hidden.request_headers, "content-type") == "application/json");
  CHECK(shown.hidden.request_body == R"({"text":"hello"})");
}

TEST_CASE("exchange: a call without a connection is shown as it is sent") {
  const Shown shown(R"({"Method":"GET","ApiEndpoint":"http://localhost:81","Headers":{"A":["1","2"]}})", {});
  CHECK(shown.hidden.url == "http://localhost:81/");
  CHECK(shown.hidden.request_headers == shown.whole.request_headers);
  CHECK(header(shown.whole.request_headers, "a") == "1, 2");
  CHECK(shown.hidden.request_body.empty());
}

TEST_CASE("exchange: the body is written as it was sent when the connection's header says how") {
  Additions additions;
  additions.headers = {{"Content-Type", "text/plain"}};
  const Shown shown(R"({"Method":"PUT","ApiEndpoint":"http://h/","RequestBody":"plain"})", additions);
  CHECK(shown.whole.request_body == "plain");
  CHECK(shown.hidden.request_body == "plain");
  CHECK(header(shown.hidden.request_headers, "content-type") == "none");
}

TEST_CASE("exchange: a form loses the connection's fields") {
  Additions additions;
  additions.body = {{"secret", Value("hidden")}};
  const Shown shown(R"({"Method":"POST","ApiEndpoint":"http://h/","RequestBody":{"a":["1","2"]},
      "Transform":{"RequestBodyEncoding":"URL_ENCODED"}})",
                    additions);
  CHECK(shown.whole.request_body == "a[0]=1&a[1]=2&secret=hidden");
  CHECK(shown.hidden.request_body == "a[0]=1&a[1]=2");
}

TEST_CASE("exchange: a response is cleaned of secrets unless they may be seen, and always JSON can hold it") {
  Redaction redaction;
  redaction.add("canary");
  const HttpResponse response{
      201, "Created", {{"Set-Cookie", "s=canary"}, {"Bad", "\xff"}}, "you sent canary"};
  statelang::test_state::HttpExchange cleaned, open, binary;
  add_response(response, &redaction, cleaned);
  add_response(response, nullptr, open);
  CHECK(cleaned.answered);
  CHECK(cleaned.status_code == 201);
  CHECK(cleaned.status_message == "Created");
  CHECK(cleaned.response_headers == statelang::test_state::HttpHeaders{{"Set-Cookie", "s=***"}});
  CHECK(cleaned.response_body == "you sent ***");
  CHECK(open.response_headers.front().second == "s=canary");
  CHECK(open.response_body == "you sent canary");
  add_response({200, "OK", {}, "\x89PNG"}, &redaction, binary);
  CHECK(binary.response_body == "(4 bytes that are no text)");
}
