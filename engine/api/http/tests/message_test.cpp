#include <catch2/catch.hpp>

#include <engine/api/http/message.h>
#include <engine/api/http/problem.h>

using namespace engine::http;

TEST_CASE("percent decoding: bad escapes are refused, '+' is a space in queries only") {
  CHECK(percent_decode("a%2Fb") == "a/b");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("a+b", true) == "a b");
  for (const char* bad : {"%", "%1", "%zz", "a%2", "%%41"}) {
    CAPTURE(bad);
    CHECK_FALSE(percent_decode(bad));
  }
  CHECK(percent_decode(percent_encode("\xC3\xA4 /?:%")) == "\xC3\xA4 /?:%");
}

TEST_CASE("request: path, query and headers are found") {
  const Request request(Method::Get, "/v1/x?status=RUNNING&name=a%20b&flag&empty=", {{"X-Thing", "1"}}, "");
  CHECK(request.path() == "/v1/x");
  CHECK(request.query("status") == "RUNNING");
  CHECK(request.query("name") == "a b");
  CHECK(request.query("flag") == "");
  CHECK(request.query("empty") == "");
  CHECK_FALSE(request.query("other"));
  CHECK(request.header("x-thing") == "1");
  CHECK(request.header("absent").empty());
}

TEST_CASE("problem: findings, Retry-After and bytes that are not UTF-8") {
  const Response response =
      to_response({429, "Throttled", "slow \xFF down", {{"/a", "wrong", "fix it", "", false}}, 2});
  CHECK(response.content_type == "application/problem+json");
  CHECK(response.headers == HeaderList{{"Retry-After", "2"}});
  CHECK(response.body ==
        "{\"type\":\"about:blank\",\"title\":\"Too Many Requests\",\"status\":429,\"code\":\"Throttled\","
        "\"detail\":\"slow \xEF\xBF\xBD down\",\"errors\":[{\"pointer\":\"/a\",\"message\":\"wrong\","
        "\"hint\":\"fix it\",\"severity\":\"error\"}]}\n");
}
