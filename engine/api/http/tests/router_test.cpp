#include <catch2/catch.hpp>

#include <engine/api/http/router.h>

using namespace engine::http;

namespace {

class Recorder : public ResponseSink {
 public:
  void send(Response given) override { response = std::move(given); }
  std::shared_ptr<Stream> open_stream(Response) override { return nullptr; }
  void on_close(std::function<void()>) override {}
  Response response;
};

Response ask(const Router& router, Method method, std::string target, HeaderList headers = {}) {
  auto sink = std::make_shared<Recorder>();
  router.dispatch(Request(method, std::move(target), std::move(headers), ""), Responder(sink));
  return sink->response;
}

Handler echo(std::string parameter = {}) {
  return [parameter](Request request, Responder responder) {
    responder.send({200, "text/plain", {}, parameter.empty() ? "exact" : request.parameter(parameter)});
  };
}

}  // namespace

TEST_CASE("router: exact paths win, parameters are decoded, the rest is taken whole") {
  Router router;
  router.get("/v1/things", echo());
  router.get("/v1/things/{thing}", echo("thing"));
  router.get("/v1/things/special", echo());
  router.get("/files/{path...}", echo("path"));
  CHECK(ask(router, Method::Get, "/v1/things?x=1").body == "exact");
  CHECK(ask(router, Method::Get, "/v1/things/a%2Fb:c").body == "a/b:c");
  CHECK(ask(router, Method::Get, "/v1/things/special").body == "exact");
  CHECK(ask(router, Method::Get, "/files/a/b%20c").body == "a/b c");
  CHECK(ask(router, Method::Head, "/v1/things").status == 200);
}

TEST_CASE("router: unknown paths are 404, other methods 405 with what is allowed") {
  Router router;
  router.get("/v1/things/{thing}", echo("thing"));
  router.del("/v1/things/{thing}", echo("thing"));
  for (const char* path : {"/", "/v1", "/v1/things/", "/v1/things/a/b", "/v1/things/%zz", "*", ""}) {
    CAPTURE(path);
    CHECK(ask(router, Method::Get, path).status == 404);
  }
  const Response refused = ask(router, Method::Post, "/v1/things/a");
  CHECK(refused.status == 405);
  CHECK(refused.headers == HeaderList{{"Allow", "GET, HEAD, DELETE, OPTIONS"}});
  CHECK(ask(router, Method::Options, "/v1/things/a").status == 204);
}

TEST_CASE("router: the guard is asked but on open routes, pages of other sites are refused") {
  Router router;
  router.get("/v1/things", echo());
  router.add({Method::Get, "/healthz", echo(), true});
  CHECK(ask(router, Method::Get, "/v1/things", {{"Origin", "http://evil.example"}, {"Host", "localhost:1"}})
            .status == 403);
  CHECK(ask(router, Method::Get, "/v1/things", {{"Origin", "http://localhost:1"}, {"Host", "localhost:1"}})
            .status == 200);
  router.set_guard([](const Route& route, const Request& request) -> std::optional<Response> {
    if (request.header("Authorization") == "Bearer k") return std::nullopt;
    Response refused;
    refused.status = 401;
    refused.body = route.path;
    return refused;
  });
  CHECK(ask(router, Method::Get, "/v1/things").status == 401);
  CHECK(ask(router, Method::Get, "/v1/things", {{"Authorization", "Bearer k"}}).status == 200);
  CHECK(ask(router, Method::Get, "/healthz").status == 200);
}

TEST_CASE("router: without keys, pages under names that anybody may own are refused") {
  Router router;
  router.get("/v1/things", echo());
  router.post("/v1/things", echo());
  router.add({Method::Post, "/hooks", echo(), true});
  router.add({Method::Post, "/", echo(), true, true});
  const auto status = [&](Method method, const std::string& path, const std::string& host, bool page) {
    HeaderList headers{{"Host", host}};
    if (page) headers.emplace_back("Origin", "http://" + host);
    return ask(router, method, path, headers).status;
  };
  for (const char* host : {"rebind.evil.com", "rebind.evil.com:8460", "A.EVIL.COM.:8460", "1.2.3.4.evil.com",
                           "localhost.evil.com", "127.0.0.1.nip.io:8460", "evil.com"}) {
    CAPTURE(host);
    CHECK(status(Method::Get, "/v1/things", host, false) == 403);
    CHECK(status(Method::Head, "/v1/things", host, false) == 403);
    CHECK(status(Method::Post, "/v1/things", host, true) == 403);
    CHECK(status(Method::Post, "/", host, true) == 403);
    CHECK(status(Method::Post, "/", host, false) == 200);  // an SDK
    CHECK(status(Method::Post, "/hooks", host, true) == 200);
  }
  for (const char* host :
       {"", "localhost", "localhost:8460", "127.0.0.1", "127.0.0.1:8460", "[::1]:8460", "[::1]", "stepstream",
        "stepstream:8460", "sync-localhost:8460", "sync-127.0.0.1:8460", "sfn.localhost:8460",
        "host.docker.internal", "box.local:1", "127.0.0.1."}) {
    CAPTURE(host);
    CHECK(status(Method::Get, "/v1/things", host, false) == 200);
    CHECK(status(Method::Post, "/", host, true) == 200);
  }
  CHECK(ask(router, Method::Post, "/", {{"Host", "localhost"}, {"Origin", "http://evil.com"}}).status == 403);
  CHECK(ask(router, Method::Post, "/", {{"Host", "localhost"}, {"Origin", "null"}}).status == 403);
  router.set_guard([](const Route&, const Request&) -> std::optional<Response> { return std::nullopt; });
  CHECK(status(Method::Get, "/v1/things", "workflows.example.com", false) == 200);
}

TEST_CASE("router: packed bodies are refused but on open routes") {
  Router router;
  router.post("/v1/things", echo());
  router.add({Method::Post, "/hooks", echo(), true});
  const auto post = [&](std::string target, std::string encoding, std::string body) {
    auto sink = std::make_shared<Recorder>();
    router.dispatch(Request(Method::Post, std::move(target), {{"Content-Encoding", std::move(encoding)}},
                            std::move(body)),
                    Responder(sink));
    return sink->response.status;
  };
  CHECK(post("/v1/things", "gzip", "x") == 415);
  CHECK(post("/v1/things", "gzip", "") == 200);
  CHECK(post("/v1/things", "identity", "x") == 200);
  CHECK(post("/hooks", "gzip", "x") == 200);
}
