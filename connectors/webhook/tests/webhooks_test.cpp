#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <connectors/triggers/trigger_routes.h>
#include <connectors/webhook/signature.h>
#include <connectors/webhook/webhooks.h>

#include "event.h"
#include "recording_engine.h"

using namespace connectors;
using engine::http::HeaderList;
using engine::http::Method;
using engine::http::Request;
using engine::http::Responder;
using engine::http::Response;

namespace {

class Sink : public engine::http::ResponseSink {
 public:
  std::optional<Response> sent;
  void send(Response response) override {
    if (!sent) sent = std::move(response);
  }
  std::shared_ptr<engine::http::Stream> open_stream(Response) override { return nullptr; }
  void on_close(std::function<void()>) override {}
};

struct World {
  testing::RecordingEngine engine;
  testing::ManualTime time;
  triggers::ExecutionStarter starter{engine, time};
  webhook::Webhooks webhooks{starter, time};
  triggers::TriggerRegistry registry{engine, time, starter, {&webhooks}};
  engine::http::Router router;

  World() {
    time.now = 1'614'265'330'000;
    triggers::add_routes(router, registry);
    webhook::add_routes(router, webhooks);
    ::setenv("STEPSTREAM_TEST_SECRET", "key", 1);
  }
  Response send(Method method, const std::string& target, HeaderList headers, const std::string& body) {
    auto sink = std::make_shared<Sink>();
    router.dispatch(Request(method, target, std::move(headers), body), Responder(sink));
    REQUIRE(sink->sent.has_value());
    return *sink->sent;
  }
  Response put(const std::string& name, const std::string& webhook, const std::string& more = "") {
    return send(Method::Put, "/v1/triggers/" + name, {},
                R"({"state_machine": "m", "webhook": )" + webhook + more + "}");
  }
  Response push(const std::string& body, const std::string& delivery = "d-1",
                const std::string& secret = "key") {
    return send(Method::Post, "/hooks/github?ref=x%20y",
                {{"Content-Type", "application/json"},
                 {"X-GitHub-Event", "push"},
                 {"X-GitHub-Delivery", delivery},
                 {"Authorization", "Bearer canary"},
                 {"X-Hub-Signature-256", webhook::github_signature(secret, body)}},
                body);
  }
};

const char* kGitHub =
    R"({"signature": {"scheme": "github", "secrets": [{"env": "STEPSTREAM_TEST_SECRET"}]}})";

}  // namespace

TEST_CASE("webhook: a signed delivery starts an execution with the event") {
  World world;
  REQUIRE(world.put("github", kGitHub).status == 200);
  auto response = world.push(R"({"ref": "main"})");
  CHECK(response.status == 202);
  CHECK(response.body == R"({"execution_arn":"arn:execution:github-d-1","duplicate":false})");
  REQUIRE(world.engine.starts.size() == 1);
  CHECK(world.engine.starts[0].name == "github-d-1");
  CHECK(
      world.engine.starts[0].input.text() ==
      R"({"method":"POST","path":"/hooks/github","query":{"ref":"x y"},"headers":{"content-type":"application/json",)"
      R"("x-github-event":"push","x-github-delivery":"d-1","x-hub-signature-256":")" +
          webhook::github_signature("key", R"({"ref": "main"})") + R"("},"body":{"ref":"main"}})");
}

TEST_CASE("webhook: a delivery that comes again finds its execution") {
  World world;
  world.put("github", kGitHub);
  world.push("{}");
  auto again = world.push("{}");
  CHECK(again.status == 202);
  CHECK(again.body ==
        R"({"execution_arn":"arn:aws:states:local:000000000000:execution:m:github-d-1","duplicate":true})");
  CHECK(world.engine.starts.size() == 1);
}

TEST_CASE("webhook: what is not signed is refused before it is read") {
  World world;
  world.put("github", kGitHub);
  CHECK(world.push("{}", "d", "wrong").status == 401);
  CHECK(world.send(Method::Post, "/hooks/github", {}, "not json").status == 401);
  CHECK(world.send(Method::Post, "/hooks/unknown", {}, "").status == 404);
  CHECK(world.send(Method::Get, "/hooks/github", {}, "").status == 405);
  CHECK(world.engine.starts.empty());
  CHECK(world.starter.status("github").failed == 2);
}

TEST_CASE("webhook: secrets are references, read when needed, and never shown") {
  World world;
  auto file = std::filesystem::temp_directory_path() / ("stepstream_secret_" + std::to_string(::getpid()));
  std::ofstream(file) << "canary-in-file\n";
  ::setenv("STEPSTREAM_TEST_SECRET", "canary-in-environment", 1);
  std::string both =
      R"({"signature": {"scheme": "github", "secrets": [{"env": "STEPSTREAM_TEST_SECRET"}, {"file": ")" +
      file.string() + R"("}]}})";
  std::string shown = world.put("github", both).body;
  CHECK(world.push("{}", "d-1", "canary-in-file").status == 202);
  CHECK(world.push("{}", "d-2", "canary-in-environment").status == 202);
  std::ofstream(file) << "canary-after-rotation";
  CHECK(world.push("{}", "d-3", "canary-in-file").status == 401);
  CHECK(world.push("{}", "d-4", "canary-after-rotation").status == 202);
  std::filesystem::remove(file);
  auto refused = world.push("{}", "d-5", "canary-after-rotation");
  CHECK(refused.status == 401);
  shown += refused.body + world.registry.list();
  for (const auto& [key, value] : world.engine.catalog) shown += value;
  for (const auto& start : world.engine.starts) shown += start.input.text();
  CHECK(shown.find("canary") == std::string::npos);
}

TEST_CASE("webhook: a secret that cannot be read is told as such, and is no fault of the sender's") {
  World world;
  ::unsetenv("STEPSTREAM_TEST_ABSENT");
  ::setenv("STEPSTREAM_TEST_SECRET", "key", 1);
  world.put("github",
            R"({"signature": {"scheme": "github", "secrets": [{"env": "STEPSTREAM_TEST_ABSENT"}]}})");
  auto refused = world.push("{}");
  CHECK(refused.status == 503);
  CHECK(refused.body.find("ABSENT") == std::string::npos);
  CHECK(world.starter.status("github").failed == 1);
  CHECK(world.starter.status("github").last_error ==
        "no secret in environment variable STEPSTREAM_TEST_ABSENT");
  world.put("github", R"({"signature": {"scheme": "github", "secrets":
    [{"env": "STEPSTREAM_TEST_ABSENT"}, {"env": "STEPSTREAM_TEST_SECRET"}]}})");
  CHECK(world.push("{}").status == 202);
  CHECK(world.starter.status("github").failed == 1);
  CHECK(world.push("{}", "d-2", "wrong").status == 401);
  CHECK(world.starter.status("github").failed == 2);
  CHECK(world.starter.status("github").last_error ==
        "the signature does not match; no secret in environment variable STEPSTREAM_TEST_ABSENT");
}

TEST_CASE("webhook: Stripe's events are told apart by their id, others of Slack by their signature") {
  World world;
  const auto document = [](const char* scheme) {
    return R"({"signature": {"secrets": [{"env": "STEPSTREAM_TEST_SECRET"}], "scheme": ")" +
           std::string(scheme) + "\"}}";
  };
  REQUIRE(world.put("stripe", document("stripe")).status == 200);
  REQUIRE(world.put("slack", document("slack")).status == 200);
  const auto stripe = [&](const std::string& t, const std::string& body) {
    const std::string signature = "t=" + t + ",v1=" + webhook::hmac_hex("key", t + "." + body);
    return world.send(Method::Post, "/hooks/stripe",
                      {{"Content-Type", "application/json"}, {"Stripe-Signature", signature}}, body);
  };
  CHECK(stripe("1614265330", R"({"id": "evt_1"})").status == 202);
  CHECK(stripe("1614265335", R"({"id": "evt_1"})").body.find("\"duplicate\":true") != std::string::npos);
  CHECK(stripe("1614265335", R"({"id": "evt_2"})").body.find("\"duplicate\":false") != std::string::npos);
  CHECK(stripe("1614260000", R"({"id": "evt_3"})").status == 401);
  const auto slack = [&](const std::string& t, const std::string& body) {
    return world.send(Method::Post, "/hooks/slack",
                      {{"Content-Type", "application/x-www-form-urlencoded"},
                       {"X-Slack-Request-Timestamp", t},
                       {"X-Slack-Signature", "v0=" + webhook::hmac_hex("key", "v0:" + t + ":" + body)}},
                      body);
  };
  CHECK(slack("1614265330", "command=x").status == 202);
  CHECK(slack("1614265330", "command=x").body.find("\"duplicate\":true") != std::string::npos);
  CHECK(slack("1614265331", "command=x").body.find("\"duplicate\":false") != std::string::npos);
  CHECK(world.put("any", document("hmac-sha256")).body.find("/webhook/signature/header") !=
        std::string::npos);
}

TEST_CASE("webhook: limits and missing delivery ids") {
  World world;
  world.put(
      "github",
      R"({"signature": {"scheme": "github", "secrets": [{"env": "STEPSTREAM_TEST_SECRET"}]}, "body_bytes_max": 10})");
  CHECK(world.push(R"("12345678")").status == 202);
  CHECK(world.push(R"("123456789")").status == 413);
  CHECK(world.push("{}", "").status == 400);
  world.put("github", kGitHub, R"(, "enabled": false)");
  CHECK(world.push("{}", "d-9").status == 404);
}

TEST_CASE("webhook: the reply is the result when asked for") {
  World world;
  world.put("open", R"({"signature": {"scheme": "none"}, "reply": "result"})");
  auto post = [&] { return world.send(Method::Post, "/hooks/open", {}, "plain text"); };
  world.engine.ended.execution_arn = "arn:e";
  world.engine.ended.status = statelang::ExecutionStatus::Succeeded;
  world.engine.ended.output = statelang::Payload::from_text(R"({"answer": 42})");
  auto response = post();
  CHECK(response.status == 200);
  CHECK(response.body == R"({"answer": 42})");
  world.engine.ended.status = statelang::ExecutionStatus::Failed;
  world.engine.ended.error = "Broken";
  response = post();
  CHECK(response.status == 502);
  CHECK(response.body == R"({"execution_arn":"arn:e","status":"FAILED","error":"Broken","cause":null})");
  world.engine.ended.status = statelang::ExecutionStatus::Running;
  CHECK(post().status == 202);
  world.engine.refuse_next = {engine::ApiErrorCode::Throttled, engine::ApiErrorCode::StorageFull};
  CHECK(post().status == 429);
  CHECK(post().status == 507);
}

TEST_CASE("webhook: bodies of every kind") {
  auto body_of = [](const std::string& type, const std::string& body) {
    auto event =
        webhook::event_of(Request(Method::Post, "/hooks/a", HeaderList{{"Content-Type", type}}, body));
    const auto* encoded = event.find("is_base64_encoded");
    return statelang::to_json(*event.find("body")) + (encoded != nullptr ? " base64" : "");
  };
  CHECK(body_of("application/json", "[1, 2]") == "[1,2]");
  CHECK(body_of("application/x-www-form-urlencoded", "payload=%7B%22a%22%3A1%7D&b=x+y&c&b=z") ==
        R"({"payload":"{\"a\":1}","b":"z","c":""})");
  CHECK(body_of("text/plain", "hello {") == R"("hello {")");
  CHECK(body_of("application/octet-stream", "\xff\xfe") == R"("//4=" base64)");
  CHECK(body_of("", "") == "null");
}

TEST_CASE("webhook: execution names are legal and stand for the delivery") {
  using webhook::execution_name;
  CHECK(execution_name("github", "72d3162e-cc78-11e3-81ab-4c9367dc0958") ==
        "github-72d3162e-cc78-11e3-81ab-4c9367dc0958");
  std::string odd = execution_name("github", "msg 1/\u00e4");
  CHECK(odd != execution_name("github", "msg 1/b"));
  CHECK(odd.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
  CHECK(execution_name(std::string(40, 't'), std::string(500, 'd')).size() == 80);
}

TEST_CASE("webhook: everything that is wrong with a document is said at once") {
  World world;
  auto response = world.put("bad", R"({"signature": {"scheme": "github", "tolerance_seconds": 0,
      "secrets": ["s3cret", {"env": "A", "file": "b"}]}, "reply": "maybe", "more": 1})");
  CHECK(response.status == 400);
  for (const char* pointer : {"/webhook/signature/secrets/0", "/webhook/signature/secrets/1",
                              "/webhook/signature/tolerance_seconds", "/webhook/reply", "/webhook/more"}) {
    INFO(pointer << " in " << response.body);
    CHECK(response.body.find("\"" + std::string(pointer) + "\"") != std::string::npos);
  }
  CHECK(world.put("bad", "{}").status == 400);
  CHECK(world.put("bad", R"({"signature": {"scheme": "standard-webhooks", "secrets": []}})").status == 400);
}

TEST_CASE("triggers: the REST routes") {
  World world;
  CHECK(world.send(Method::Get, "/v1/triggers", {}, "").body == R"({"items":[]})");
  CHECK(world.send(Method::Get, "/v1/triggers/a", {}, "").status == 404);
  world.put("a", kGitHub);
  CHECK(world.send(Method::Get, "/v1/triggers/a", {}, "").status == 200);
  CHECK(world.send(Method::Delete, "/v1/triggers/a", {}, "").status == 204);
  CHECK(world.send(Method::Delete, "/v1/triggers/a", {}, "").status == 404);
}
