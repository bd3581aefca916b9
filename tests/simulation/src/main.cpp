// stepstream-sim: runs simulations by seed, or proves that deliberate mistakes in the engine are found.
#include <chrono>
#include <cstdio>
#include <optional>
#include <sstream>
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
using simulation::FaultNames;
using simulation::Figure;
using simulation::RunFigures;
using simulation::World;

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

constexpr uint64_t kMutantSeeds = 1'000;
constexpr uint64_t kSeedsForC12 = 1'000;  // in fewer a fault may well not happen

struct Options {
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
FaultNames smallest_faults(uint64_t seed, const std::string& violation, FaultNames faults) {
  for (size_t i = 0; i < faults.size();) {
    FaultNames fewer = faults;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    World world(seed, false, fewer);
    const auto found = world.run();
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
  const std::string needed = joined(smallest_faults(seed, violation, faults));
  std::printf("needed: %s\n", needed.c_str());
  std::printf("replay: stepstream-sim --seeds %llu..%llu --faults %s --trace%s%s\n",
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed), needed.c_str(),
              options.mutant.empty() ? "" : " --mutant ", options.mutant.c_str());
  return 1;
}

// C12: runs in which nothing went wrong prove nothing. False: these do not.
bool worth_something(const RunFigures& sum) {
  std::string missing;
  for (const simulation::FaultKind& kind : simulation::fault_kinds()) {
    if (sum[kind.happened] == 0) missing += " " + std::string(kind.name);
  }
  auto percent = [&](Figure figure) {
    return 100.0 * static_cast<double>(sum[figure]) / static_cast<double>(sum[Figure::Executions]);
  };
  const bool enough = percent(Figure::Started) >= 90 && percent(Figure::Compared) >= 90;
  std::printf("C12 %s: %zu kinds of fault,%s; %.1f %% of the planned executions started, %.1f %% compared\n",
              missing.empty() && enough ? "holds" : "does not hold: this proves nothing",
              simulation::fault_kinds().size(),
              missing.empty() ? " all happened" : (" never happened:" + missing).c_str(),
              percent(Figure::Started), percent(Figure::Compared));
  return missing.empty() && enough;
}

int run_seeds(const Options& options) {
  const auto begun = std::chrono::steady_clock::now();
  const bool terminal = isatty(STDERR_FILENO) != 0;
  RunFigures sum;
  for (uint64_t seed = options.from; seed <= options.to; ++seed) {
    World world(seed, options.trace, options.faults);
    const auto violation = world.run();
    sum.add(world.figures());
    if (violation) return report(seed, *violation, world.faults(), options);
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
    std::printf("  %-28s %12llu\n", simulation::kFigureNames[i],
                static_cast<unsigned long long>(sum[static_cast<Figure>(i)]));
  }
  if (seeds < kSeedsForC12 || options.faults) return 0;
  return worth_something(sum) ? 0 : 1;
}

// The seed that finds this mutant; 0: none does.
uint64_t seed_that_finds(Mutant mutant) {
  engine::active_mutant = mutant;
  for (uint64_t seed = 1; seed <= kMutantSeeds; ++seed) {
    World world(seed, false);
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
      "usage: stepstream-sim [--seeds FROM..TO] [--mutant NAME] [--faults NAME,NAME|none] [--trace]\n"
      "       stepstream-sim --all-mutants | --list-mutants | --list-faults\n");
  return 2;
}

bool parse_faults(const std::string& text, Options& options) {
  FaultNames names;
  std::istringstream input(text);
  for (std::string name; std::getline(input, name, ',');) {
    if (name != "none" && !simulation::find_fault_kind(name)) return false;
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
      for (const NamedMutant& one : kMutants) std::printf("%s\n", one.name);
      return 0;
    }
    if (argument == "--list-faults") {
      for (const simulation::FaultKind& kind : simulation::fault_kinds())
        std::printf("%.*s\n", static_cast<int>(kind.name.size()), kind.name.data());
      return 0;
    }
    if (argument == "--all-mutants") {
      options.all_mutants = true;
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
  if (options.all_mutants) return run_mutants();
  for (const NamedMutant& one : kMutants) {
    if (options.mutant == one.name) engine::active_mutant = one.mutant;
  }
  if (!options.mutant.empty() && engine::active_mutant == Mutant::None) return usage();
  return run_seeds(options);
}
