#include "program.h"

#include <utility>

namespace simulation {

using statelang::Value;

namespace {

constexpr int kDepthMax = 3;

// What would follow could not be reached: not a valid definition.
bool never_leaves(const Block& block) {
  if (block.empty()) return false;
  const Step& last = block.back();
  if (last.kind == Step::Kind::Fail) return true;
  return last.kind == Step::Kind::Choice && never_leaves(last.blocks[0]) && never_leaves(last.blocks[1]);
}

class Generator {
 public:
  explicit Generator(Random& random) : random_(random) {}

  Block block(int depth, bool shared) {
    Block steps;
    const int64_t wanted = random_.between(1, depth == 0 ? 5 : 3);
    for (int64_t i = 0; i < wanted && !never_leaves(steps); ++i) steps.push_back(step(depth, shared));
    return steps;
  }
  int states() const { return states_; }

 private:
  std::string name(const char* prefix) { return prefix + std::to_string(++states_); }

  // `shared`: inside Parallel or Map, where which branch fails first must not decide the outcome.
  Step step(int depth, bool shared) {
    const bool nest = depth < kDepthMax && states_ + 8 < kStatesMax;
    const int64_t dice = random_.between(1, 100);
    if (dice <= 45 || states_ + 3 > kStatesMax) return task(depth, shared);
    if (dice <= 55) return plain(Step::Kind::Pass, "Pass", random_.between(0, 999));
    if (dice <= 68)
      return plain(Step::Kind::Wait, "Wait", random_.chance(20) ? 3600 : random_.between(1, 20));
    if (dice <= 70) return plain(Step::Kind::Fail, "Fail", 0);
    if (!nest) return task(depth, shared);
    if (dice <= 82) return choice(depth, shared);
    return fan_out(depth, dice <= 91);
  }

  Step plain(Step::Kind kind, const char* prefix, int64_t number) {
    Step made;
    made.kind = kind;
    made.name = name(prefix);
    made.number = number;
    return made;
  }

  Step task(int depth, bool shared) {
    Step made = plain(Step::Kind::Task, "", 0);
    made.may_hang = !shared && random_.chance(15);
    if (random_.chance(12)) made.heartbeat_seconds = static_cast<int>(random_.between(10, 40));
    const bool beats = made.heartbeat_seconds > 0;
    made.name = (made.may_hang ? (beats ? "Mute" : "Hang") : beats ? "Beat" : "Task") + made.name;
    made.keeps_input = random_.chance(40);
    recovery(made, depth, shared, 60);
    return made;
  }

  Step choice(int depth, bool shared) {
    Step made = plain(Step::Kind::Choice, "Choice", random_.between(100, 900));
    made.blocks.push_back(block(depth + 1, shared));
    made.blocks.push_back(block(depth + 1, shared));
    return made;
  }

  Step fan_out(int depth, bool parallel) {
    Step made = plain(parallel ? Step::Kind::Parallel : Step::Kind::Map, parallel ? "Parallel" : "Map", 0);
    made.number = random_.between(0, 5);
    made.concurrency = static_cast<int>(random_.between(0, 3));
    const int64_t blocks = parallel ? random_.between(1, 3) : 1;
    for (int64_t i = 0; i < blocks; ++i) made.blocks.push_back(block(depth + 1, true));
    recovery(made, depth, true, 30);
    return made;
  }

  void recovery(Step& step, int depth, bool shared, int percent) {
    if (random_.chance(percent)) {
      step.retry = Retry{static_cast<int>(random_.between(0, 3)), static_cast<int>(random_.between(1, 5))};
    }
    if (depth < kDepthMax && states_ + 6 < kStatesMax && random_.chance(percent)) {
      Block handler;
      handler.push_back(plain(Step::Kind::Pass, "Pass", random_.between(0, 999)));
      if (random_.chance(30)) handler.push_back(task(kDepthMax, shared));
      step.handler = std::move(handler);
    }
  }

  Random& random_;
  int states_ = 0;
};

// ------------------------------------------------------------------------------------------ definition

std::string first_of(const Block& block) {
  return block.front().name;
}

void write_block(const Block& block, const std::string& next, Value& states);

void write_recovery(const Step& step, Value& state) {
  if (step.retry) {
    state.set("Retry", Value::array({Value::object({{"ErrorEquals", Value::array({"States.ALL"})},
                                                    {"MaxAttempts", step.retry->attempts_max},
                                                    {"IntervalSeconds", step.retry->interval_seconds},
                                                    {"BackoffRate", 1.5}})}));
  }
  if (step.handler) {
    state.set("Catch", Value::array({Value::object({{"ErrorEquals", Value::array({"States.ALL"})},
                                                    {"ResultPath", nullptr},
                                                    {"Next", first_of(*step.handler)}})}));
  }
}

Value sub_machine(const Block& block) {
  Value states = Value::object();
  write_block(block, "", states);
  return Value::object({{"StartAt", first_of(block)}, {"States", states}});
}

Value write_step(const Step& step, const std::string& next, Value& states) {
  switch (step.kind) {
    case Step::Kind::Pass:
      return Value::object({{"Type", "Pass"}, {"Result", step.number}, {"ResultPath", "$.v"}});
    case Step::Kind::Wait:
      return Value::object({{"Type", "Wait"}, {"Seconds", step.number}});
    case Step::Kind::Fail:
      return Value::object({{"Type", "Fail"}, {"Error", kTaskError}, {"Cause", "on purpose"}});
    case Step::Kind::Task: {
      Value state = Value::object({{"Type", "Task"}, {"Resource", kTaskQueue}});
      if (step.keeps_input) state.set("ResultPath", "$." + step.name);
      if (step.heartbeat_seconds > 0) {
        state.set("HeartbeatSeconds", step.heartbeat_seconds);
      } else if (step.may_hang) {
        state.set("TimeoutSeconds", kTaskTimeoutMs / 1000);
      }
      return state;
    }
    case Step::Kind::Choice:
      write_block(step.blocks[0], next, states);
      write_block(step.blocks[1], next, states);
      return Value::object({{"Type", "Choice"},
                            {"Choices", Value::array({Value::object({{"Variable", "$.v"},
                                                                     {"NumericLessThan", step.number},
                                                                     {"Next", first_of(step.blocks[0])}})})},
                            {"Default", first_of(step.blocks[1])}});
    case Step::Kind::Parallel: {
      Value branches = Value::array();
      for (const Block& branch : step.blocks) branches.push_back(sub_machine(branch));
      return Value::object({{"Type", "Parallel"}, {"Branches", branches}, {"ResultPath", "$." + step.name}});
    }
    case Step::Kind::Map:
      return Value::object({{"Type", "Map"},
                            {"ItemsPath", "$.items[0:" + std::to_string(step.number) + "]"},
                            {"MaxConcurrency", step.concurrency},
                            {"ItemProcessor", sub_machine(step.blocks[0])},
                            {"ResultPath", "$." + step.name}});
  }
  return {};
}

void write_block(const Block& block, const std::string& next, Value& states) {
  for (size_t i = 0; i < block.size(); ++i) {
    const Step& step = block[i];
    const std::string after = i + 1 < block.size() ? block[i + 1].name : next;
    Value state = write_step(step, after, states);
    write_recovery(step, state);
    if (step.kind != Step::Kind::Choice && step.kind != Step::Kind::Fail) {
      after.empty() ? state.set("End", true) : state.set("Next", after);
    }
    states.set(step.name, state);
    if (step.handler) write_block(*step.handler, after, states);
  }
}

// ------------------------------------------------------------------------------------------ oracle

class Oracle {
 public:
  explicit Oracle(uint64_t seed) : seed_(seed) {}
  mutable int timeouts = 0;

  Outcome run(const Block& block, Value input) const {
    for (const Step& step : block) {
      Outcome outcome = with_recovery(step, input);
      if (!outcome.succeeded) return outcome;
      input = std::move(outcome.output);
    }
    return {true, input, {}};
  }

 private:
  Outcome with_recovery(const Step& step, const Value& input) const {
    const int tries = step.retry ? step.retry->attempts_max + 1 : 1;
    Outcome outcome;
    for (int i = 0; i < tries; ++i) {
      outcome = once(step, input, static_cast<uint32_t>(i));
      if (outcome.succeeded) return outcome;
    }
    return step.handler ? run(*step.handler, input) : outcome;
  }

  static Value with_member(Value object, const std::string& key, Value member) {
    object.set(key, std::move(member));
    return object;
  }

  Outcome once(const Step& step, const Value& input, uint32_t retry_count) const {
    switch (step.kind) {
      case Step::Kind::Pass:
        return {true, with_member(input, "v", step.number), {}};
      case Step::Kind::Wait:
        return {true, input, {}};
      case Step::Kind::Fail:
        return {false, {}, kTaskError};
      case Step::Kind::Choice:
        return run(step.blocks[input.find("v")->as_integer() < step.number ? 0 : 1], input);
      case Step::Kind::Task:
        return task(step, input, retry_count);
      case Step::Kind::Parallel:
      case Step::Kind::Map:
        return fan_out(step, input);
    }
    return {};
  }

  Outcome task(const Step& step, const Value& input, uint32_t retry_count) const {
    const Answer answer = answer_to(seed_, step.name, statelang::to_json(input), retry_count, step.may_hang);
    if (answer.kind == Answer::Kind::Hang) {
      ++timeouts;
      return {false, {}, "States.Timeout"};
    }
    if (answer.kind == Answer::Kind::Failure) return {false, {}, kTaskError};
    Value output = *statelang::parse_json(answer.output);
    return {true, step.keeps_input ? with_member(input, step.name, output) : output, {}};
  }

  Outcome fan_out(const Step& step, const Value& input) const {
    Value results = Value::array();
    const bool map = step.kind == Step::Kind::Map;
    const Value* items = input.find("items");
    const size_t count =
        map ? std::min<size_t>(items->size(), static_cast<size_t>(step.number)) : step.blocks.size();
    for (size_t i = 0; i < count; ++i) {
      Outcome one = run(step.blocks[map ? 0 : i], map ? (*items)[i] : input);
      if (!one.succeeded) return one;
      results.push_back(std::move(one.output));
    }
    return {true, with_member(input, step.name, results), {}};
  }

  uint64_t seed_;
};

}  // namespace

std::string Program::definition() const {
  return statelang::to_json(sub_machine(block));
}

Program random_program(Random& random) {
  Generator generator(random);
  Program program;
  program.block = generator.block(0, false);
  program.states = generator.states();
  return program;
}

bool may_hang(const std::string& state_name) {
  return state_name.starts_with("Hang") || state_name.starts_with("Mute");
}
bool sends_heartbeats(const std::string& state_name) {
  return state_name.starts_with("Beat") || state_name.starts_with("Mute");
}

// Every document has a number `v` and the same three to five items, which have items of their own.
Answer answer_to(uint64_t seed, const std::string& state, const std::string& input, uint32_t retry_count,
                 bool hangs) {
  const uint64_t dice = hash(input, hash(state, seed + retry_count));
  const uint64_t kind = dice % 100;
  const int beats = static_cast<int>(dice / 100'000 % 4);
  if (hangs && kind < 25) return {Answer::Kind::Hang, {}, beats};
  if (kind >= 75) return {Answer::Kind::Failure, {}, beats};
  const std::string v = std::to_string(dice / 100 % 1000);
  return {Answer::Kind::Success,
          "{\"v\":" + v + ",\"items\":[{\"v\":1,\"items\":[]},{\"v\":500,\"items\":[]},{\"v\":" + v +
              ",\"items\":[{\"v\":3,\"items\":[]}]}]}",
          beats};
}

Outcome predict(const Program& program, uint64_t seed, const Value& input) {
  Oracle oracle(seed);
  Outcome outcome = oracle.run(program.block, input);
  outcome.timeouts = oracle.timeouts;
  return outcome;
}

}  // namespace simulation
