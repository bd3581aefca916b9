// Log lines as CloudWatch Logs has them.
#include <catch2/catch.hpp>

#include <connectors/logs/log_line.h>

using namespace connectors::logs;
using engine::core::LogLevel;
using statelang::EventType;
using statelang::HistoryEvent;

namespace {

constexpr const char* kArn = "arn:aws:states:us-east-1:000000000000:execution:m:e";

HistoryEvent entered(std::string input = "{}") {
  HistoryEvent event;
  event.id = 2;
  event.previous_id = 0;
  event.timestamp_ms = 1'609'459'200'123;
  event.type = EventType::PassStateEntered;
  event.name = "P";
  event.has_payload = true;
  event.payload = statelang::Payload::from_text(std::move(input));
  return event;
}

}  // namespace

TEST_CASE("log line: an event with and without its data") {
  const std::string tail =
      R"(},"previous_event_id":"0","event_timestamp":"1609459200123","execution_arn":")" + std::string(kArn) +
      R"(","redrive_count":"0"})";
  CHECK(
      log_line(kArn, 0, entered(), true) ==
      R"({"id":"2","type":"PassStateEntered","details":{"name":"P","input":"{}","inputDetails":{"truncated":false})" +
          tail);
  CHECK(log_line(kArn, 0, entered(), false) ==
        R"({"id":"2","type":"PassStateEntered","details":{"name":"P","inputDetails":{"truncated":false})" +
            tail);
}

TEST_CASE("log line: values of variables are data") {
  HistoryEvent event = entered();
  event.type = EventType::PassStateExited;
  auto extras = std::make_shared<statelang::EventExtras>();
  extras->assigned_variables = {{"secret", "7"}};
  event.extras = extras;
  const auto with = statelang::parse_json(log_line(kArn, 0, event, true));
  const auto without = statelang::parse_json(log_line(kArn, 0, event, false));
  REQUIRE((with && without));
  REQUIRE(with->find("details")->find("assignedVariables"));
  CHECK(with->find("details")->find("assignedVariables")->find("secret")->as_string() == "7");
  CHECK_FALSE(without->find("details")->find("assignedVariables"));
}

TEST_CASE("log line: a payload that is too long is cut at a whole character") {
  std::string text = "\"" + std::string(kPayloadBytesMax - 2, 'x') + "\xC3\xA4\xC3\xA4\"";
  const auto line = statelang::parse_json(log_line(kArn, 1, entered(text), true));
  REQUIRE(line);
  const auto& details = *line->find("details");
  CHECK(details.find("input")->as_string().size() == kPayloadBytesMax - 1);
  CHECK(details.find("inputDetails")->find("truncated")->as_boolean());
  CHECK(line->find("redrive_count")->as_string() == "1");
}

TEST_CASE("log line: levels take what AWS's take") {
  CHECK(is_logged(LogLevel::All, EventType::PassStateEntered));
  CHECK_FALSE(is_logged(LogLevel::Error, EventType::PassStateEntered));
  for (const EventType type :
       {EventType::FailStateEntered, EventType::TaskFailed, EventType::TaskTimedOut, EventType::MapRunAborted,
        EventType::EvaluationFailed, EventType::LambdaFunctionScheduleFailed, EventType::ExecutionFailed}) {
    CHECK(is_logged(LogLevel::Error, type));
  }
  for (const EventType type :
       {EventType::ExecutionFailed, EventType::ExecutionTimedOut, EventType::ExecutionAborted}) {
    CHECK(is_logged(LogLevel::Fatal, type));
  }
  CHECK_FALSE(is_logged(LogLevel::Fatal, EventType::TaskFailed));
  CHECK_FALSE(is_logged(LogLevel::Off, EventType::ExecutionFailed));
}

TEST_CASE("log line: its head is not taken from a payload") {
  const std::string line =
      log_line(kArn, 0, entered(R"({"type":"ExecutionFailed","execution_arn":"other"})"), true);
  const LineHead head = read_head(line);
  CHECK(head.type == "PassStateEntered");
  CHECK(head.execution_arn == kArn);
  CHECK(read_head(line.substr(0, line.size() / 2)).type.empty());  // torn by a crash
  CHECK(read_head("").type.empty());
}
