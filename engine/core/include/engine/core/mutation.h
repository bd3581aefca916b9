// Mutation points: places where the simulator can put a deliberate mistake into the real code, to prove that
// it would notice one (tests/simulation, `stepstream-sim --list-mutants`). In every other build mutated() is
// the constant false and nothing of this is left in the program.
#pragma once

#include <cstdint>

namespace engine {

enum class Mutant : uint8_t {
  None,
  ActBeforeCommit,          // replies and dispatches leave before the batch is durable
  ResultWithoutAttempt,     // a result is matched by scope alone
  StartNotDeduplicated,     // a second start of the same name makes a second execution
  TaskForgottenOnRecovery,  // open tasks are not dispatched again after a restart
  TimerLostOnRecovery,      // stored timers are not armed again after a restart
  TimerFiredEarly,          // a timer fires before it is due
  TimerFiredLate,
  PositionNotCommitted,     // the applied position lags behind the state it belongs to
  AmbiguousCommitRepeated,  // a commit whose outcome is not known is applied once more
  AmbiguousCommitSkipped,   // ... or taken for done without looking
  FullDiskIgnored,          // a commit refused for want of space is answered as done
  ContinueLost,             // the rest of a bounded step is forgotten
  ContinueLostOnRecovery,   // ... only when the process dies in between
  LeaseNeverExpires,        // a task held by a vanished worker is never given to another
  WithdrawIgnored,          // a task whose attempt is over stays in its queue
  ReplyToWrongRequest,      // the answer goes to the next caller
  WallClockInApply,         // apply() takes the time from the machine instead of the record
  HistoryOverwritten,       // events of a step are stored under the key of the step before
  ResultAcceptedTwice,      // the second result of one attempt is told that it was accepted
  RecordAppliedTwice,       // one record goes through apply() twice
  HeartbeatLost,            // a heartbeat is acknowledged and moves nothing
  HeartbeatNotDemanded,     // a task whose heartbeats stop never times out
  HeartbeatOfOldAttempt,    // the heartbeat of an attempt that is over is told that it was in time
  ExpressNotStored,         // the start of an asynchronous Express execution is not stored
  ExpressSyncStored,        // ... of a synchronous one is, and it runs again after a crash
  ExpressNumberKept,        // an Express execution that starts over takes results of its former run
  ExpressTasksKept,         // tasks of Express executions that are lost stay in their queues
  RecoveredTaskMisplaced,   // after a restart tasks are dispatched as another partition's
  RestartTouchesOthers,     // a partition that starts over turns away the callers of the others
  RetentionTooShort,        // a finished execution is erased too early
  RetentionLeavesHistory,   // erasing an execution leaves its history
  RetentionForgotten,       // the timer that erases it is not stored
  // Of the cluster (docs/durability.md). The store's and the log's are in what simulates Redis and Kafka.
  EpochFromStore,      // incr: the store counts the epochs, and nothing else is compared
  CommitUnchecked,     // blind: neither position nor epoch is compared
  EpochUnchecked,      // noepoch: the position alone is compared; safe, and not to be found
  ResultsElsewhere,    // twologs: results are in a log of their own
  TrimmedToApplied,    // trim: the log is trimmed behind what is applied and not yet on disk
  OutboxDeletedFirst,  // delfirst: a task is forgotten when it is sent, not when Kafka has it
  FingerprintIgnored,  // nofp: the last applied record is not compared at a takeover
  WentBackUnseen,      // the store goes back during a takeover, and what is fetched does not
};

#ifdef STEPSTREAM_MUTATION_POINTS
extern Mutant active_mutant;  // owned by the simulator; one thread
inline bool mutated(Mutant mutant) {
  return active_mutant == mutant;
}
#else
constexpr bool mutated(Mutant) {
  return false;
}
#endif

}  // namespace engine
