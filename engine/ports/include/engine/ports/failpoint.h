// Failpoints: places where a test makes a process die, or sleep, at the worst moment. Armed for the whole
// life of the process by STEPSTREAM_FAILPOINT=POINT:kill|stop[:N] (the N-th time it is reached; once), which
// names a point of the list below; otherwise each costs one relaxed load. Reached, the process writes a line
// to stderr and sends itself SIGKILL, or SIGSTOP: somebody else's SIGCONT wakes it. Thread rule: any thread.
#pragma once

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace engine {

enum class Failpoint : int {
  None,
  CommandAcknowledged,   // cp1: the log has a caller's command, the caller has no answer
  CommandTaken,          // cp2: taken from the log, not applied
  CommandApplied,        // cp3: applied in memory, nothing sent to the store
  CommitSent,            // cp4: the store has the commit, its answer is not read
  CommitAnswered,        // cp5: committed, nobody is told
  TaskChosen,            // cp6: a task is about to be published
  TaskSent,              // cp7: published, not acknowledged
  TaskAcknowledged,      // cp8: acknowledged, the publisher still has it
  TaskForgotten,         // cp9: the publisher has forgotten it
  PartitionClaimed,      // cp10: the claim is in the log, its owner has not read it
  PartitionLeaving,      // cp11: a partition is being given up
  TimerSent,             // cp12: a due timer is appended, not acknowledged
  TrimChosen,            // cp13: it is known what the store has on disk, nothing is deleted
  SourceRead,            // cp14: a trigger has read a record, and starts nothing yet
  SourceStarted,         // cp15: the execution of a record is started, the record is not committed
  StateHalfRestored,     // cp16: timers are read from the store, executions are not
  WorkerGotTask,         // w1: a worker over Kafka has a task
  WorkerDone,            // w2: what the handler does is done, the result is not sent
  WorkerResultReported,  // w3: the log has the result, the task's message is not committed
  WriteBegun,            // r1: RocksDB is about to get a group of commits
  WriteDone,             // r2: RocksDB has them, nobody is told
};

namespace failpoint {

inline constexpr std::array<std::string_view, 22> kNames = {
    "",     "cp1",  "cp2",  "cp3",  "cp4",  "cp5",  "cp6", "cp7", "cp8", "cp9", "cp10",
    "cp11", "cp12", "cp13", "cp14", "cp15", "cp16", "w1",  "w2",  "w3",  "r1",  "r2"};

struct Arming {
  Failpoint point = Failpoint::None;
  bool stops = false;  // otherwise: kills
  long times = 1;      // reached so often, it strikes
};

// False: it is none.
inline bool parse(std::string_view text, Arming& arming) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  arming = {};
  for (size_t i = 1; i < kNames.size(); ++i) {
    if (text.substr(0, colon) == kNames[i]) arming.point = static_cast<Failpoint>(i);
  }
  const size_t second = text.find(':', colon + 1);
  const std::string_view what = text.substr(colon + 1, second == text.npos ? text.npos : second - colon - 1);
  arming.stops = what == "stop";
  if (arming.point == Failpoint::None || (what != "stop" && what != "kill")) return false;
  if (second == text.npos) return true;
  const std::string_view times = text.substr(second + 1);
  const auto read = std::from_chars(times.data(), times.data() + times.size(), arming.times);
  return read.ec == std::errc() && read.ptr == times.data() + times.size() && arming.times > 0;
}

// A mistake ends the process: a test that arms nothing would pass for no reason.
inline Arming from_environment() {
  Arming arming;
  const char* text = std::getenv("STEPSTREAM_FAILPOINT");
  if (text == nullptr || parse(text, arming)) return arming;
  std::fprintf(stderr, "STEPSTREAM_FAILPOINT: \"%s\" is not POINT:kill|stop[:N]\n", text);
  std::_Exit(2);
}

inline const Arming kArming = from_environment();
inline std::atomic<Failpoint> armed{kArming.point};
inline std::atomic<long> left{kArming.times};

inline void reached() {
  if (left.fetch_sub(1) != 1) return;
  const std::string_view name = kNames[static_cast<size_t>(kArming.point)];
  std::fprintf(stderr, "stepstream: failpoint %.*s: %s\n", static_cast<int>(name.size()), name.data(),
               kArming.stops ? "stop" : "kill");
  std::fflush(stderr);
  std::raise(kArming.stops ? SIGSTOP : SIGKILL);
}

}  // namespace failpoint

inline bool is_armed(Failpoint point) {
  return failpoint::armed.load(std::memory_order_relaxed) == point;
}

inline void pass(Failpoint point) {
  if (is_armed(point)) failpoint::reached();
}

}  // namespace engine
