// Planned: what one execution of a simulated run is to do and what is known of it; the ledger of its tasks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <engine/core/action.h>
#include <engine/core/record.h>
#include <engine/core/storage.h>

#include "program.h"

namespace simulation {

inline constexpr int64_t kAnswerPatienceMs = 45'000;  // one that was told nothing tries again

// Express executions have a new ARN with every attempt to start one, as a client's retries have.
enum class PlanKind : uint8_t { Standard, Express, SyncExpress };

struct Planned {
  size_t index = 0;
  PlanKind kind = PlanKind::Standard;
  engine::PartitionId partition{};
  Program program;
  std::string definition;  // of the program
  uint64_t seed = 0;
  std::string name, arn, revision;  // Express: `arn` is the last attempt's
  int attempts = 0;                 // to start it
  statelang::Value input;
  int64_t retention_ms = 0;  // as StartExecution has it
  Outcome expected;
  bool acknowledged = false;
  bool stop_sent = false;
  bool finished = false;
  std::string told;  // status and output as first read: must never change
  // With a retention time: looked through at its end, before it goes.
  bool checked = false;
  bool erased = false;
  int64_t erased_from_ms = 0;  // not before this
};
Planned random_plan(Random& random, size_t index, PlanKind kind, engine::PartitionId partition);
engine::core::RegisterDefinition registration_of(const Planned& plan);
engine::core::StartExecution start_of(const Planned& plan, bool other_input);

inline constexpr const char* kArnPrefix = "arn:aws:states:us-east-1:000000000000:";

// One attempt of a task as the workers know it. Times are those of the engine's clock.
struct Ledger {
  uint32_t deliveries = 0;
  uint32_t accepted = 0;
  Answer answer;
  std::string arn, state;
  int64_t scheduled_ms = 0;
  int64_t heartbeat_ms = 0;      // its interval; 0: none
  int64_t beat_sent_ms = 0;      // the last heartbeat that was accepted
  int64_t beat_answered_ms = 0;  // ... and when the worker was told so
};
using Ledgers = std::map<std::string, Ledger>;

std::string task_name(const engine::core::TaskId& id);
// A worker has got the task of an execution of `plan`.
const Ledger& note_delivery(Ledgers& ledgers, const Planned& plan, const engine::core::DispatchTask& task);
// A result of the attempt was accepted; `honest`: one that a worker had. What that violates, if anything.
std::optional<std::string> note_accepted(Ledgers& ledgers, const engine::core::TaskId& id, bool honest);
// For workers that lie: an attempt that is over or never was, and what they tell of it.
engine::core::TaskId attempt_that_is_not(engine::core::TaskId id, Random& random);
Answer false_answer();
// What a worker tells of the attempt.
engine::core::TaskReport report_of(const engine::core::TaskId& id, const Answer& answer, int64_t started_ms);

}  // namespace simulation
