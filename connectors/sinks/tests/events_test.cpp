// The events as EventBridge gives them.
#include <catch2/catch.hpp>

#include <connectors/sinks/events.h>

using namespace connectors::sinks;
using engine::FeedEvent;
using statelang::ExecutionStatus;
using statelang::Payload;

namespace {

FeedEvent succeeded() {
  FeedEvent event;
  event.first_event = 3;
  event.time_ms = 1'547'148'840'122;
  engine::Execution& execution = event.execution;
  execution.execution_arn = "arn:aws:states:eu-central-1:123456789012:execution:m:e";
  execution.state_machine_arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:m";
  execution.name = "e";
  execution.status = ExecutionStatus::Succeeded;
  execution.start_ms = 1'547'148'840'101;
  execution.stop_ms = 1'547'148'840'122;
  execution.input = Payload::from_text("{}");
  execution.output = Payload::from_text("\"Hello World!\"");
  return event;
}

}  // namespace

TEST_CASE("sink events: a status change is what EventBridge documents") {
  const FeedEvent event = succeeded();
  const std::string id = event_id(event.execution, "SUCCEEDED", 3);
  CHECK(statelang::to_json(status_event(event)) ==
        R"({"version":"0","id":")" + id +
            R"(","detail-type":"Step Functions Execution Status Change","source":"aws.states",)"
            R"("account":"123456789012","time":"2019-01-10T19:34:00Z","region":"eu-central-1",)"
            R"("resources":["arn:aws:states:eu-central-1:123456789012:execution:m:e"],"detail":{)"
            R"("executionArn":"arn:aws:states:eu-central-1:123456789012:execution:m:e",)"
            R"("stateMachineArn":"arn:aws:states:eu-central-1:123456789012:stateMachine:m",)"
            R"("stateMachineVersionArn":null,"stateMachineAliasArn":null,"name":"e","status":"SUCCEEDED",)"
            R"("startDate":1547148840101,"stopDate":1547148840122,"input":"{}","output":"\"Hello World!\"",)"
            R"("inputDetails":{"included":true},"outputDetails":{"included":true},"error":null,"cause":null,)"
            R"("redriveCount":0,"redriveDate":null,"redriveStatus":"NOT_REDRIVABLE",)"
            R"("redriveStatusReason":"Execution is SUCCEEDED and cannot be redriven"}})");
}

TEST_CASE("sink events: an end without room for a redrive says so") {
  FeedEvent event = succeeded();
  event.execution.status = ExecutionStatus::Failed;
  const auto status = [&] {
    const auto document = status_event(event);
    const auto* detail = document.find("detail");
    return statelang::to_json(*detail->find("redriveStatus")) +
           statelang::to_json(*detail->find("redriveStatusReason"));
  };
  CHECK(status() == R"("REDRIVABLE"null)");
  event.execution.map_run_arn = "run";
  CHECK(status() == R"("REDRIVABLE_BY_MAP_RUN"null)");
  event.execution.redrive_status = "NOT_REDRIVABLE";
  event.execution.redrive_status_reason = "full";
  CHECK(status() == R"("NOT_REDRIVABLE""full")");
}

TEST_CASE("sink events: input and output are left out together when they are too large") {
  FeedEvent event = succeeded();
  event.execution.input = Payload::from_text('"' + std::string(kPayloadBytesMax / 2, 'x') + '"');
  event.execution.output = Payload::from_text('"' + std::string(kPayloadBytesMax / 2 - 100, 'x') + '"');
  CHECK(status_event(event).find("detail")->find("input")->is_string());
  event.execution.output = Payload::from_text('"' + std::string(kPayloadBytesMax / 2, 'x') + '"');
  const auto document = status_event(event);
  const auto& detail = *document.find("detail");
  CHECK(detail.find("input")->is_null());
  CHECK(detail.find("output")->is_null());
  CHECK_FALSE(detail.find("inputDetails")->find("included")->as_boolean());
  CHECK_FALSE(detail.find("outputDetails")->find("included")->as_boolean());
}

TEST_CASE("sink events: ids are the same for the same change and no other") {
  const engine::Execution execution = succeeded().execution;
  const std::string id = event_id(execution, "FAILED", 5);
  CHECK(id.size() == 36);
  CHECK(id == event_id(execution, "FAILED", 5));
  CHECK(id != event_id(execution, "FAILED", 9));
  CHECK(id != event_id(execution, "RUNNING", 5));
  engine::Execution later = execution;
  later.start_ms++;  // the same name again, after the first one was erased
  CHECK(id != event_id(later, "FAILED", 5));
}
