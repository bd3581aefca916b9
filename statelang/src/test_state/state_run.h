// StateRun: one state, entered once, on the interpreter's own data flow, Retry and Catch. What the state
// would wait for (a task, branches, iterations) is answered by the mock; nothing after the state is entered.
#pragma once

#include <memory>
#include <string>

#include <statelang/interpreter/memory_storage.h>
#include <statelang/test_state/test_state.h>

#include "../interpreter/stepper.h"

namespace statelang::test_state {

// Notes what AWS shows of each step: not every state type shows every step.
class Inspecting : public interpreter::Inspector {
 public:
  Inspecting(const State& state, const Request& request);

  void saw(Point point, const Payload& payload) override;
  void failed(const Failure& failure) override { failure_ = failure, has_failed_ = true; }
  void retrying(size_t retrier, double seconds) override;
  void caught(size_t catcher) override { inspection_.catch_index = static_cast<int64_t>(catcher); }
  const Value* context_object() override { return &context_; }

  void note(std::string name, Payload payload) {
    inspection_.data.emplace_back(std::move(name), std::move(payload));
  }
  Inspection& inspection() { return inspection_; }
  const Inspection& inspection() const { return inspection_; }
  bool has_failed() const { return has_failed_; }
  const Failure& failure() const { return failure_; }  // the last that Retry and Catch were asked about

 private:
  const State& state_;
  Value context_;
  Inspection inspection_;
  Failure failure_;
  bool has_failed_ = false;
};

// Keeps the variables that the end of the execution would take with it.
class KeepingStorage : public MemoryStorage {
 public:
  using MemoryStorage::MemoryStorage;
  void erase_scope(ScopeId id) override {
    if (id == ScopeId::Root) last_variables_ = variables(id);
    MemoryStorage::erase_scope(id);
  }
  Value last_variables() { return find_scope(ScopeId::Root) ? variables(ScopeId::Root) : last_variables_; }

 private:
  Value last_variables_ = Value::object();
};

class StateRun {
 public:
  // All are borrowed; the request is checked.
  StateRun(const Definition& definition, const State& state, const Request& request);
  Expected<Result, Refusal> run();

 private:
  void run_task();
  void ask_for_answer();
  void run_map();
  void run_parallel();
  void run_wait();
  // The Map's items, and how many iterations they make; nothing: the Map has failed, or they are not known.
  std::optional<Array> map_items();
  bool make_iterations(const Array& items, size_t& iterations);
  bool note_limits();
  bool too_many_failed(size_t iterations) const;
  void fail(interpreter::StateFailure failure) { stepper_.fail(scope(), std::move(failure)); }
  void answer_fan_out();
  Result result();
  void read_end(Result& out, const FinishExecution& end);
  void read_left(Result& out);

  Scope& scope() { return *storage_.find_scope(ScopeId::Root); }

  const Definition& definition_;
  const State& state_;
  const Request& request_;
  KeepingStorage storage_;
  ExecutionInfo info_;
  std::unique_ptr<TaskTokens> tokens_;
  Inspecting inspecting_;
  StepContext context_;
  std::vector<Effect> effects_;
  interpreter::Stepper stepper_;
  std::optional<Refusal> refusal_;
};

}  // namespace statelang::test_state
