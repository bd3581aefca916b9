#include <future>

#include <catch2/catch.hpp>
#include <stepstream_worker/worker.h>

#include "fake_engine.h"
#include "running_worker.h"

using namespace stepstream_worker;
using nlohmann::json;

namespace {

json task(const std::string& token, json input = json::object()) {
  return {{"token", token},
          {"queue", "q"},
          {"state_name", "S"},
          {"execution_arn", "arn:e"},
          {"input", std::move(input)},
          {"retry_count", 2},
          {"delivery", 1},
          {"timeout_ms", 60'000},
          {"heartbeat_ms", 0}};
}

Options options(const FakeEngine& engine) {
  Options made;
  made.url = engine.url();
  made.concurrency = 4;
  made.stop_on_signals = false;
  made.drain_timeout = std::chrono::seconds(10);
  made.log = [](std::string_view) {};
  return made;
}

}  // namespace

TEST_CASE("worker: runs tasks and reports what handlers return") {
  FakeEngine engine;
  Worker worker(options(engine));
  worker.handle("q", [](const Json& event, Context& context) -> Json {
    return {{"sum", event.at("a").get<int>() + 1},
            {"state", context.state_name()},
            {"retries", context.retry_count()}};
  });
  for (int i = 0; i < 50; i++) engine.add_task("q", task("t" + std::to_string(i), {{"a", i}}));
  RunningWorker running(worker);
  REQUIRE(engine.wait_for_results(50));
  CHECK(engine.result("t7") ==
        json{{"token", "t7"}, {"output", {{"sum", 8}, {"state", "S"}, {"retries", 2}}}});
  CHECK(running.stop() == 0);
}

TEST_CASE("worker: an exception becomes error and cause as Lambda writes them") {
  FakeEngine engine;
  Worker worker(options(engine));
  worker.handle("q", [](const Json& event, Context&) -> Json {
    if (event.at("named")) throw HandlerError("Card.Declined", "no \"money\"");
    throw std::out_of_range("too far \xff");
  });
  engine.add_task("q", task("a", {{"named", true}}));
  engine.add_task("q", task("b", {{"named", false}}));
  RunningWorker running(worker);
  REQUIRE(engine.wait_for_results(2));
  CHECK(engine.result("a").at("error") == "Card.Declined");
  CHECK(
      json::parse(engine.result("a").at("cause").get<std::string>()) ==
      json{{"errorMessage", "no \"money\""}, {"errorType", "Card.Declined"}, {"stackTrace", json::array()}});
  CHECK(engine.result("b").at("error") == "std::out_of_range");
}

TEST_CASE("worker: several queues have their own handlers") {
  FakeEngine engine;
  Worker worker(options(engine));
  worker.handle_text("p", [](std::string_view, Context&) { return std::string("\"p\""); });
  worker.handle_text("q", [](std::string_view event, Context&) { return std::string(event); });
  engine.add_task("p", task("in p"));
  engine.add_task("q", task("in q", {{"kept", {1, 2.5, nullptr}}}));
  RunningWorker running(worker);
  REQUIRE(engine.wait_for_results(2));
  CHECK(engine.result("in p").at("output") == "p");
  CHECK(engine.result("in q").at("output") == json{{"kept", {1, 2.5, nullptr}}});
}

TEST_CASE("worker: results are sent again after a broken connection, and count once") {
  FakeEngine engine;
  Worker worker(options(engine));
  std::atomic<int> runs = 0;
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  worker.handle_text("q", [&](std::string_view, Context&) {
    gate.wait();
    runs++;
    return std::string("1");
  });
  engine.add_task("q", task("t"));
  RunningWorker running(worker);
  // The task is being worked on when its poll has been answered and another poll waits.
  while (engine.requests("/v1/tasks/poll").size() < 2) std::this_thread::yield();
  engine.stop_listening();
  go.set_value();
  while (runs == 0) std::this_thread::yield();
  engine.listen_again();
  engine.break_next(1);
  REQUIRE(engine.wait_for_results(1));
  CHECK(runs == 1);
  CHECK(running.stop() == 0);
}

TEST_CASE("worker: a result that the engine cannot take now is sent again") {
  FakeEngine engine;
  engine.refuse_results(2);
  Options short_polls = options(engine);
  short_polls.poll_wait = std::chrono::milliseconds(50);
  Worker worker(short_polls);
  worker.handle_text("q", [&](std::string_view, Context&) { return std::string("1"); });
  engine.add_task("q", task("a"));
  engine.add_task("q", task("b"));
  RunningWorker running(worker);
  REQUIRE(engine.wait_for_results(2));
}

TEST_CASE("worker: a token that is running is not started again, and its lease is renewed") {
  FakeEngine engine;
  engine.lease_ms = 300;
  Worker worker(options(engine));
  std::atomic<int> runs = 0;
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  worker.handle_text("q", [&](std::string_view, Context&) {
    runs++;
    gate.wait();
    return std::string("1");
  });
  engine.add_task("q", task("t"));
  RunningWorker running(worker);
  while (runs == 0) std::this_thread::yield();
  engine.add_task("q", task("t"));
  auto renewed = [&] {
    for (const auto& request : engine.requests("/v1/tasks/poll")) {
      if (request.value("holding", json::array()) == json::array({"t"})) return true;
    }
    return false;
  };
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!renewed() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  CHECK(renewed());
  go.set_value();
  REQUIRE(engine.wait_for_results(1));
  CHECK(runs == 1);
}

TEST_CASE("worker: heartbeats are sent by themselves and tell a handler that it is cancelled") {
  FakeEngine engine;
  Worker worker(options(engine));
  worker.handle_text("q", [&](std::string_view, Context& context) {
    while (!context.cancelled()) std::this_thread::yield();
    return std::string("\"stopped\"");
  });
  auto with_heartbeat = task("t");
  with_heartbeat["heartbeat_ms"] = 60;
  engine.cancel("t");
  engine.add_task("q", with_heartbeat);
  RunningWorker running(worker);
  REQUIRE(engine.wait_for_results(1));
  CHECK(engine.result("t").at("output") == "stopped");
  CHECK_FALSE(engine.requests("/v1/tasks/heartbeat").empty());
}

TEST_CASE("worker: stop lets running handlers finish and reports them") {
  FakeEngine engine;
  Worker worker(options(engine));
  std::atomic<bool> started = false;
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  worker.handle_text("q", [&](std::string_view, Context&) {
    started = true;
    gate.wait();
    return std::string("1");
  });
  engine.add_task("q", task("t"));
  RunningWorker running(worker);
  while (!started) std::this_thread::yield();
  worker.stop();
  go.set_value();
  CHECK(running.wait() == 0);
  CHECK(engine.result("t").at("output") == 1);
}

TEST_CASE("worker: the engine's refusal ends the worker") {
  FakeEngine engine;
  engine.answer_with_status(401);
  Worker worker(options(engine));
  worker.handle_text("q", [](std::string_view, Context&) { return std::string("1"); });
  CHECK(worker.run() == 1);
}

TEST_CASE("worker: waits for an engine that is not there yet") {
  FakeEngine engine;
  engine.stop_listening();
  Worker worker(options(engine));
  worker.handle_text("q", [](std::string_view, Context&) { return std::string("1"); });
  engine.add_task("q", task("t"));
  RunningWorker running(worker);
  engine.listen_again();
  REQUIRE(engine.wait_for_results(1));
}
