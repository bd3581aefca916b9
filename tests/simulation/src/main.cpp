// stepstream-sim: runs simulations by seed, or proves that deliberate mistakes in the engine are found.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

#include <engine/core/mutation.h>

#include "nodes/cluster_world.h"
#include "world.h"

namespace engine {
Mutant active_mutant = Mutant::None;
}

namespace {

using engine::Mutant;
using simulation::FaultNames;
using simulation::Figure;
using simulation::RunFigures;
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
    {Mutant::RecoveredTaskMisplaced, "recovered_task_misplaced"},
    {Mutant::RestartTouchesOthers, "restart_touches_others"},
    {Mutant::RetentionTooShort, "retention_too_short"},
    {Mutant::RetentionLeavesHistory, "retention_leaves_history"},
    {Mutant::RetentionForgotten, "retention_forgotten"},
};

// Those of the cluster (docs/durability.md) and their names there. Without the epoch (noepoch) a cluster is
// as safe: its commits still compare the position. It is no mistake, and nothing finds it.
constexpr NamedMutant kClusterMutants[] = {
    {Mutant::EpochFromStore, "epoch_from_store"},              // incr
    {Mutant::CommitUnchecked, "commit_unchecked"},             // blind
    {Mutant::WallClockInApply, "wall_clock_in_apply"},         // nondet
    {Mutant::ResultsElsewhere, "results_elsewhere"},           // twologs
    {Mutant::TrimmedToApplied, "trimmed_to_applied"},          // trim
    {Mutant::OutboxDeletedFirst, "outbox_deleted_first"},      // delfirst
    {Mutant::ResultWithoutAttempt, "result_without_attempt"},  // noattempt
    {Mutant::StartNotDeduplicated, "start_not_deduplicated"},  // nodedup
    {Mutant::WentBackUnseen, "went_back_unseen"},
    {Mutant::FingerprintIgnored, "fingerprint_ignored"},  // nofp
};
constexpr NamedMutant kHarmlessMutants[] = {{Mutant::EpochUnchecked, "epoch_unchecked"}};  // noepoch

constexpr uint64_t kMutantSeeds = 1'000;
constexpr uint64_t kSeedsForC12 = 1'000;  // in fewer a fault may well not happen

struct Run {
  std::optional<std::string> violation;
  RunFigures figures;
  FaultNames faults;
};
template <class World>
Run run_seed(uint64_t seed, bool trace, const std::optional<FaultNames>& wanted) {
  World world(seed, trace, wanted);
  auto violation = world.run();
  return {std::move(violation), world.figures(), world.faults()};
}

struct Kind {
  std::string_view name;
  Figure happened;
};
template <class FaultKind>
std::vector<Kind> kinds_of(const std::vector<FaultKind>& kinds) {
  std::vector<Kind> all;
  for (const FaultKind& kind : kinds) all.push_back({kind.name, kind.happened});
  return all;
}

// What is simulated: one process, or with --cluster several over one log and one store.
struct Simulation {
  const char* option;
  Run (*run)(uint64_t, bool, const std::optional<FaultNames>&);
  std::vector<Kind> faults;
  std::span<const NamedMutant> mutants;
  std::span<const NamedMutant> harmless;
};
const Simulation& one_process() {
  static const Simulation kSimulation{
      "", run_seed<simulation::World>, kinds_of(simulation::fault_kinds()), kMutants, {}};
  return kSimulation;
}
const Simulation& cluster() {
  static const Simulation kSimulation{" --cluster", run_seed<simulation::ClusterWorld>,
                                      kinds_of(simulation::cluster_fault_kinds()), kClusterMutants,
                                      kHarmlessMutants};
  return kSimulation;
}

struct Options {
  const Simulation* simulation = &one_process();
  uint64_t from = 1, to = 1'000;
  bool trace = false, all_mutants = false;
  std::string mutant;
  std::optional<FaultNames> faults;
};

std::string joined(const FaultNames& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text.empty() ? "none" : text;
}

// The invariant that a violation names.
std::string invariant_of(const std::string& violation) {
  return violation.substr(0, violation.find(':'));
}

// Leaves out one kind of fault after the other for as long as the same invariant is broken without it.
FaultNames smallest_faults(const Simulation& simulation, uint64_t seed, const std::string& violation,
                           FaultNames faults) {
  for (size_t i = 0; i < faults.size();) {
    FaultNames fewer = faults;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    const auto found = simulation.run(seed, false, fewer).violation;
    const bool same = found && invariant_of(*found) == invariant_of(violation);
    if (same) {
      faults = std::move(fewer);
    } else {
      ++i;
    }
  }
  return faults;
}

int report(uint64_t seed, const std::string& violation, const FaultNames& faults, const Options& options) {
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), violation.c_str());
  std::printf("faults: %s\n", joined(faults).c_str());
  const std::string needed = joined(smallest_faults(*options.simulation, seed, violation, faults));
  std::printf("needed: %s\n", needed.c_str());
  std::printf("replay: stepstream-sim%s --seeds %llu..%llu --faults %s --trace%s%s\n",
              options.simulation->option, static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(seed), needed.c_str(),
              options.mutant.empty() ? "" : " --mutant ", options.mutant.c_str());
  return 1;
}

// C12: runs in which nothing went wrong prove nothing. False: these do not.
bool worth_something(const Simulation& simulation, const RunFigures& sum) {
  std::string missing;
  for (const Kind& kind : simulation.faults) {
    if (sum[kind.happened] == 0) missing += " " + std::string(kind.name);
  }
  auto percent = [&](Figure figure) {
    return 100.0 * static_cast<double>(sum[figure]) / static_cast<double>(sum[Figure::Executions]);
  };
  const bool enough = percent(Figure::Started) >= 90 && percent(Figure::Compared) >= 90;
  std::printf("C12 %s: %zu kinds of fault,%s; %.1f %% of the planned executions started, %.1f %% compared\n",
              missing.empty() && enough ? "holds" : "does not hold: this proves nothing",
              simulation.faults.size(),
              missing.empty() ? " all happened" : (" never happened:" + missing).c_str(),
              percent(Figure::Started), percent(Figure::Compared));
  return missing.empty() && enough;
}

int run_seeds(const Options& options) {
  const auto begun = std::chrono::steady_clock::now();
  const bool terminal = isatty(STDERR_FILENO) != 0;
  RunFigures sum;
  for (uint64_t seed = options.from; seed <= options.to; ++seed) {
    const Run run = options.simulation->run(seed, options.trace, options.faults);
    sum.add(run.figures);
    if (run.violation) return report(seed, *run.violation, run.faults, options);
    if (terminal && seed % 256 == 0)
      std::fprintf(stderr, "\rseed %llu", static_cast<unsigned long long>(seed));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const uint64_t seeds = options.to - options.from + 1;
  if (terminal) std::fprintf(stderr, "\r");
  std::printf("%llu seeds without a violation in %.1f s (%.0f seeds/s)\n",
              static_cast<unsigned long long>(seeds), took.count(),
              static_cast<double>(seeds) / took.count());
  for (size_t i = 0; i < simulation::kFigures; ++i) {
    if (sum[static_cast<Figure>(i)] == 0) continue;
    std::printf("  %-28s %12llu\n", simulation::kFigureNames[i],
                static_cast<unsigned long long>(sum[static_cast<Figure>(i)]));
  }
  if (seeds < kSeedsForC12 || options.faults) return 0;
  return worth_something(*options.simulation, sum) ? 0 : 1;
}

// The seed that finds this mutant; 0: none does.
uint64_t seed_that_finds(const Simulation& simulation, Mutant mutant) {
  engine::active_mutant = mutant;
  for (uint64_t seed = 1; seed <= kMutantSeeds; ++seed) {
    if (const auto violation = simulation.run(seed, false, std::nullopt).violation) {
      std::printf("  seed %-5llu %s\n", static_cast<unsigned long long>(seed), violation->c_str());
      return seed;
    }
  }
  return 0;
}

int run_mutants(const Simulation& simulation) {
  int wrong = 0;
  for (const NamedMutant& one : simulation.mutants) {
    std::printf("%s\n", one.name);
    if (seed_that_finds(simulation, one.mutant) == 0) {
      std::printf("  NOT FOUND in %llu seeds\n", static_cast<unsigned long long>(kMutantSeeds));
      ++wrong;
    }
    std::fflush(stdout);
  }
  std::printf("%d mutants not found\n", wrong);
  for (const NamedMutant& one : simulation.harmless) {
    std::printf("%s\n", one.name);
    const bool found = seed_that_finds(simulation, one.mutant) != 0;
    if (!found) std::printf("  does no harm in %llu seeds\n", static_cast<unsigned long long>(kMutantSeeds));
    wrong += found;
  }
  return wrong == 0 ? 0 : 1;
}

int usage() {
  std::printf(
      "usage: stepstream-sim [--cluster] [--seeds FROM..TO] [--mutant NAME] [--faults NAME,NAME|none] "
      "[--trace]\n"
      "       stepstream-sim [--cluster] --all-mutants | --list-mutants | --list-faults\n");
  return 2;
}

bool parse_faults(const std::string& text, Options& options) {
  FaultNames names;
  std::istringstream input(text);
  for (std::string name; std::getline(input, name, ',');) {
    const auto& known = options.simulation->faults;
    const bool is_known =
        std::any_of(known.begin(), known.end(), [&](const Kind& kind) { return kind.name == name; });
    if (name != "none" && !is_known) return false;
    if (name != "none") names.push_back(name);
  }
  options.faults = std::move(names);
  return true;
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
      for (const NamedMutant& one : options.simulation->mutants) std::printf("%s\n", one.name);
      for (const NamedMutant& one : options.simulation->harmless) std::printf("%s (harmless)\n", one.name);
      return 0;
    }
    if (argument == "--list-faults") {
      for (const Kind& kind : options.simulation->faults)
        std::printf("%.*s\n", static_cast<int>(kind.name.size()), kind.name.data());
      return 0;
    }
    if (argument == "--cluster") {
      options.simulation = &cluster();
    } else if (argument == "--all-mutants") {
      options.all_mutants = true;
    } else if (argument == "--help") {
      return usage(), 0;
    } else if (argument == "--trace") {
      options.trace = true;
    } else if (argument == "--seeds" && i + 1 < argc) {
      if (!parse_seeds(argv[++i], options)) return usage();
    } else if (argument == "--faults" && i + 1 < argc) {
      if (!parse_faults(argv[++i], options)) return usage();
    } else if (argument == "--mutant" && i + 1 < argc) {
      options.mutant = argv[++i];
    } else {
      return usage();
    }
  }
  if (options.all_mutants) return run_mutants(*options.simulation);
  for (const auto& mutants : {options.simulation->mutants, options.simulation->harmless}) {
    for (const NamedMutant& one : mutants) {
      if (options.mutant == one.name) engine::active_mutant = one.mutant;
    }
  }
  if (!options.mutant.empty() && engine::active_mutant == Mutant::None) return usage();
  return run_seeds(options);
}
