// Retry and Catch, step by step: which retrier or catcher takes a failure, and when the next attempt comes.
#include <algorithm>

#include <catch2/catch.hpp>

#include <statelang/interpreter/memory_storage.h>
#include <statelang/interpreter/step.h>

namespace {

using namespace statelang;

class NoTokens : public TaskTokens {
 public:
  std::string token(ScopeId, uint32_t) const override { return "token"; }
};

std::string machine(const std::string& fields) {
  const bool catches = fields.find("Catch") != std::string::npos;
  return R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"work",)" + fields +
         R"(,"Next":"S"},"S":{"Type":"Succeed"})" +
         (catches ? R"(,"Caught":{"Type":"Pass","Parameters":{"in.$":"$","kept.$":"$kept"},"End":true})"
                  : "") +
         "}}";
}

// One execution of a task with these fields; its attempts fail as the test says, and each retry is due at
// once.
class Failing {
 public:
  explicit Failing(const std::string& fields, const std::string& input = R"({"a":1})", uint64_t seed = 1)
      : definition_(*Definition::parse(machine(fields))), storage_(Payload::from_text(input)), seed_(seed) {
    apply(Start{Payload::from_text(input)});
  }

  // Seconds until the next attempt; -1: there is none.
  double fails(const std::string& error) {
    const auto effects = apply(TaskFailed{ScopeId::Root, attempt_, Failure{error, "why", true, true}, "", 0});
    for (const Effect& effect : effects) {
      const auto* arm = std::get_if<ArmTimer>(&effect);
      if (!arm || arm->kind != TimerKind::Retry) continue;
      const double seconds = static_cast<double>(arm->due_ms - now_ms_) / 1000;
      now_ms_ = arm->due_ms;
      apply(TimerFired{TimerKind::Retry, ScopeId::Root, arm->attempt});
      return seconds;
    }
    return -1;
  }

  std::vector<Effect> apply(const StepInput& input) {
    const StepContext context{*definition_, info_, tokens_, now_ms_, seed_, true, {}, {}};
    std::vector<Effect> effects;
    step(context, storage_, input, effects);
    for (const Effect& effect : effects) {
      if (const auto* task = std::get_if<ScheduleTask>(&effect)) attempt_ = task->attempt;
      if (const auto* end = std::get_if<FinishExecution>(&effect)) end_ = *end;
    }
    return effects;
  }

  const FinishExecution& end() const { return end_; }
  bool succeeded() const { return end_.status == ExecutionStatus::Succeeded; }

 private:
  std::shared_ptr<const Definition> definition_;
  ExecutionInfo info_;
  NoTokens tokens_;
  MemoryStorage storage_;
  uint64_t seed_;
  int64_t now_ms_ = 0;
  uint32_t attempt_ = 0;
  FinishExecution end_;
};

bool caught(const std::string& names, const std::string& error) {
  Failing task(R"("Assign":{"kept":0},"Catch":[{"ErrorEquals":[)" + names +
               R"(],"Assign":{"kept":1},"Next":"Caught"}])");
  task.fails(error);
  return task.succeeded();
}

}  // namespace

TEST_CASE("retry: each retrier counts its own retries and backs off by them") {
  Failing task(R"("Retry":[{"ErrorEquals":["A"],"IntervalSeconds":2,"BackoffRate":3,"MaxAttempts":2},
                           {"ErrorEquals":["B"],"IntervalSeconds":5,"BackoffRate":2,"MaxAttempts":2}])");
  CHECK(task.fails("A") == 2);
  CHECK(task.fails("B") == 5);
  CHECK(task.fails("A") == 6);
  CHECK(task.fails("B") == 10);
  CHECK(task.fails("B") == -1);
  CHECK(task.end().failure.error == "B");
}

TEST_CASE("retry: the first retrier that names the error decides, even when it has no attempts left") {
  Failing task(R"("Retry":[{"ErrorEquals":["A"],"MaxAttempts":0},{"ErrorEquals":["States.ALL"]}])");
  CHECK(task.fails("B") == 1);
  CHECK(task.fails("A") == -1);
}

TEST_CASE("retry: retriers count anew after a redrive") {
  Failing task(R"("Retry":[{"ErrorEquals":["A"],"IntervalSeconds":3,"BackoffRate":2,"MaxAttempts":1}])");
  CHECK(task.fails("A") == 3);
  CHECK(task.fails("A") == -1);
  CHECK(task.end().status == ExecutionStatus::Failed);
  task.apply(Redrive{});
  CHECK(task.fails("A") == 3);
  CHECK(task.fails("A") == -1);
}

TEST_CASE("retry: JitterStrategy FULL takes any delay up to the backoff, NONE the backoff itself") {
  double least = 100, most = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Failing full(R"("Retry":[{"ErrorEquals":["A"],"IntervalSeconds":10,"JitterStrategy":"FULL"}])", "{}",
                 seed);
    const double delay = full.fails("A");
    least = std::min(least, delay);
    most = std::max(most, delay);
    Failing none(R"("Retry":[{"ErrorEquals":["A"],"IntervalSeconds":10,"JitterStrategy":"NONE"}])", "{}",
                 seed);
    CHECK(none.fails("A") == 10);
    Failing absent(R"("Retry":[{"ErrorEquals":["A"],"IntervalSeconds":10}])", "{}", seed);
    CHECK(absent.fails("A") == 10);
  }
  CHECK(least >= 0);
  CHECK(least < 3);
  CHECK(most > 7);
  CHECK(most <= 10);
}

TEST_CASE("catch: what the reserved error names take") {
  for (const char* error : {"Own", "States.Timeout", "States.HeartbeatTimeout", "States.Permissions",
                            "States.DataLimitExceeded", "States.TaskFailed"}) {
    INFO(error);
    CHECK(caught(R"("States.ALL")", error));
  }
  CHECK_FALSE(caught(R"("States.ALL")", "States.Runtime"));
  CHECK(caught(R"("States.TaskFailed")", "Own"));
  CHECK_FALSE(caught(R"("States.TaskFailed")", "States.Timeout"));
  CHECK_FALSE(caught(R"("States.TaskFailed")", "States.HeartbeatTimeout"));
  CHECK_FALSE(caught(R"("States.TaskFailed")", "States.DataLimitExceeded"));
  CHECK(caught(R"("States.DataLimitExceeded")", "States.DataLimitExceeded"));
  CHECK(caught(R"("States.Timeout")", "States.HeartbeatTimeout"));
  CHECK_FALSE(caught(R"("States.HeartbeatTimeout")", "States.Timeout"));
  CHECK_FALSE(caught(R"("Own")", "own"));
}

TEST_CASE("catch: its own variables are assigned, and ResultPath keeps the rest of the input") {
  Failing task(R"("Assign":{"kept":"of the state"},"Catch":[{"ErrorEquals":["A"],"ResultPath":"$.e.x",
                   "Assign":{"kept.$":"$.Error"},"Next":"Caught"}])");
  task.fails("A");
  REQUIRE(task.succeeded());
  CHECK(task.end().output.text() == R"({"in":{"a":1,"e":{"x":{"Error":"A","Cause":"why"}}},"kept":"A"})");
}

TEST_CASE("catch: a ResultPath that does not fit the input is a failure of its own") {
  Failing task(R"("Assign":{"kept":0},"Catch":[{"ErrorEquals":["A"],"ResultPath":"$.e","Assign":{"kept":1},
                   "Next":"Caught"}])",
               R"("a text")");
  task.fails("A");
  CHECK(task.end().status == ExecutionStatus::Failed);
  CHECK(task.end().failure.error == "States.ResultPathMatchFailure");
}
