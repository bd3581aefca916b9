// One state alone: the language's part is statelang/test_state; here its task is given to a worker.
#include <engine/core/task_queue_name.h>
#include <statelang/test_state/test_state.h>

#include "node_engine.h"
#include "unique_id.h"

namespace engine::runtime {

using statelang::Unexpected;
namespace test_state = statelang::test_state;

namespace {

constexpr int64_t kCallMsMax = 300'000;  // AWS: TestState runs for five minutes at most

ApiError to_error(test_state::Refusal refusal) {
  switch (refusal.kind) {
    case test_state::Refusal::Kind::InvalidDefinition:
      return {ApiErrorCode::InvalidDefinition, std::move(refusal.message), std::move(refusal.diagnostics)};
    case test_state::Refusal::Kind::InvalidInput:
      return {ApiErrorCode::InvalidExecutionInput, std::move(refusal.message), {}};
    case test_state::Refusal::Kind::Validation:
      break;
  }
  return {ApiErrorCode::ValidationFailed, std::move(refusal.message), {}};
}

uint64_t seed() {
  uint64_t value = 0;
  for (const char c : random_secret(sizeof value)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// The task as a machine of its own. The same task gives the same revision, so that testing it again and again
// registers one definition.
StateMachine machine_around(const test_state::TaskCall& call, const std::string& role_arn,
                            const std::string& arn) {
  using statelang::Value;
  Value task = Value::object({{"Type", "Task"}, {"Resource", call.resource}, {"End", true}});
  if (call.timeout_ms > 0) task.set("TimeoutSeconds", call.timeout_ms / 1000);
  if (call.heartbeat_ms > 0) task.set("HeartbeatSeconds", call.heartbeat_ms / 1000);
  const Value machine = Value::object({{"StartAt", "Task"},
                                       {"TimeoutSeconds", kCallMsMax / 1000},
                                       {"States", Value::object({{"Task", std::move(task)}})}});
  StateMachine out;
  out.arn = arn;
  out.name = "TestState";
  out.type = core::MachineType::Express;
  out.definition = to_json(machine);
  out.role_arn = role_arn;
  out.revision_id = "test-state/" + role_arn + "/" + out.definition;
  return out;
}

// As a dispatched one, for the performer to say whether it is its own.
core::DispatchTask task_of(const test_state::TaskCall& call, const std::string& queue) {
  core::DispatchTask task;
  task.queue = queue;
  task.resource = call.resource;
  task.input = call.input;
  return task;
}

test_state::TaskAnswer answer_of(const Execution& ended) {
  using statelang::ExecutionStatus;
  if (ended.status == ExecutionStatus::Succeeded) return {ended.output, {}};
  const bool in_time = ended.status == ExecutionStatus::Failed || ended.status == ExecutionStatus::Aborted;
  if (!in_time) return {std::nullopt, {std::string(statelang::errors::kTimeout), {}, true, false}};
  return {
      std::nullopt,
      {ended.error.value_or(""), ended.cause.value_or(""), ended.error.has_value(), ended.cause.has_value()}};
}

}  // namespace

void NodeEngine::test_state(test_state::Request request, ApiCallback<test_state::Result> done) {
  request.account = settings_.account;
  request.region = settings_.region;
  request.now_ms = now_ms();
  request.random_seed = seed();
  auto tested = test_state::run(request);
  if (tested) return done(std::move(*tested));
  if (!tested.error().task) return done(Unexpected{to_error(std::move(tested.error()))});
  const test_state::TaskCall call = std::move(*tested.error().task);
  const std::string role_arn = request.role_arn;
  const bool reveal_secrets = request.reveal_secrets;
  call_task(call, role_arn, reveal_secrets,
            [request = std::move(request),
             done = std::move(done)](ApiResult<test_state::TaskAnswer> answer) mutable {
              if (!answer) return done(Unexpected{answer.error()});
              request.answer = std::move(*answer);
              auto result = test_state::run(request);
              if (!result) return done(Unexpected{to_error(std::move(result.error()))});
              done(std::move(*result));
            });
}

void NodeEngine::call_task(const test_state::TaskCall& call, const std::string& role_arn, bool reveal_secrets,
                           ApiCallback<test_state::TaskAnswer> done) {
  const auto resource = statelang::parse_resource(call.resource);
  const std::string queue = resource ? core::task_queue_name(*resource, call.input) : std::string();
  const auto performer = queues_.performer();
  if (performer && performer->try_out(call, reveal_secrets, done)) return;
  const bool performed = performer && performer->performs(task_of(call, queue));
  if (!performed && !queues_.has_worker(queue)) {
    return done(
        Unexpected{ApiError{ApiErrorCode::ValidationFailed,
                            "TestState cannot call '" + call.resource + "': no worker asks for tasks of '" +
                                queue + "'. Start one, or specify a mock with the result or the error.",
                            {}}});
  }
  run_unlisted(machine_around(call, role_arn, state_machine_arn("TestState")), call.input, kCallMsMax,
               [done = std::move(done)](ApiResult<Execution> ended) {
                 if (!ended) return done(Unexpected{ended.error()});
                 done(answer_of(*ended));
               });
}

}  // namespace engine::runtime
