#include "world.h"

#include <algorithm>

namespace simulation {

using engine::ApiResult;

namespace {
constexpr uint64_t kStepsMax = 300'000;
}  // namespace

// ------------------------------------------------------------------------------------------ the run

// A fault that is not wanted is drawn all the same: the others stay as they are.
Faults World::drawn_faults(const std::optional<FaultNames>& wanted) {
  Faults faults = random_faults(random_);
  if (wanted) keep_only(faults, *wanted);
  return faults;
}

World::World(uint64_t seed, bool trace, const std::optional<FaultNames>& wanted)
    : SimulatedRun(seed, trace),
      faults_(drawn_faults(wanted)),
      log_(faults_.partitions, faults_.shared_log),
      store_(faults_.partitions, scheduler_, random_),
      recoveries_(faults_.partitions) {
  store_.faults = faults_.store;
  worker_faults_ = {faults_.vanish_percent, faults_.skip_percent, faults_.duplicate_percent,
                    faults_.late_percent, faults_.lie_percent};
  workers_ = static_cast<int>(random_.between(1, 3));
  const int64_t count = random_.between(1, 4);
  plans_.resize(static_cast<size_t>(count));
  for (size_t i = 0; i < plans_.size(); ++i) plan_execution(i);
}

void World::plan_execution(size_t index) {
  const int64_t dice = random_.between(1, 100);
  const PlanKind kind = dice <= 70   ? PlanKind::Standard
                        : dice <= 85 ? PlanKind::Express
                                     : PlanKind::SyncExpress;
  const engine::PartitionId partition{static_cast<uint16_t>(random_.between(0, faults_.partitions - 1))};
  plans_[index] = random_plan(random_, index, kind, partition);
  plans_[index].retention_ms = faults_.retention_ms;
  if (kind == PlanKind::Standard) by_arn_[plans_[index].arn] = index;  // others: every attempt has its own
}

World::~World() = default;

std::optional<std::string> World::run() {
  boot();
  for (size_t i = 0; i < plans_.size(); ++i) {
    const bool express = plans_[i].kind != PlanKind::Standard;
    scheduler_.after(random_.between(0, 20'000),
                     [this, i, express] { express ? start_express(i) : start(i, false); });
    if (!express && random_.chance(faults_.stop_percent))
      scheduler_.after(random_.between(0, 60'000), [this, i] { stop(i); });
  }
  if (faults_.clock_jumps) scheduler_.after(random_.between(0, 120'000), [this] { jump_clock(); });
  scheduler_.after(random_.between(60'000, 400'000), [this] { heal(); });

  run_to_rest(kStepsMax);
  sum_up();
  if (violation_) return violation_;
  for (const auto& depth : machine_->queues.depths()) {
    if (depth.pending + depth.delivered > 0) return "C11: tasks are left in the queues";
  }
  figures_[Figure::Redeliveries] += machine_->queues.redeliveries();
  for (size_t i = 0; i < plans_.size(); ++i) {
    const Planned& plan = plans_[i];
    if (plan.kind != PlanKind::Standard) continue;
    observe(i);
    if (faults_.retention_ms > 0 && !plan.erased) violate("C11: " + plan.arn + " was not erased");
  }
  if (violation_) return violation_;
  return check_end();
}

void World::between_steps() {
  if (machine_ && !healed_ && faults_.crash_every_steps > 0 &&
      random_.between(1, faults_.crash_every_steps) == 1) {
    crash();
  }
  if (faults_.retention_ms > 0) watch_erasures();
}

void World::poll(int worker) {
  if (!machine_) return;  // boot() calls every worker again
  engine::PollTasksRequest request;
  request.queue = kTaskQueue;
  request.worker = "worker" + std::to_string(worker);
  request.tasks_max = static_cast<size_t>(random_.between(1, 3));
  request.wait_ms = 20'000;
  request.leased = !faults_.unleased;
  figures_[Figure::UnleasedPolls] += faults_.unleased;
  const uint64_t life = figures_[Figure::Crashes];
  machine_->queues.poll(std::move(request),
                        [this, worker, life](ApiResult<std::vector<engine::PolledTask>> polled) {
                          if (polled) {
                            for (const engine::PolledTask& task : *polled) work(worker, task);
                          }
                          scheduler_.after(polled && !polled->empty() ? 0 : 50, [this, worker, life] {
                            if (life == figures_[Figure::Crashes]) poll(worker);
                          });
                        });
}

std::optional<std::string> World::check_end() {
  std::set<std::string> ended;
  int restarts = 0;
  for (uint16_t i = 0; i < faults_.partitions; ++i) {
    const engine::PartitionId partition{i};
    const Tables& tables = store_.tables(partition);
    size_t kept = 0;
    for (size_t plan = 0; plan < plans_.size(); ++plan) {
      if (plans_[plan].kind != PlanKind::Standard || plans_[plan].partition != partition) continue;
      if (!plans_[plan].erased) check_ended(plan);
      kept += !plans_[plan].erased;
    }
    if (violation_) return violation_;
    if (auto wrong = check_rest(tables, kept)) return wrong;
    const auto records = log_.applied_records(partition, store_.position(partition)->applied);
    // What a recovery forgets are Express executions; without them it makes no difference.
    const bool express = std::any_of(plans_.begin(), plans_.end(), [&](const Planned& plan) {
      return plan.partition == partition && plan.kind != PlanKind::Standard;
    });
    const std::set<uint64_t> none;
    if (auto wrong = check_replay(records, tables, partition_settings(partition, faults_.transitions_max),
                                  express ? recoveries_[i].positions : none, ended))
      return wrong;
    restarts = std::max(restarts, recoveries_[i].count);
  }
  return express_.check(restarts, ended, figures_[Figure::Compared]);
}

void World::check_ended(size_t index) {
  Planned& plan = plans_[index];
  if (std::exchange(plan.checked, true)) return;
  const Tables& tables = store_.tables(plan.partition);
  const auto lateness_max = lateness_max_ms(faults_, static_cast<uint16_t>(plan.partition));
  if (auto wrong = check_execution(tables, plan, ledger_, lateness_max, figures_)) return violate(*wrong);
  observe(index);
  plan.erased_from_ms = read_end_ms(tables, plan.arn).value_or(0) + faults_.retention_ms;
}

// C10 for retention: an execution that has ended stays for so long and is then erased.
void World::watch_erasures() {
  for (Planned& plan : plans_) {
    if (!plan.checked || plan.erased) continue;
    std::string number;
    if (*store_.tables(plan.partition).get(engine::Table::Names, plan.arn, number)) continue;
    plan.erased = true;
    ++figures_[Figure::Erased];
    trace(plan.name + " is erased");
    if (store_.position(plan.partition)->now_ms < plan.erased_from_ms)
      violate("C10: " + plan.arn + " was erased early");
  }
}

// True also when it should have been erased for a minute: then what is left is told.
bool World::at_rest() const {
  if (faults_.retention_ms == 0) return true;
  return std::all_of(plans_.begin(), plans_.end(), [this](const Planned& plan) {
    return plan.kind != PlanKind::Standard || plan.erased ||
           (plan.checked && clock_.now_ms() > plan.erased_from_ms + 60'000);
  });
}

void World::sum_up() {
  figures_[Figure::Executions] = plans_.size();
  for (const Planned& plan : plans_) figures_[Figure::Started] += plan.acknowledged;
  const StoreFigures& store = store_.figures;
  figures_[Figure::Commits] = store.commits;
  figures_[Figure::AmbiguousCommits] = store.ambiguous;
  figures_[Figure::FailedCommits] = store.transient;
  figures_[Figure::FullCommits] = store.full;
  figures_[Figure::SlowCommits] = store.slow;
  figures_[Figure::GroupedCommits] = store.grouped;
  figures_[Figure::OnePartition] = faults_.store.partition.has_value();
  figures_[Figure::SmallSteps] = faults_.transitions_max < Faults().transitions_max;
  for (const auto& [arn, run] : express_.all()) {
    ++figures_[Figure::ExpressStarts];
    figures_[Figure::ExpressRuns] += static_cast<uint64_t>(run.beginnings);
    figures_[Figure::ExpressEnds] += static_cast<uint64_t>(run.ends);
  }
}

// ------------------------------------------------------------------------------------------ faults

std::vector<engine::runtime::LoopSettings> World::loop_settings() {
  std::vector<engine::runtime::LoopSettings> all;
  for (uint16_t i = 0; i < faults_.partitions; ++i) {
    const engine::PartitionId partition{i};
    engine::runtime::LoopSettings settings;
    settings.partition = partition_settings(partition, faults_.transitions_max);
    settings.log_is_durable = faults_.shared_log;
    if (faults_.shared_log) {
      settings.epoch = log_.claim(partition, clock_.now_ms());
      ++figures_[Figure::Claims];
    }
    all.push_back(std::move(settings));
    recoveries_[i].positions.insert(store_.position(partition)->applied);
  }
  return all;
}

void World::boot() {
  machine_ =
      std::make_unique<Machine>(Surroundings{scheduler_, clock_, log_, store_,
                                             [this](const std::string& why) { violate("halted: " + why); },
                                             [this] { ++figures_[Figure::Refused]; },
                                             [this](engine::PartitionId partition) { restarted(partition); },
                                             [this](const auto& actions) { performing(actions); }},
                                loop_settings());
  trace("the engine starts");
  // One may have ended with the last commit of a former life, which nobody was told of.
  for (size_t i = 0; i < plans_.size() && faults_.retention_ms > 0; ++i) {
    const Planned& plan = plans_[i];
    if (plan.kind == PlanKind::Standard && read_end_ms(store_.tables(plan.partition), plan.arn))
      check_ended(i);
  }
  if (auto started = machine_->start(); !started) return violate("cannot start: " + started.error().message);
  for (int worker = 0; worker < workers_; ++worker) poll(worker);
}

void World::restarted(engine::PartitionId partition) {
  Recoveries& recoveries = recoveries_[static_cast<size_t>(partition)];
  ++recoveries.count;
  recoveries.positions.insert(machine_->position(partition).applied);
  const auto& bad = faults_.store.partition;
  trace("partition " + std::to_string(static_cast<int>(partition)) + " starts over");
  // A claim ends a replay with it.
  if (bad && *bad != static_cast<uint16_t>(partition) && !faults_.shared_log)
    violate("C1: a partition starts over, but only the commits of another one fail");
}

void World::performing(const std::vector<engine::core::Action>& actions) {
  for (const engine::core::Action& action : actions) {
    if (const auto* step = std::get_if<engine::core::ExpressLogged>(&action)) {
      if (auto wrong = express_.logged(*step)) violate(*wrong);
    }
    const auto* change = std::get_if<engine::core::ExecutionChanged>(&action);
    if (!change || !change->finished || faults_.retention_ms == 0) continue;
    const size_t plan = by_arn_.at(change->execution_arn);
    if (plans_[plan].kind == PlanKind::Standard) check_ended(plan);
  }
}

void World::crash() {
  trace("the engine dies");
  ++figures_[Figure::Crashes];
  figures_[Figure::Redeliveries] += machine_->queues.redeliveries();
  machine_.reset();
  store_.crash();
  for (uint16_t i = 0; i < faults_.partitions; ++i) {
    const engine::PartitionId partition{i};
    const uint64_t applied = store_.position(partition)->applied;
    log_.crash(partition, applied);
    ++recoveries_[i].count;
    recoveries_[i].positions.erase(recoveries_[i].positions.upper_bound(applied),
                                   recoveries_[i].positions.end());
  }
  scheduler_.after(random_.between(0, 5'000), [this] { boot(); });
}

void World::jump_clock() {
  if (healed_) return;
  ++figures_[Figure::ClockJumps];
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
