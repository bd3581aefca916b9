// Program: a random state machine as a tree of steps, from which its definition is written and which the
// oracle walks by itself. Both come from the tree, never one from the other. At most kStatesMax states.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <statelang/value.h>

#include "random.h"

namespace simulation {

inline constexpr int kStatesMax = 30;
inline constexpr const char* kTaskError = "Boom";

// TimeoutSeconds of the tasks that may hang and send no heartbeats.
inline constexpr int64_t kTaskTimeoutMs = 300'000;

struct Retry {
  int attempts_max = 0;
  int interval_seconds = 1;
};

struct Step;
using Block = std::vector<Step>;

struct Step {
  enum class Kind : uint8_t { Pass, Wait, Task, Choice, Parallel, Map, Fail };
  Kind kind = Kind::Pass;
  std::string name;
  int64_t number = 0;            // Pass: the new value; Wait: seconds; Choice: the bound; Map: items
  int concurrency = 0;           // Map
  bool may_hang = false;         // Task: some of its attempts run into its timeout
  int heartbeat_seconds = 0;     // Task: 0: none; its timeout is then that no heartbeat comes
  bool keeps_input = false;      // Task: the result goes below the input instead of replacing it
  std::optional<Retry> retry;    // Task, Parallel, Map
  std::optional<Block> handler;  // Catch: goes on with these steps, then after this step
  std::vector<Block> blocks;     // Choice: then, else; Parallel: branches; Map: the item's steps
};

struct Program {
  Block block;
  int states = 0;
  std::string definition() const;
};

Program random_program(Random& random);

// What a worker answers: the same for the same task, whoever is asked and however often.
struct Answer {
  enum class Kind : uint8_t { Success, Failure, Hang } kind = Kind::Success;
  std::string output;  // JSON
  int beats = 0;       // of a task with heartbeats: so many before the answer, or before falling silent
};
Answer answer_to(uint64_t seed, const std::string& state, const std::string& input, uint32_t retry_count,
                 bool may_hang);

// What has to come out, by a walk over the tree without engine, store or time.
struct Outcome {
  bool succeeded = false;
  statelang::Value output;
  std::string error;
  int timeouts = 0;  // tasks that hang on the way
};
Outcome predict(const Program& program, uint64_t seed, const statelang::Value& input);

inline constexpr const char* kTaskQueue = "work";
bool may_hang(const std::string& state_name);  // part of the name, so that workers know
bool sends_heartbeats(const std::string& state_name);

}  // namespace simulation
