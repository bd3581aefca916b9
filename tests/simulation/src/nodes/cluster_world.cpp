#include "nodes/cluster_world.h"

#include <algorithm>

namespace simulation {

using engine::PartitionId;

namespace {
constexpr uint64_t kStepsMax = 400'000;
constexpr int64_t kWorkers = 3;
}  // namespace

// A fault that is not wanted is drawn all the same: the others stay as they are.
ClusterFaults ClusterWorld::drawn_faults(const std::optional<std::vector<std::string>>& wanted) {
  ClusterFaults faults = random_cluster_faults(random_);
  if (wanted) keep_only(faults, *wanted);
  return faults;
}

ClusterWorld::ClusterWorld(uint64_t seed, bool trace, const std::optional<std::vector<std::string>>& wanted)
    : SimulatedRun(seed, trace),
      faults_(drawn_faults(wanted)),
      broker_(faults_.partitions, scheduler_, random_),
      redis_(faults_.partitions),
      places_(static_cast<size_t>(faults_.nodes)),
      polls_(static_cast<size_t>(random_.between(1, kWorkers))) {
  broker_.faults = {faults_.record_lost, faults_.record_ambiguous, faults_.broker_delay_ms};
  redis_.faults = {faults_.commit_lost, faults_.commit_ambiguous, faults_.redis_delay_ms};
  worker_faults_ = {faults_.vanish, std::nullopt, faults_.duplicate, faults_.late, faults_.lie};
  if (faults_.topics) worker_faults_.vanish.reset();  // a message that is not committed is another fault
  plans_.resize(static_cast<size_t>(random_.between(1, 4)));
  for (size_t i = 0; i < plans_.size(); ++i) {
    const PartitionId partition{static_cast<uint16_t>(random_.between(0, faults_.partitions - 1))};
    plans_[i] = random_plan(random_, i, PlanKind::Standard, partition);
    by_arn_[plans_[i].arn] = i;
  }
}

std::optional<std::string> ClusterWorld::run() {
  for (int i = 0; i < faults_.nodes; ++i) boot();
  for (size_t i = 0; i < plans_.size(); ++i)
    scheduler_.after(random_.between(0, 20'000), [this, i] { start(i, false); });
  for (size_t worker = 0; worker < polls_.size(); ++worker) poll(static_cast<int>(worker));
  scheduler_.after(random_.between(500, 20'000), [this] { strike(); });
  scheduler_.after(random_.between(60'000, 300'000), [this] { heal(); });

  run_to_rest(kStepsMax);
  sum_up();
  // From here on the log and the store are of two different pasts, and nobody can know.
  if (broker_.figures.undetected > 0) return std::nullopt;
  if (violation_) return violation_;
  for (size_t i = 0; i < plans_.size(); ++i) observe(i);
  if (violation_) return violation_;
  return check_end();
}

std::optional<std::string> ClusterWorld::check_end() {
  for (const Place& place : places_) {
    if (place.node && !place.node->idle() && diverged_.empty()) return "C11: tasks are left in the queues";
  }
  for (uint16_t i = 0; i < faults_.partitions; ++i) {
    const PartitionId partition{i};
    if (diverged_.contains(partition)) continue;
    const Tables& tables = redis_.tables(partition);
    size_t executions = 0;
    for (const Planned& plan : plans_) {
      if (plan.partition != partition) continue;
      ++executions;
      if (auto wrong = check_execution(tables, plan, ledger_, std::nullopt, figures_)) return wrong;
    }
    if (auto wrong = check_rest(tables, executions)) return wrong;
    const uint64_t applied = redis_.position(partition).applied;
    const auto records = broker_.records(partition);
    if (!broker_.results(partition).empty()) continue;  // a mutant: there is no one order to replay
    if (applied > records.size()) return "C9: the store is ahead of the log";
    std::set<std::string> ended;
    if (auto wrong = check_replay(records.first(applied), tables,
                                  partition_settings(partition, faults_.transitions_max), {}, ended))
      return wrong;
  }
  return std::nullopt;
}

void ClusterWorld::sum_up() {
  for (const Planned& plan : plans_) {
    if (lost(plan.partition)) continue;  // its partition has halted, as it must
    ++figures_[Figure::Executions];
    figures_[Figure::Started] += plan.acknowledged;
  }
  const RedisFigures& redis = redis_.figures;
  figures_[Figure::Commits] = redis.commits;
  figures_[Figure::Rejected] = redis.rejected + redis.fenced;
  figures_[Figure::FailedCommits] = redis.lost;
  figures_[Figure::AmbiguousCommits] = redis.ambiguous;
  figures_[Figure::Rollbacks] = redis.rollbacks;
  figures_[Figure::RolledBack] = redis.rolled_back;
  figures_[Figure::LostRecords] = broker_.figures.lost;
  figures_[Figure::AmbiguousRecords] = broker_.figures.ambiguous;
  figures_[Figure::Undetected] = broker_.figures.undetected > 0;
  figures_[Figure::Halts] = diverged_.size();
  figures_[Figure::SlowCommits] = faults_.redis_delay_ms > ClusterFaults().redis_delay_ms;
  figures_[Figure::SlowBroker] = faults_.broker_delay_ms > ClusterFaults().broker_delay_ms;
  figures_[Figure::ClocksOff] = faults_.clock_off_ms > 0;
  figures_[Figure::SmallSteps] = faults_.transitions_max < ClusterFaults().transitions_max;
  figures_[Figure::Partitions] = faults_.partitions > 1;
  for (uint16_t i = 0; i < faults_.partitions; ++i) figures_[Figure::Trimmed] += broker_.low(PartitionId{i});
  for (const Place& place : places_) {
    if (place.node) figures_[Figure::Takeovers] += place.node->takeovers();
  }
}

// ------------------------------------------------------------------------------------------ callers

void ClusterWorld::acknowledged(size_t index) {
  for (int i = 0; i < 3; ++i)
    scheduler_.after(random_.between(0, 200'000), [this, index] { observe(index); });
}

bool ClusterWorld::all_finished() {
  bool all = true;
  for (size_t i = 0; i < plans_.size(); ++i) {
    observe(i);
    all = all && (lost(plans_[i].partition) || (plans_[i].finished && plans_[i].acknowledged));
  }
  return all;
}

// What a client is told must stay true. While a rollback is replayed it is told nothing.
void ClusterWorld::observe(size_t index) {
  Planned& plan = plans_[index];
  const std::string outcome = read_outcome(redis_.tables(plan.partition), plan.arn);
  plan.finished = !outcome.empty();
  if (outcome.empty() || lost(plan.partition)) return;
  if (!plan.told.empty() && outcome != plan.told)
    violate("C7: " + plan.arn + " was " + plan.told + " and is now " + outcome);
  plan.told = outcome;
}

}  // namespace simulation
