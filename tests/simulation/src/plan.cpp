#include "plan.h"

namespace simulation {

Planned random_plan(Random& random, size_t index, PlanKind kind, engine::PartitionId partition) {
  Planned plan;
  const std::string number = std::to_string(index);
  plan.index = index;
  plan.kind = kind;
  plan.partition = partition;
  plan.program = random_program(random);
  plan.seed = random.next();
  plan.name = "run" + number;
  plan.revision = "revision" + number;
  const Answer input = answer_to(plan.seed, "input", "", 0, false);
  plan.input = *statelang::parse_json(input.output.empty() ? "{\"v\":7,\"items\":[{\"v\":8,\"items\":[]}]}"
                                                           : input.output);
  plan.definition = plan.program.definition();
  plan.expected = predict(plan.program, plan.seed, plan.input);
  if (kind == PlanKind::Standard) plan.arn = kArnPrefix + ("execution:machine" + number) + ":" + plan.name;
  return plan;
}

engine::core::RegisterDefinition registration_of(const Planned& plan) {
  engine::core::RegisterDefinition definition;
  definition.revision_id = plan.revision;
  definition.state_machine_name = "machine" + std::to_string(plan.index);
  definition.state_machine_arn = kArnPrefix + ("stateMachine:" + definition.state_machine_name);
  definition.definition = plan.definition;
  if (plan.kind != PlanKind::Standard) {
    definition.type = engine::core::MachineType::Express;
    definition.log = {engine::core::LogLevel::All, true, {}};
  }
  return definition;
}

engine::core::StartExecution start_of(const Planned& plan, bool other_input) {
  engine::core::StartExecution record;
  record.execution_arn = plan.arn;
  record.name = plan.name;
  record.revision_id = plan.revision;
  record.input =
      statelang::Payload::from_value(other_input ? statelang::Value::object({{"v", -5}}) : plan.input);
  record.retention_ms = plan.retention_ms;
  record.synchronous = plan.kind == PlanKind::SyncExpress;
  return record;
}

std::string task_name(const engine::core::TaskId& id) {
  return std::to_string(id.partition) + "/" + std::to_string(static_cast<uint64_t>(id.execution)) + "/" +
         std::to_string(static_cast<uint32_t>(id.scope)) + "/" + std::to_string(id.attempt);
}

const Ledger& note_delivery(Ledgers& ledgers, const Planned& plan, const engine::core::DispatchTask& task) {
  Ledger& entry = ledgers[task_name(task.id)];
  ++entry.deliveries;
  entry.arn = task.execution_arn;
  entry.state = task.state_name;
  entry.scheduled_ms = task.scheduled_ms;
  entry.heartbeat_ms = task.heartbeat_ms;
  entry.answer =
      answer_to(plan.seed, task.state_name, task.input.text(), task.retry_count, may_hang(task.state_name));
  return entry;
}

std::optional<std::string> note_accepted(Ledgers& ledgers, const engine::core::TaskId& id, bool honest) {
  if (!honest) return "C4: a result that no attempt gave was accepted: " + task_name(id);
  Ledger& entry = ledgers[task_name(id)];
  ++entry.accepted;
  if (entry.deliveries == 0)
    return "C5: a result was accepted of a task that no worker got: " + task_name(id);
  if (entry.accepted > 1) return "C4: two results of " + task_name(id) + " were accepted";
  return std::nullopt;
}

engine::core::TaskId attempt_that_is_not(engine::core::TaskId id, Random& random) {
  const engine::core::TaskId real = id;
  if (random.chance(50) && id.attempt > 0) --id.attempt;
  if (id == real) id.execution = static_cast<engine::core::ExecutionNumber>(1'000'000);
  return id;
}

Answer false_answer() {
  return {Answer::Kind::Success, "{\"v\":-1,\"items\":[]}"};
}

engine::core::TaskReport report_of(const engine::core::TaskId& id, const Answer& answer, int64_t started_ms) {
  engine::core::TaskReport report{id, {}};
  if (answer.kind == Answer::Kind::Success) {
    report.report = statelang::TaskSucceeded{
        id.scope, id.attempt, statelang::Payload::from_text(answer.output), "worker", started_ms};
  } else {
    report.report =
        statelang::TaskFailed{id.scope, id.attempt, {kTaskError, "as it happens"}, "worker", started_ms};
  }
  return report;
}

}  // namespace simulation
