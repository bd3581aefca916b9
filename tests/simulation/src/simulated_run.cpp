#include "simulated_run.h"

#include <cstdio>

namespace simulation {

using engine::ApiResult;
using engine::core::Reply;
using engine::core::ReplyCode;

namespace {
constexpr int64_t kTimeMaxMs = 7LL * 24 * 3600 * 1000;
}

engine::runtime::TaskQueues::ReportStarted Desk::started_reporter() {
  return [this](const engine::core::TaskId& id, std::string worker, int64_t started_ms,
                std::function<void(ApiResult<ReplyCode>)> answered) {
    engine::core::TaskReport report{
        id, statelang::TaskStarted{id.scope, id.attempt, std::move(worker), started_ms}};
    const auto partition = static_cast<engine::PartitionId>(id.partition);
    if (!answered) return append(partition, std::move(report));
    submit(partition, std::move(report), [answered](ApiResult<Reply> answer) {
      if (!answer) return answered(statelang::Unexpected{answer.error()});
      answered(answer->code);
    });
  };
}

void SimulatedRun::trace(const std::string& what) {
  if (tracing_) std::printf("%10lld ms  %s\n", static_cast<long long>(scheduler_.now_ms()), what.c_str());
}

void SimulatedRun::violate(const std::string& what) {
  trace("VIOLATION " + what);
  if (!violation_) violation_ = what;
}

void SimulatedRun::run_to_rest(uint64_t steps_max) {
  int64_t finished_at = -1;
  while (!violation_ && scheduler_.step()) {
    ++figures_[Figure::Steps];
    between_steps();
    if (figures_[Figure::Steps] % 32 == 0 && finished_at < 0 && healed_ && all_finished())
      finished_at = scheduler_.now_ms();
    // Leases of tasks that are over, late results and retried requests come to rest.
    if (finished_at >= 0 && scheduler_.now_ms() > finished_at + 4 * kAnswerPatienceMs && at_rest()) break;
    if (figures_[Figure::Steps] > steps_max || scheduler_.now_ms() > kTimeMaxMs) {
      for (const Planned& plan : plans_) {
        if (!plan.finished && !lost(plan.partition)) violate("C1: " + plan.arn + " never ends");
      }
      if (!violation_) violate("C1: the run does not come to rest");
    }
  }
}

// ------------------------------------------------------------------------------------------ callers

void SimulatedRun::start_at(Desk& desk, size_t index, bool other_input,
                            std::function<void(const Answered&)> answered) {
  Planned& plan = plans_[index];
  trace("start " + plan.name + (other_input ? " with other input" : ""));
  ++plan.attempts;
  desk.append(plan.partition, registration_of(plan));
  desk.submit(plan.partition, start_of(plan, other_input), std::move(answered));
}

// Again and again, until the caller knows that the execution has begun.
void SimulatedRun::start(size_t index, bool other_input) {
  if (lost(plans_[index].partition)) return;
  Desk* at = desk();
  if (at == nullptr) return scheduler_.after(500, [this, index, other_input] { start(index, other_input); });
  auto answered = std::make_shared<bool>(false);
  start_at(*at, index, other_input, [this, index, other_input, answered](const Answered& answer) {
    *answered = true;
    start_answered(index, other_input, answer);
  });
  if (other_input) return;
  scheduler_.after(kAnswerPatienceMs, [this, index, answered] {
    if (!*answered && !plans_[index].acknowledged) start(index, false);
  });
}

// Not registered: the registration was refused for want of space, or the generator is to blame.
void SimulatedRun::check_definition(const Planned& plan) {
  if (auto parsed = statelang::Definition::parse(plan.definition); !parsed)
    violate("a bad definition: " + statelang::invalid_definition_message(parsed.error()) + " " +
            plan.definition);
}

void SimulatedRun::start_answered(size_t index, bool other_input, const Answered& answer) {
  Planned& plan = plans_[index];
  const bool done = answer && answer->code == ReplyCode::Done;
  const bool exists = answer && answer->code == ReplyCode::ExecutionAlreadyExists;
  trace("start " + plan.name + ": " + (done ? "done" : exists ? "exists" : "refused"));
  if (other_input) {
    if (done) violate("C8: a second start of " + plan.arn + " with other input was accepted");
    return;
  }
  if (answer && answer->code == ReplyCode::UnknownRevision) check_definition(plan);
  if (!done && !exists) {
    if (!plan.acknowledged)
      scheduler_.after(random_.between(100, 3'000), [this, index] { start(index, false); });
    return;
  }
  if (std::exchange(plan.acknowledged, true)) return;
  if (random_.chance(40))
    scheduler_.after(random_.between(0, 30'000), [this, index] { start(index, false); });
  if (random_.chance(40)) scheduler_.after(random_.between(0, 30'000), [this, index] { start(index, true); });
  acknowledged(index);
}

}  // namespace simulation
