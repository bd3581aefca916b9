// Reports of workers by task token (API reference: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat).
#include <statelang/json_syntax.h>

#include "action.h"

namespace engine::api::aws {
namespace {

AwsError timed_out() {
  return {"TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'", {}};
}

void report(const Call& call, TaskResult result) {
  call.engine.report_task(std::move(result), {}, [call](ApiResult<bool> accepted) {
    if (!accepted && accepted.error().code == ApiErrorCode::TaskTimedOut) return call.fail(timed_out());
    if (!accepted) return call.fail(accepted.error());
    call.succeed(Value::object());
  });
}

}  // namespace

void send_task_success(const Call& call) {
  std::string output = call.text("output");
  if (auto parsed = statelang::parse_json(output); !parsed) {
    const auto syntax = statelang::find_json_syntax_error(output);
    return call.fail(AwsError{"InvalidOutput",
                              "Invalid Output: '" + (syntax ? syntax->message : parsed.error().message) + "'",
                              {}});
  }
  report(call, {call.text("taskToken"), std::move(output), {}});
}

void send_task_failure(const Call& call) {
  statelang::Failure failure{call.text("error"), call.text("cause"), call.has("error"), call.has("cause")};
  report(call, {call.text("taskToken"), std::nullopt, std::move(failure)});
}

void send_task_heartbeat(const Call& call) {
  call.engine.heartbeat_task(call.text("taskToken"), [call](ApiResult<HeartbeatAnswer> answer) {
    if (!answer) return call.fail(answer.error());
    if (answer->cancelled) return call.fail(timed_out());
    call.succeed(Value::object());
  });
}

}  // namespace engine::api::aws
