// RegisterDefinition and StartExecution.
#include <engine/core/bytes.h>
#include <engine/core/mutation.h>
#include <engine/core/state_keys.h>

#include "application.h"
#include "listing_keys.h"

namespace engine::core {

// Hands out the next number. 0 is nobody's.
ExecutionNumber Application::next_number() {
  const auto bytes = transaction_.get(Table::Meta, next_execution_key());
  const uint64_t number = bytes ? ByteReader(*bytes).big_endian(8) : 1;
  ByteWriter next;
  next.big_endian(number + 1, 8);
  transaction_.put(Table::Meta, next_execution_key(), next.take());
  return static_cast<ExecutionNumber>(number);
}

void Application::apply(const RegisterDefinition& body) {
  // A revision never changes: registering it again is not a change.
  if (!transaction_.get(Table::Definitions, body.revision_id)) {
    transaction_.put(Table::Definitions, body.revision_id, encode(body));
  }
  reply(ReplyCode::Done);
}

void Application::apply(const StartExecution& body) {
  auto machine = machines_.find(transaction_, body.revision_id);
  if (!machine) return reply(ReplyCode::UnknownRevision);
  if (machine->registered.type == MachineType::Express) return start_express(body, std::move(machine));
  if (body.synchronous) return reply(ReplyCode::StateMachineTypeNotSupported);
  if (const auto known = transaction_.get(Table::Names, body.execution_arn);
      known && !mutated(Mutant::StartNotDeduplicated)) {
    return answer_known_name(body, parse_execution_key(*known));
  }
  start_standard(body, std::move(machine));
}

// The same start once more, as long as it runs, is answered as the first time; anything else is refused.
void Application::answer_known_name(const StartExecution& body, ExecutionNumber number) {
  auto storage = StoredExecution::load(transaction_, executions_, number);
  const bool same = storage && storage->execution().status == statelang::ExecutionStatus::Running &&
                    storage->execution_input().text() == body.input.text();
  if (!same) return reply(ReplyCode::ExecutionAlreadyExists);
  Reply answer = reply_to_caller(ReplyCode::Done);
  answer.time_ms = storage->execution().start_time_ms;
  answer.execution = number;
  reply(std::move(answer));
}

void Application::start_standard(const StartExecution& body, std::shared_ptr<const Machine> machine) {
  const ExecutionNumber number = next_number();
  ExecutionFacts facts = facts_of(body, *machine);
  transaction_.put(Table::Names, body.execution_arn, execution_key(number));
  listing::add(transaction_, {body.execution_arn, facts.state_machine_arn, number,
                              statelang::ExecutionStatus::Running, position_.now_ms, 0});
  Running running{number, std::move(machine),
                  StoredExecution::create(transaction_, executions_, number, std::move(facts), body.input)};
  run(running, statelang::Start{body.input});
  Reply answer = reply_to_caller(ReplyCode::Done);
  answer.time_ms = position_.now_ms;
  answer.execution = number;
  reply(std::move(answer));
}

}  // namespace engine::core
