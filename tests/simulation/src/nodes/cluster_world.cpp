#include "nodes/cluster_world.h"

#include <algorithm>
#include <cstdio>

namespace simulation {

using engine::PartitionId;
using engine::core::ReplyCode;

namespace {
constexpr uint64_t kStepsMax = 400'000;
constexpr int64_t kTimeMaxMs = 7LL * 24 * 3600 * 1000;
constexpr int64_t kWorkers = 3;
}  // namespace

// A fault that is not wanted is drawn all the same: the others stay as they are.
ClusterFaults ClusterWorld::drawn_faults(const std::optional<std::vector<std::string>>& wanted) {
  ClusterFaults faults = random_cluster_faults(random_);
  if (wanted) keep_only(faults, *wanted);
  return faults;
}

ClusterWorld::ClusterWorld(uint64_t seed, bool trace, const std::optional<std::vector<std::string>>& wanted)
    : tracing_(trace),
      random_(mix(seed + 1)),
      faults_(drawn_faults(wanted)),
      broker_(faults_.partitions, scheduler_, random_),
      redis_(faults_.partitions),
      places_(static_cast<size_t>(faults_.nodes)),
      polls_(static_cast<size_t>(random_.between(1, kWorkers))) {
  broker_.faults = {faults_.record_lost, faults_.record_ambiguous, faults_.broker_delay_ms};
  redis_.faults = {faults_.commit_lost, faults_.commit_ambiguous, faults_.redis_delay_ms};
  plans_.resize(static_cast<size_t>(random_.between(1, 4)));
  for (size_t i = 0; i < plans_.size(); ++i) {
    const PartitionId partition{static_cast<uint16_t>(random_.between(0, faults_.partitions - 1))};
    plans_[i] = random_plan(random_, i, PlanKind::Standard, partition);
    by_arn_[plans_[i].arn] = i;
  }
}

void ClusterWorld::trace(const std::string& what) {
  if (tracing_) std::printf("%10lld ms  %s\n", static_cast<long long>(scheduler_.now_ms()), what.c_str());
}

void ClusterWorld::violate(const std::string& what) {
  trace("VIOLATION " + what);
  if (!violation_) violation_ = what;
}

std::optional<std::string> ClusterWorld::run() {
  for (int i = 0; i < faults_.nodes; ++i) boot();
  for (size_t i = 0; i < plans_.size(); ++i)
    scheduler_.after(random_.between(0, 20'000), [this, i] { start(i, false); });
  for (size_t worker = 0; worker < polls_.size(); ++worker) poll(static_cast<int>(worker));
  scheduler_.after(random_.between(500, 20'000), [this] { strike(); });
  scheduler_.after(random_.between(60'000, 300'000), [this] { heal(); });

  int64_t finished_at = -1;
  while (!violation_ && scheduler_.step()) {
    ++figures_[Figure::Steps];
    if (figures_[Figure::Steps] % 32 == 0 && finished_at < 0 && healed_ && all_finished())
      finished_at = scheduler_.now_ms();
    if (finished_at >= 0 && scheduler_.now_ms() > finished_at + 4 * kAnswerPatienceMs) break;
    if (figures_[Figure::Steps] > kStepsMax || scheduler_.now_ms() > kTimeMaxMs) {
      for (size_t i = 0; i < plans_.size(); ++i) {
        if (!plans_[i].finished && !lost(plans_[i])) violate("C1: " + plans_[i].arn + " never ends");
      }
      if (!violation_) violate("C1: the run does not come to rest");
    }
  }
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
    if (lost(plan)) continue;  // its partition has halted, as it must
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

void ClusterWorld::start(size_t index, bool other_input) {
  Planned& plan = plans_[index];
  if (lost(plan)) return;
  Node* node = any_node();
  if (node == nullptr)
    return scheduler_.after(500, [this, index, other_input] { start(index, other_input); });
  trace("start " + plan.name + (other_input ? " with other input" : "") + " at node " +
        std::to_string(node->number()));
  ++plan.attempts;
  node->append(plan.partition, registration_of(plan));
  auto answered = std::make_shared<bool>(false);
  node->submit(plan.partition, start_of(plan, other_input),
               [this, index, other_input, answered](const Answered& answer) {
                 *answered = true;
                 start_answered(index, other_input, answer);
               });
  if (other_input) return;
  scheduler_.after(kAnswerPatienceMs, [this, index, answered] {
    if (!*answered && !plans_[index].acknowledged) start(index, false);
  });
}

void ClusterWorld::start_answered(size_t index, bool other_input, const Answered& answer) {
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
  if (std::exchange(plan.acknowledged, true)) return;
  if (random_.chance(40))
    scheduler_.after(random_.between(0, 30'000), [this, index] { start(index, false); });
  if (random_.chance(40)) scheduler_.after(random_.between(0, 30'000), [this, index] { start(index, true); });
  for (int i = 0; i < 3; ++i)
    scheduler_.after(random_.between(0, 200'000), [this, index] { observe(index); });
}

bool ClusterWorld::all_finished() {
  bool all = true;
  for (size_t i = 0; i < plans_.size(); ++i) {
    observe(i);
    all = all && (lost(plans_[i]) || (plans_[i].finished && plans_[i].acknowledged));
  }
  return all;
}

// What a client is told must stay true. While a rollback is replayed it is told nothing.
void ClusterWorld::observe(size_t index) {
  Planned& plan = plans_[index];
  const std::string outcome = read_outcome(redis_.tables(plan.partition), plan.arn);
  plan.finished = !outcome.empty();
  if (outcome.empty() || lost(plan)) return;
  if (!plan.told.empty() && outcome != plan.told)
    violate("C7: " + plan.arn + " was " + plan.told + " and is now " + outcome);
  plan.told = outcome;
}

}  // namespace simulation
