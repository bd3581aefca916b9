// stepstream-sim: runs simulations by seed, or proves that deliberate mistakes in the engine are found.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <unistd.h>

#include <engine/core/mutation.h>

#include "world.h"

namespace engine {
Mutant active_mutant = Mutant::None;
}

namespace {

using engine::Mutant;

struct NamedMutant {
  Mutant mutant;
  const char* name;
};
constexpr NamedMutant kMutants[] = {
    {Mutant::ActBeforeCommit, "act_before_commit"},
    {Mutant::ResultWithoutAttempt, "result_without_attempt"},
    {Mutant::StartNotDeduplicated, "start_not_deduplicated"},
    {Mutant::TaskForgottenOnRecovery, "task_forgotten_on_recovery"},
    {Mutant::TimerLostOnRecovery, "timer_lost_on_recovery"},
    {Mutant::TimerFiredEarly, "timer_fired_early"},
    {Mutant::TimerFiredLate, "timer_fired_late"},
    {Mutant::PositionNotCommitted, "position_not_committed"},
    {Mutant::AmbiguousCommitRepeated, "ambiguous_commit_repeated"},
    {Mutant::AmbiguousCommitSkipped, "ambiguous_commit_skipped"},
    {Mutant::FullDiskIgnored, "full_disk_ignored"},
    {Mutant::ContinueLost, "continue_lost"},
    {Mutant::ContinueLostOnRecovery, "continue_lost_on_recovery"},
    {Mutant::LeaseNeverExpires, "lease_never_expires"},
    {Mutant::WithdrawIgnored, "withdraw_ignored"},
    {Mutant::ReplyToWrongRequest, "reply_to_wrong_request"},
    {Mutant::WallClockInApply, "wall_clock_in_apply"},
    {Mutant::HistoryOverwritten, "history_overwritten"},
    {Mutant::ResultAcceptedTwice, "result_accepted_twice"},
    {Mutant::RecordAppliedTwice, "record_applied_twice"},
    {Mutant::HeartbeatLost, "heartbeat_lost"},
    {Mutant::HeartbeatNotDemanded, "heartbeat_not_demanded"},
    {Mutant::HeartbeatOfOldAttempt, "heartbeat_of_old_attempt"},
    {Mutant::ExpressNotStored, "express_not_stored"},
    {Mutant::ExpressSyncStored, "express_sync_stored"},
    {Mutant::ExpressNumberKept, "express_number_kept"},
    {Mutant::ExpressTasksKept, "express_tasks_kept"},
};

constexpr uint64_t kMutantSeeds = 1'000;

struct Options {
  uint64_t from = 1, to = 1'000;
  bool trace = false, all_mutants = false;
  std::string mutant;
};

void add(simulation::RunFigures& sum, const simulation::RunFigures& one) {
  sum.steps += one.steps;
  sum.executions += one.executions;
  sum.compared += one.compared;
  sum.crashes += one.crashes;
  sum.redeliveries += one.redeliveries;
  sum.duplicates += one.duplicates;
  sum.lies += one.lies;
  sum.clock_jumps += one.clock_jumps;
  sum.vanished += one.vanished;
  sum.tasks += one.tasks;
  sum.refused += one.refused;
  sum.express_starts += one.express_starts;
  sum.express_runs += one.express_runs;
  sum.express_ends += one.express_ends;
  sum.beats += one.beats;
  sum.skipped_beats += one.skipped_beats;
  sum.store.commits += one.store.commits;
  sum.store.ambiguous += one.store.ambiguous;
  sum.store.transient += one.store.transient;
  sum.store.full += one.store.full;
}

void print(const char* name, uint64_t count) {
  std::printf("  %-28s %12llu\n", name, static_cast<unsigned long long>(count));
}

// C12: a run in which nothing went wrong proves nothing.
bool trivial(const simulation::RunFigures& sum) {
  return sum.compared * 10 < sum.executions * 9 || sum.crashes == 0 || sum.store.ambiguous == 0 ||
         sum.store.transient == 0 || sum.store.full == 0 || sum.duplicates == 0 || sum.lies == 0 ||
         sum.clock_jumps == 0 || sum.vanished == 0 || sum.redeliveries == 0 || sum.skipped_beats == 0;
}

int run_seeds(const Options& options) {
  const auto begun = std::chrono::steady_clock::now();
  const bool terminal = isatty(STDERR_FILENO) != 0;
  simulation::RunFigures sum;
  for (uint64_t seed = options.from; seed <= options.to; ++seed) {
    simulation::World world(seed, options.trace);
    const auto violation = world.run();
    add(sum, world.figures());
    if (violation) {
      std::printf("seed %llu: %s\nreplay: stepstream-sim --seeds %llu..%llu --trace%s%s\n",
                  static_cast<unsigned long long>(seed), violation->c_str(),
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed),
                  options.mutant.empty() ? "" : " --mutant ", options.mutant.c_str());
      return 1;
    }
    if (terminal && seed % 256 == 0)
      std::fprintf(stderr, "\rseed %llu", static_cast<unsigned long long>(seed));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const uint64_t seeds = options.to - options.from + 1;
  if (terminal) std::fprintf(stderr, "\r");
  std::printf("%llu seeds without a violation in %.1f s (%.0f seeds/s)\n",
              static_cast<unsigned long long>(seeds), took.count(),
              static_cast<double>(seeds) / took.count());
  print("steps", sum.steps);
  print("executions", sum.executions);
  print("compared with the oracle", sum.compared);
  print("Express starts", sum.express_starts);
  print("Express runs", sum.express_runs);
  print("Express ends", sum.express_ends);
  print("tasks delivered", sum.tasks);
  print("commits", sum.store.commits);
  print("crashes", sum.crashes);
  print("ambiguous commits", sum.store.ambiguous);
  print("failed commits", sum.store.transient);
  print("commits on a full disk", sum.store.full);
  print("requests refused", sum.refused);
  print("workers vanished", sum.vanished);
  print("tasks redelivered", sum.redeliveries);
  print("results sent twice", sum.duplicates);
  print("false results", sum.lies);
  print("heartbeats", sum.beats);
  print("heartbeats left out", sum.skipped_beats);
  print("clock jumps", sum.clock_jumps);
  if (seeds >= 1'000 && trivial(sum)) {
    std::printf(
        "C12: some fault never happened or too few outcomes were compared: this run proves nothing\n");
    return 1;
  }
  return 0;
}

// The seed that finds this mutant; 0: none does.
uint64_t seed_that_finds(Mutant mutant) {
  engine::active_mutant = mutant;
  for (uint64_t seed = 1; seed <= kMutantSeeds; ++seed) {
    simulation::World world(seed, false);
    if (auto violation = world.run()) {
      std::printf("  seed %-5llu %s\n", static_cast<unsigned long long>(seed), violation->c_str());
      return seed;
    }
  }
  return 0;
}

int run_mutants() {
  int missed = 0;
  for (const NamedMutant& one : kMutants) {
    std::printf("%s\n", one.name);
    if (seed_that_finds(one.mutant) == 0) {
      std::printf("  NOT FOUND in %llu seeds\n", static_cast<unsigned long long>(kMutantSeeds));
      ++missed;
    }
    std::fflush(stdout);
  }
  std::printf("%d mutants not found\n", missed);
  return missed == 0 ? 0 : 1;
}

int usage() {
  std::printf(
      "usage: stepstream-sim [--seeds FROM..TO] [--mutant NAME] [--trace]\n"
      "       stepstream-sim --all-mutants | --list-mutants\n");
  return 2;
}

bool parse_seeds(const char* text, Options& options) {
  unsigned long long from = 0, to = 0;
  if (std::sscanf(text, "%llu..%llu", &from, &to) != 2 || from > to) return false;
  options.from = from;
  options.to = to;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--list-mutants") {
      for (const NamedMutant& one : kMutants) std::printf("%s\n", one.name);
      return 0;
    }
    if (argument == "--all-mutants") {
      options.all_mutants = true;
    } else if (argument == "--trace") {
      options.trace = true;
    } else if (argument == "--seeds" && i + 1 < argc) {
      if (!parse_seeds(argv[++i], options)) return usage();
    } else if (argument == "--mutant" && i + 1 < argc) {
      options.mutant = argv[++i];
    } else {
      return usage();
    }
  }
  if (options.all_mutants) return run_mutants();
  for (const NamedMutant& one : kMutants) {
    if (options.mutant == one.name) engine::active_mutant = one.mutant;
  }
  if (!options.mutant.empty() && engine::active_mutant == Mutant::None) return usage();
  return run_seeds(options);
}
