// The simulated callers of one process: they start Express executions until they know that these have begun,
// stop some, look at all, and hold the engine to what it said.
#include <engine/core/record_codec.h>

#include "world.h"

namespace simulation {

using engine::ApiResult;
using engine::core::Reply;
using engine::core::ReplyCode;

void World::acknowledged(size_t index) {
  scheduler_.after(random_.between(0, 90'000), [this, index] { observe(index); });
}

// A client that is told nothing tries again, under a new ARN: a start of an Express execution is never the
// same one.
void World::start_express(size_t index) {
  Planned& plan = plans_[index];
  if (plan.acknowledged) return;
  if (!machine_) return scheduler_.after(500, [this, index] { start_express(index); });
  plan.arn = kArnPrefix + ("express:machine" + std::to_string(index)) + ":" + plan.name + ":" +
             std::to_string(plan.attempts);
  by_arn_[plan.arn] = index;
  express_.started(plan.arn, index, plan.kind == PlanKind::SyncExpress);
  auto answered = std::make_shared<bool>(false);
  const int restarts = restarts_of(plan.partition);
  start_at(*machine_, index, false,
           [this, index, answered, restarts, arn = plan.arn](const Answered& answer) {
             if (std::exchange(*answered, true)) violate("C7: " + arn + " was answered twice");
             const bool interrupted = !answer && answer.error().code == engine::ApiErrorCode::Unavailable;
             if (interrupted && restarts_of(plans_[index].partition) == restarts)
               violate("C7: " + arn + " was called interrupted, but nothing had happened to its partition");
             express_answered(index, arn, answer);
           });
  // The connection broke with the engine.
  auto look = std::make_shared<std::function<void()>>();
  *look = [this, index, answered, life = figures_[Figure::Crashes], weak = std::weak_ptr(look)] {
    if (*answered) return;
    if (figures_[Figure::Crashes] != life) return start_express(index);
    if (auto self = weak.lock()) scheduler_.after(kAnswerPatienceMs, [self] { (*self)(); });
  };
  scheduler_.after(kAnswerPatienceMs, [look] { (*look)(); });
}

void World::express_answered(size_t index, const std::string& arn, const Answered& answer) {
  Planned& plan = plans_[index];
  const bool done = answer && answer->code == ReplyCode::Done;
  trace("start " + arn + ": " + (done ? "done" : "refused"));
  if (answer && answer->code == ReplyCode::UnknownRevision) check_definition(plan);
  if (!done) return scheduler_.after(random_.between(100, 3'000), [this, index] { start_express(index); });
  plan.acknowledged = true;
  if (plan.kind == PlanKind::Express) return express_.acknowledged(arn);
  plan.finished = true;
  if (auto wrong = express_.answered(arn, *answer)) violate(*wrong);
}

// Over when the store does not know it any more: what it has acknowledged it has stored.
void World::observe_express(size_t index) {
  Planned& plan = plans_[index];
  if (plan.kind == PlanKind::SyncExpress || !plan.acknowledged) return;
  bool open = false;
  (void)store_.tables(plan.partition)
      .scan(engine::Table::Express, {}, {}, false, [&](std::string_view, std::string_view value) {
        const auto start = engine::core::decode_start_execution(value);
        open = open || (start && by_arn_.at(start->execution_arn) == index);
        return !open;
      });
  plan.finished = !open;
}

bool World::all_finished() {
  bool all = true;
  for (size_t i = 0; i < plans_.size(); ++i) {
    if (!plans_[i].finished) plans_[i].kind == PlanKind::Standard ? observe(i) : observe_express(i);
    all = all && plans_[i].finished && plans_[i].acknowledged;
  }
  return all;
}

// What a client is told must stay true.
void World::observe(size_t index) {
  Planned& plan = plans_[index];
  if (plan.erased) return;
  const std::string outcome = read_outcome(store_.tables(plan.partition), plan.arn);
  if (!plan.told.empty() && outcome != plan.told) {
    violate("C7: " + plan.arn + " was " + plan.told + " and is now " + outcome);
  }
  plan.told = outcome;
  plan.finished = !outcome.empty();
}

void World::stop(size_t index) {
  Planned& plan = plans_[index];
  if (!machine_ || healed_) return;
  plan.stop_sent = true;
  ++figures_[Figure::Stops];
  trace("stop " + plan.name);
  machine_->submit(plan.partition, engine::core::StopExecution{plan.arn, {"Stopped", "by the caller"}},
                   [](const ApiResult<Reply>&) {});
}

}  // namespace simulation
