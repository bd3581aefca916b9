#include <catch2/catch.hpp>

#include <engine/api/http/api_keys.h>
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

TEST_CASE("api keys: only what hashes to a line of the file is accepted") {
  // printf %s secret | sha256sum
  const auto keys = ApiKeys::parse(
      "# keys\n2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b  laptop # Ada's\n\n", "keys");
  REQUIRE(keys);
  CHECK(keys->size() == 1);
  CHECK(keys->accepts("secret"));
  CHECK_FALSE(keys->accepts("Secret"));
  CHECK_FALSE(keys->accepts(""));
  const auto with = [](const char* value) {
    return Request(Method::Get, "/", {{"authorization", value}}, "");
  };
  CHECK(keys->accepts(with("Bearer secret")));
  CHECK_FALSE(keys->accepts(with("Basic secret")));
  CHECK_FALSE(keys->accepts(with("Bearer ")));
}

TEST_CASE("api keys: what cannot be read is named by file and line") {
  const auto bad = ApiKeys::parse("\nnot-a-hash me\n", "keys.txt");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.starts_with("keys.txt:2: "));
  CHECK_FALSE(ApiKeys::parse("# nothing\n", "keys.txt"));
  CHECK_FALSE(ApiKeys::load("/nonexistent/keys"));
}
