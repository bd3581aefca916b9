#include "world.h"

#include <cstdio>

namespace simulation {

using engine::ApiResult;
using engine::core::Reply;
using engine::core::ReplyCode;

namespace {
constexpr engine::PartitionId kPartition{0};
constexpr uint64_t kStepsMax = 300'000;
constexpr int64_t kTimeMaxMs = 7LL * 24 * 3600 * 1000;
}  // namespace

engine::core::PartitionSettings partition_settings(uint32_t transitions_max) {
  engine::core::PartitionSettings settings;
  settings.token_key = "simulation";
  settings.limits.transitions_max = transitions_max;
  return settings;
}

// ------------------------------------------------------------------------------------------ the run

World::World(uint64_t seed, bool trace)
    : tracing_(trace),
      random_(mix(seed + 1)),
      faults_(random_faults(random_)),
      log_(faults_.durable_log),
      store_(scheduler_, random_) {
  store_.faults = faults_.store;
  workers_ = static_cast<int>(random_.between(1, 3));
  const int64_t count = random_.between(1, 4);
  for (int64_t i = 0; i < count; ++i) {
    Planned plan;
    plan.program = random_program(random_);
    plan.seed = random_.next();
    plan.name = "run" + std::to_string(i);
    plan.arn =
        "arn:aws:states:us-east-1:000000000000:execution:machine" + std::to_string(i) + ":" + plan.name;
    plan.revision = "revision" + std::to_string(i);
    plan.input = *statelang::parse_json(answer_to(plan.seed, "input", "", 0, false).output.empty()
                                            ? "{\"v\":7,\"items\":[{\"v\":8,\"items\":[]}]}"
                                            : answer_to(plan.seed, "input", "", 0, false).output);
    if (auto parsed = statelang::Definition::parse(plan.program.definition()); !parsed) {
      violate("the generator made a bad definition: " +
              statelang::invalid_definition_message(parsed.error()) + " " + plan.program.definition());
    }
    plan.expected = predict(plan.program, plan.seed, plan.input);
    by_arn_[plan.arn] = plans_.size();
    plans_.push_back(std::move(plan));
  }
}

World::~World() = default;

void World::trace(const std::string& what) {
  if (tracing_) std::printf("%10lld ms  %s\n", static_cast<long long>(scheduler_.now_ms()), what.c_str());
}

void World::violate(const std::string& what) {
  trace("VIOLATION " + what);
  if (!violation_) violation_ = what;
}

std::optional<std::string> World::run() {
  boot();
  for (size_t i = 0; i < plans_.size(); ++i) {
    scheduler_.after(random_.between(0, 20'000), [this, i] { start(i, false); });
    if (random_.chance(faults_.stop_percent))
      scheduler_.after(random_.between(0, 60'000), [this, i] { stop(i); });
  }
  if (faults_.clock_jumps) scheduler_.after(random_.between(0, 120'000), [this] { jump_clock(); });
  scheduler_.after(random_.between(60'000, 400'000), [this] { heal(); });

  int64_t finished_at = -1;
  while (!violation_ && scheduler_.step()) {
    ++figures_.steps;
    if (machine_ && !healed_ && faults_.crash_every_steps > 0 &&
        random_.between(1, faults_.crash_every_steps) == 1) {
      crash();
    }
    if (figures_.steps % 32 == 0 && finished_at < 0 && healed_ && all_finished())
      finished_at = scheduler_.now_ms();
    // Leases of tasks that are over, late results and retried requests come to rest.
    if (finished_at >= 0 && scheduler_.now_ms() > finished_at + 4 * kAnswerPatienceMs) break;
    if (figures_.steps > kStepsMax || scheduler_.now_ms() > kTimeMaxMs) {
      for (size_t i = 0; i < plans_.size(); ++i) {
        if (!plans_[i].finished) violate("C1: " + plans_[i].arn + " never ends");
      }
      if (!violation_) violate("C1: the run does not come to rest");
    }
  }
  figures_.store = store_.figures;
  figures_.executions = plans_.size();
  if (violation_) return violation_;
  for (const auto& depth : machine_->queues.depths()) {
    if (depth.pending + depth.delivered > 0) return "C11: tasks are left in the queues";
  }
  figures_.redeliveries += machine_->queues.redeliveries();
  for (size_t i = 0; i < plans_.size(); ++i) observe(i);
  if (violation_) return violation_;
  if (auto wrong = check_store(store_.tables(), plans_, ledger_, lateness_max_ms(faults_), figures_))
    return wrong;
  return check_replay(log_, store_, partition_settings(faults_.transitions_max));
}

bool World::all_finished() {
  bool all = true;
  for (size_t i = 0; i < plans_.size(); ++i) {
    if (!plans_[i].finished) observe(i);
    all = all && plans_[i].finished && plans_[i].acknowledged;
  }
  return all;
}

// What a client is told must stay true.
void World::observe(size_t index) {
  Planned& plan = plans_[index];
  const std::string outcome = read_outcome(store_.tables(), plan.arn);
  if (!plan.told.empty() && outcome != plan.told) {
    violate("C7: " + plan.arn + " was " + plan.told + " and is now " + outcome);
  }
  plan.told = outcome;
  plan.finished = !outcome.empty();
}

// ------------------------------------------------------------------------------------------ callers

void World::start(size_t index, bool other_input) {
  Planned& plan = plans_[index];
  if (!machine_) return scheduler_.after(500, [this, index, other_input] { start(index, other_input); });
  engine::core::RegisterDefinition definition;
  definition.revision_id = plan.revision;
  definition.state_machine_name = "machine" + std::to_string(index);
  definition.state_machine_arn =
      "arn:aws:states:us-east-1:000000000000:stateMachine:" + definition.state_machine_name;
  definition.definition = plan.program.definition();
  machine_->append(std::move(definition));
  engine::core::StartExecution record;
  record.execution_arn = plan.arn;
  record.name = plan.name;
  record.revision_id = plan.revision;
  record.input =
      statelang::Payload::from_value(other_input ? statelang::Value::object({{"v", -5}}) : plan.input);
  trace("start " + plan.name + (other_input ? " with other input" : ""));
  auto answered = std::make_shared<bool>(false);
  machine_->submit(std::move(record), [this, index, other_input, answered](ApiResult<Reply> answer) {
    *answered = true;
    start_answered(index, other_input, answer);
  });
  if (other_input) return;
  scheduler_.after(kAnswerPatienceMs, [this, index, answered] {
    if (!*answered && !plans_[index].acknowledged) start(index, false);
  });
}

void World::start_answered(size_t index, bool other_input, const ApiResult<Reply>& answer) {
  Planned& plan = plans_[index];
  const bool done = answer && answer->code == ReplyCode::Done;
  const bool exists = answer && answer->code == ReplyCode::ExecutionAlreadyExists;
  trace("start " + plan.name + ": " + (done ? "done" : exists ? "exists" : "refused"));
  if (other_input) {
    if (done) violate("C8: a second start of " + plan.arn + " with other input was accepted");
    return;
  }
  if (!done && !exists) {
    if (!plan.acknowledged)
      scheduler_.after(random_.between(100, 3'000), [this, index] { start(index, false); });
    return;
  }
  const bool first = !plan.acknowledged;
  plan.acknowledged = true;
  if (!first) return;
  if (random_.chance(40))
    scheduler_.after(random_.between(0, 30'000), [this, index] { start(index, false); });
  if (random_.chance(40)) scheduler_.after(random_.between(0, 30'000), [this, index] { start(index, true); });
  scheduler_.after(random_.between(0, 90'000), [this, index] { observe(index); });
}

void World::stop(size_t index) {
  Planned& plan = plans_[index];
  if (!machine_ || healed_) return;
  plan.stop_sent = true;
  trace("stop " + plan.name);
  machine_->submit(engine::core::StopExecution{plan.arn, {"Stopped", "by the caller"}},
                   [](const ApiResult<Reply>&) {});
}

// ------------------------------------------------------------------------------------------ faults

void World::boot() {
  engine::runtime::LoopSettings settings;
  settings.partition = partition_settings(faults_.transitions_max);
  settings.log_is_durable = faults_.durable_log;
  machine_ =
      std::make_unique<Machine>(Surroundings{scheduler_, clock_, log_, store_,
                                             [this](const std::string& why) { violate("halted: " + why); },
                                             [this] { ++figures_.refused; }},
                                settings);
  trace("the engine starts");
  if (auto started = machine_->start(); !started) return violate("cannot start: " + started.error().message);
  for (int worker = 0; worker < workers_; ++worker) poll(worker);
}

void World::crash() {
  trace("the engine dies");
  ++figures_.crashes;
  figures_.redeliveries += machine_->queues.redeliveries();
  machine_.reset();
  store_.crash();
  log_.crash(store_.position(kPartition)->applied);
  scheduler_.after(random_.between(0, 5'000), [this] { boot(); });
}

void World::jump_clock() {
  if (healed_) return;
  ++figures_.clock_jumps;
  clock_.jump(random_.between(-3'600'000, 3'600'000));
  trace("the clock jumps");
  scheduler_.after(random_.between(10'000, 120'000), [this] { jump_clock(); });
}

void World::heal() {
  trace("no more faults");
  healed_ = true;
  store_.faults = {};
}

}  // namespace simulation
