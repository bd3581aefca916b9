#include <future>
#include <mutex>
#include <set>

#include <catch2/catch.hpp>
#include <stepstream_worker/worker.h>

#include "kafka_client.h"
#include "kafka_progress.h"
#include "mock_topics.h"
#include "running_worker.h"

using namespace stepstream_worker;
using nlohmann::json;

namespace {

Options options(const MockTopics& topics) {
  Options made;
  made.url = topics.url();
  made.concurrency = 4;
  made.name = "unit/1";
  made.stop_on_signals = false;
  made.drain_timeout = std::chrono::seconds(10);
  made.log = [](std::string_view) {};
  return made;
}

Json echo(const Json& event, Context&) {
  return event;
}

// Lets handlers wait until the test opens it.
class Gate {
 public:
  void wait() { opened_.wait(); }
  void open() { open_.set_value(); }

 private:
  std::promise<void> open_;
  std::shared_future<void> opened_ = open_.get_future().share();
};

}  // namespace

TEST_CASE("kafka progress: the committed offset is behind the longest unbroken run") {
  Progress progress;
  CHECK(progress.committable() == -1);
  for (const int64_t offset : {5, 6, 9, 10}) progress.take(offset);  // 7 and 8 are no records
  CHECK(progress.committable() == -1);
  progress.finish(6);
  progress.finish(10);
  CHECK(progress.committable() == -1);
  progress.finish(5);
  CHECK(progress.committable() == 7);
  progress.finish(5);
  progress.finish(7);
  progress.finish(100);
  CHECK(progress.committable() == 7);
  progress.finish(9);
  CHECK(progress.committable() == 11);
  CHECK(progress.open() == 0);
  progress.take(20);
  CHECK(progress.committable() == 11);
}

TEST_CASE("kafka url: brokers with ports and a prefix") {
  kafka::Address address;
  REQUIRE(kafka::parse_kafka_url("kafka://a:1,b.c:9092/my.prefix", address));
  CHECK(address.brokers == "a:1,b.c:9092");
  CHECK(address.prefix == "my.prefix");
  kafka::Address bare;
  REQUIRE(kafka::parse_kafka_url("kafka://[::1]:9092", bare));
  CHECK(bare.prefix == "stepstream");
  for (const char* wrong : {"kafka://", "kafka://host", "kafka://host:", "kafka://:1", "kafka://a:1,",
                            "kafka://a:1,b/p", "kafka://a:9x", "kafka://a:1/p/q", "http://a:1"}) {
    INFO(wrong);
    CHECK_FALSE(kafka::parse_kafka_url(wrong, address));
  }
}

TEST_CASE("kafka worker: runs tasks of a topic and reports to the reply partition") {
  MockTopics topics;
  Worker worker(options(topics));
  worker.handle("q", [](const Json& event, Context& context) -> Json {
    if (event == 7) throw HandlerError("Card.Declined", "no money");
    return {{"got", event}, {"state", context.state_name()}, {"retries", context.retry_count()}};
  });
  std::set<std::string> expected;
  for (int i = 0; i < 50; i++) {
    topics.add_task("t" + std::to_string(i), {{"input", i}}, i % 2);
    expected.insert("t" + std::to_string(i));
  }
  RunningWorker running(worker);
  REQUIRE(topics.wait_for_results(50));
  const auto tokens = topics.tokens();
  CHECK(std::set<std::string>(tokens.begin(), tokens.end()) == expected);
  for (const MockReport& report : topics.reports("task-success")) {
    CHECK(report.partition == 1);
    CHECK(report.version == "1");
    CHECK(report.value.at("token") == report.token);
    CHECK(report.value.at("output").at("got").get<int>() == std::stoi(report.token.substr(1)));
    CHECK(report.value.at("output").at("retries") == 2);
    CHECK(report.value.at("worker") == "unit/1");
    CHECK(report.value.at("started_ms") > 1'700'000'000'000);
  }
  const auto failures = topics.reports("task-failure");
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].token == "t7");
  CHECK(failures[0].value.at("error") == "Card.Declined");
  CHECK(json::parse(failures[0].value.at("cause").get<std::string>()).at("errorMessage") == "no money");
  CHECK(topics.wait_until_committed(0, 25));
  CHECK(topics.wait_until_committed(1, 25));
  CHECK(running.stop() == 0);
}

TEST_CASE("kafka worker: commits nothing behind a task that has no result yet") {
  MockTopics topics(1);
  Worker worker(options(topics));
  Gate gate;
  worker.handle("q", [&](const Json& event, Context&) -> Json {
    if (event == "waits") gate.wait();
    return event;
  });
  topics.add_task("t0");
  topics.add_task("t1", {{"input", "waits"}});
  for (int i = 2; i < 30; i++) topics.add_task("t" + std::to_string(i));
  RunningWorker running(worker);
  REQUIRE(topics.wait_for_results(29));
  CHECK(topics.wait_until_committed(0, 1));
  gate.open();
  REQUIRE(topics.wait_for_results(30));
  CHECK(topics.wait_until_committed(0, 30));
}

TEST_CASE("kafka worker: what is no task or too late is passed over") {
  MockTopics topics(1);
  std::atomic<int> runs{0};
  Worker worker(options(topics));
  worker.handle("q", [&](const Json& event, Context&) -> Json {
    ++runs;
    return event;
  });
  topics.add_task("late", {}, 0, {{"deadline", "1767225600000"}});
  topics.add_task("other", {}, 0, {{"v", "2"}});
  topics.add_task("nowhere", {}, 0, {{"rp", "x"}});
  topics.add_task("anywhere", {}, 0, {{"rp", "-1"}});
  topics.add_task("list", json::array({1}));
  topics.add_task("unnamed", {{"token", ""}});
  topics.add_task("fine", {}, 0, {{"deadline", "9999999999999"}});
  RunningWorker running(worker);
  REQUIRE(topics.wait_for_results(1));
  CHECK(topics.wait_until_committed(0, 7));
  CHECK(topics.tokens() == std::vector<std::string>{"fine"});
  CHECK(runs == 1);
}

TEST_CASE("kafka worker: a task whose result belongs nowhere holds nothing up") {
  MockTopics topics(1);
  Worker worker(options(topics));
  worker.handle("q", echo);
  topics.add_task("lost", {}, 0, {{"rp", "99"}});
  for (int i = 0; i < 20; i++) topics.add_task("t" + std::to_string(i));
  RunningWorker running(worker);
  REQUIRE(topics.wait_for_results(20));
  CHECK(topics.wait_until_committed(0, 21));
  CHECK(running.stop() == 0);
}

TEST_CASE("kafka worker: a task that comes again while it runs is run once") {
  MockTopics topics(1);
  Gate gate;
  std::atomic<int> runs{0};
  Worker worker(options(topics));
  worker.handle("q", [&](const Json& event, Context&) -> Json {
    ++runs;
    gate.wait();
    return event;
  });
  topics.add_task("twice");
  topics.add_task("twice");
  RunningWorker running(worker);
  REQUIRE(topics.wait_for("task-started", 1));
  gate.open();
  REQUIRE(topics.wait_for_results(1));
  topics.add_task("twice");
  CHECK(topics.wait_until_committed(0, 3));
  CHECK(runs == 1);
  CHECK(topics.tokens().size() == 1);
}

TEST_CASE("kafka worker: long tasks send heartbeats and say that they have begun") {
  MockTopics topics(1);
  Gate gate;
  Worker worker(options(topics));
  worker.handle("q", [&](const Json& event, Context&) -> Json {
    gate.wait();
    return event;
  });
  topics.add_task("long", {{"heartbeat_ms", 600}});
  topics.add_task("unwatched");
  RunningWorker running(worker);
  REQUIRE(topics.wait_for("task-heartbeat", 3));
  REQUIRE(topics.wait_for("task-started", 2));
  for (const MockReport& beat : topics.reports("task-heartbeat")) {
    CHECK(beat.value == json{{"token", "long"}});
    CHECK(beat.partition == 1);
  }
  CHECK(topics.reports("task-started")[0].value.at("worker") == "unit/1");
  CHECK(topics.tokens().empty());
  gate.open();
  CHECK(topics.wait_for_results(2));
}

TEST_CASE("kafka worker: prefetch takes tasks ahead of free handlers, and keeps them alive") {
  MockTopics topics(1);
  Gate gate;
  Options made = options(topics);
  made.concurrency = 1;
  made.prefetch = 5;
  Worker worker(made);
  worker.handle("q", [&](const Json& event, Context&) -> Json {
    gate.wait();
    return event;
  });
  for (int i = 0; i < 20; i++) topics.add_task("t" + std::to_string(i), {{"heartbeat_ms", 300}});
  RunningWorker running(worker);
  std::set<std::string> alive;
  for (size_t beats = 6; beats <= 60 && alive.size() < 6; beats += 6) {
    REQUIRE(topics.wait_for("task-heartbeat", beats));
    for (const MockReport& beat : topics.reports("task-heartbeat")) alive.insert(beat.token);
  }
  CHECK(alive == std::set<std::string>{"t0", "t1", "t2", "t3", "t4", "t5"});
  CHECK(topics.tokens().empty());
  gate.open();
  CHECK(topics.wait_for_results(20));
}

TEST_CASE("kafka worker: cancelled() tells that the state's timeout is over") {
  MockTopics topics(1);
  Worker worker(options(topics));
  worker.handle("q", [&](const Json&, Context& context) -> Json {
    while (!context.cancelled()) std::this_thread::yield();
    return context.remaining_ms();
  });
  topics.add_task("short", {{"timeout_ms", 300}});
  RunningWorker running(worker);
  REQUIRE(topics.wait_for_results(1));
  CHECK(topics.reports("task-success")[0].value.at("output") == 0);
}

TEST_CASE("kafka worker: stopping finishes what runs and leaves the rest in the topic") {
  MockTopics topics(1);
  Gate gate;
  std::promise<void> begun;
  std::once_flag first_time;
  Options made = options(topics);
  made.concurrency = 1;
  Worker worker(made);
  worker.handle("q", [&](const Json& event, Context&) -> Json {
    std::call_once(first_time, [&] { begun.set_value(); });
    gate.wait();
    return event;
  });
  for (int i = 0; i < 200; i++) topics.add_task("t" + std::to_string(i));
  {
    RunningWorker running(worker);
    REQUIRE(begun.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    worker.stop();
    gate.open();
    CHECK(running.stop() == 0);
  }
  const int64_t committed = topics.committed(0);
  CHECK(committed >= 1);
  REQUIRE(topics.wait_for_results(static_cast<size_t>(committed)));

  Worker second(options(topics));
  second.handle("q", echo);
  RunningWorker again(second);
  REQUIRE(topics.wait_for_results(200));
  CHECK(topics.wait_until_committed(0, 200));
  const auto tokens = topics.tokens();
  CHECK(tokens.size() == 200);
  CHECK(std::set<std::string>(tokens.begin(), tokens.end()).size() == 200);
}

TEST_CASE("kafka worker: results wait until the brokers are back") {
  MockTopics topics(1);
  Gate gate;
  std::promise<void> begun;
  Worker worker(options(topics));
  worker.handle("q", [&](const Json& event, Context&) -> Json {
    begun.set_value();
    gate.wait();
    return event;
  });
  topics.add_task("t");
  RunningWorker running(worker);
  REQUIRE(begun.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  topics.set_down(true);
  gate.open();
  topics.set_down(false);
  CHECK(topics.wait_for_results(1));
  CHECK(topics.wait_until_committed(0, 1));
}

TEST_CASE("kafka worker: a result that no message can hold becomes a failure") {
  MockTopics topics(1);
  Options made = options(topics);
  made.kafka = {{"message.max.bytes", "20000"}};
  Worker worker(made);
  worker.handle("q", [](const Json&, Context&) -> Json { return std::string(30'000, 'x'); });
  topics.add_task("big");
  RunningWorker running(worker);
  REQUIRE(topics.wait_for_results(1));
  CHECK(topics.reports("task-failure").at(0).value.at("error") == "States.DataLimitExceeded");
  CHECK(topics.wait_until_committed(0, 1));
}

TEST_CASE("kafka worker: a wrong URL or option ends run() with 1") {
  MockTopics topics(1);
  Options wrong_url = options(topics);
  wrong_url.url = "kafka://nowhere";
  Worker first(wrong_url);
  first.handle("q", echo);
  CHECK(first.run() == 1);
  Options wrong_option = options(topics);
  wrong_option.kafka = {{"no.such.option", "1"}};
  Worker second(wrong_option);
  second.handle("q", echo);
  CHECK(second.run() == 1);
}
