#include <set>

#include <catch2/catch.hpp>

#include <engine/wire/json_text.h>
#include <engine/wire/task_token.h>
#include <engine/wire/task_topic.h>

using namespace engine;
using namespace engine::wire;

namespace {

constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";

core::DispatchTask a_task() {
  core::DispatchTask task;
  task.id = {3, static_cast<core::ExecutionNumber>(77), static_cast<statelang::ScopeId>(5), 2};
  task.queue = task.resource = "resize_image";
  task.input = statelang::Payload::from_text(R"({"z":1.50,"a":["\u00e9"]})");
  task.state_name = "Re\"size";
  task.execution_arn = "arn:execution:one";
  task.state_machine_arn = "arn:machine";
  task.retry_count = 1;
  task.scheduled_ms = 1'767'225'600'000;
  task.timeout_ms = 60'000;
  return task;
}

std::string token_of(const core::DispatchTask& task) {
  return make_task_token(kKey, {task.id.partition, static_cast<uint64_t>(task.id.execution),
                                static_cast<uint32_t>(task.id.scope), task.id.attempt});
}

std::string header(const TaskMessage& message, std::string_view name) {
  for (const auto& [key, value] : message.headers) {
    if (key == name) return value;
  }
  return "absent";
}

std::string problem_of(std::string_view type, std::string_view value, uint16_t partition = 3) {
  const auto report = decode_report(type, value, partition, kKey);
  return report ? "" : report.error();
}

std::string with_token(const std::string& rest) {
  return R"({"token":")" + token_of(a_task()) + "\"" + rest + "}";
}

}  // namespace

TEST_CASE("task topic: names keep to Kafka's characters and differ for different queues") {
  CHECK(task_topic("stepstream", "resize-image") == "stepstream.task.resize-image");
  CHECK(task_topic("stepstream", "resize_image") == "stepstream.task.resize_5Fimage");
  CHECK(task_topic("p", "arn:aws:a") == "p.task.arn_3Aaws_3Aa");
  CHECK(task_topic("p", "\xC3\xA9/ ") == "p.task._C3_A9_2F_20");
  CHECK(task_group("stepstream", "a_b") == "stepstream.workers.a_5Fb");
  const std::string long_name(400, 'q');
  const std::string topic = task_topic("stepstream", long_name);
  CHECK(topic.size() == 249);
  // The same in every SDK: workers/python/tests and workers/cpp/tests compare with this one.
  CHECK(topic.substr(231) == "_-6287a41370b30655");
  CHECK(topic != task_topic("stepstream", long_name + "q"));
  const std::string fits(249 - std::string_view("stepstream.task.").size(), 'q');
  CHECK(task_topic("stepstream", fits) == "stepstream.task." + fits);
}

TEST_CASE("task topic: a task's message has its token, attempt, deadline, reply partition and JSON") {
  core::DispatchTask task = a_task();
  const std::string token = token_of(task);
  const TaskMessage message = encode_task("stepstream", task, token, 1);
  CHECK(message.topic == "stepstream.task.resize_5Fimage");
  CHECK(message.key == "arn:execution:one");
  CHECK(header(message, "v") == "1");
  CHECK(header(message, "tok") == token);
  CHECK(header(message, "att") == "1");
  CHECK(header(message, "rp") == "3");
  CHECK(header(message, "deadline") == "1767225660000");
  CHECK(message.value == R"({"token":")" + token +
                             R"(","queue":"resize_image","resource":"resize_image","state_name":"Re\"size",)"
                             R"("execution_arn":"arn:execution:one","state_machine_arn":"arn:machine",)"
                             R"("input":{"z":1.50,"a":["\u00e9"]},"retry_count":1,"delivery":1,)"
                             R"("scheduled_ms":1767225600000,"timeout_ms":60000,"heartbeat_ms":0})");
  task.timeout_ms = 0;
  CHECK(header(encode_task("stepstream", task, token, 1), "deadline") == "absent");
}

TEST_CASE("task topic: a success brings its output byte by byte") {
  const auto read = decode_report(kTaskSuccess,
                                  with_token(R"(, "output" : {"z": 1.50,"token":"x"} ,"worker":"h/1",)"
                                             R"("started_ms":1767225600123,"later":[1])"),
                                  3, kKey);
  REQUIRE(read);
  CHECK(read->task == a_task().id);
  CHECK_FALSE(read->whole_answer);
  const auto& success = std::get<statelang::TaskSucceeded>(read->report);
  CHECK(success.output.text() == R"({"z": 1.50,"token":"x"})");
  CHECK(success.worker == "h/1");
  CHECK(success.started_ms == 1'767'225'600'123);
  CHECK(success.attempt == 2);
}

TEST_CASE("task topic: failures, heartbeats and starts are read") {
  const auto failed = decode_report(kTaskFailure, with_token(R"(,"error":"A.B","cause":"c\n")"), 3, kKey);
  REQUIRE(failed);
  const auto& failure = std::get<statelang::TaskFailed>(failed->report).failure;
  CHECK(failure.error == "A.B");
  CHECK(failure.cause == "c\n");
  const auto bare = decode_report(kTaskFailure, with_token(""), 3, kKey);
  REQUIRE(bare);
  CHECK_FALSE(std::get<statelang::TaskFailed>(bare->report).failure.has_error);
  CHECK_FALSE(std::get<statelang::TaskFailed>(bare->report).failure.has_cause);
  const auto beat = decode_report(kTaskHeartbeat, with_token(""), 3, kKey);
  REQUIRE(beat);
  CHECK(std::get<statelang::TaskHeartbeat>(beat->report).attempt == 2);
  const auto started = decode_report(kTaskStarted, with_token(R"(,"worker":"w","started_ms":5)"), 3, kKey);
  REQUIRE(started);
  CHECK(std::get<statelang::TaskStarted>(started->report).worker == "w");
  CHECK(std::get<statelang::TaskStarted>(started->report).started_ms == 5);
}

TEST_CASE("task topic: a worker's message is a record of its time that nobody waits for") {
  const auto record = decode_report_record(kTaskHeartbeat, with_token(""), 1'700, 3, kKey);
  REQUIRE(record);
  CHECK(record->timestamp_ms == 1'700);
  CHECK(record->request == 0);
  CHECK(record->node == 0);
  CHECK(std::holds_alternative<core::TaskReport>(record->body));
  const auto other = decode_report_record(kTaskHeartbeat, with_token(""), 1'700, 4, kKey);
  REQUIRE_FALSE(other);
  CHECK(other.error() == "its token belongs to another partition");
}

TEST_CASE("task topic: what is no report is refused with a reason") {
  CHECK(problem_of(kTaskSuccess, "") == "not a JSON text");
  CHECK(problem_of(kTaskSuccess, R"({"token":)") == "not a JSON text");
  CHECK(problem_of(kTaskSuccess, std::string("\xFF\x00\x01", 3)) == "not a JSON text");
  CHECK(problem_of(kTaskSuccess, " [1]") == "not a JSON object");
  CHECK(problem_of(kTaskSuccess, R"({"output":1})") == "without a token");
  CHECK(problem_of(kTaskSuccess, R"({"token":7,"output":1})") == "token is not a string");
  CHECK(problem_of(kTaskSuccess, R"({"token":"AAAA","output":1})") == "its token is none of this engine's");
  CHECK(problem_of(kTaskSuccess, with_token(R"(,"output":1)"), 4) ==
        "its token belongs to another partition");
  CHECK(problem_of(kTaskSuccess, with_token("")) == "a success has output, and neither error nor cause");
  CHECK(problem_of(kTaskSuccess, with_token(R"(,"output":1,"error":"E")")) ==
        "a success has output, and neither error nor cause");
  CHECK(problem_of(kTaskFailure, with_token(R"(,"output":1)")) == "a failure has no output");
  CHECK(problem_of(kTaskFailure, with_token(R"(,"error":5)")) == "error is not a string");
  CHECK(problem_of(kTaskFailure, with_token(R"(,"error":")" + std::string(1025, 'e') + "\"")) ==
        "error is longer than 1024 bytes");
  CHECK(problem_of(kTaskStarted, with_token(R"(,"started_ms":-1)")) ==
        "started_ms is not a time in milliseconds");
  CHECK(problem_of("claim", with_token("")) == "no such type of message: claim");
}

TEST_CASE("task topic: a report that was cut anywhere is refused or complete, never misread") {
  const std::string whole = with_token(R"(,"output":{"a":[1,2,"x"]},"worker":"w\u00e9")");
  REQUIRE(problem_of(kTaskSuccess, whole).empty());
  for (size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(problem_of(kTaskSuccess, whole.substr(0, size)).empty());
}
