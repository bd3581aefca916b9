// Heartbeats, step by step: only the due time moves, and the armed timer finds out when it fires.
#include <catch2/catch.hpp>

#include <statelang/interpreter/memory_storage.h>
#include <statelang/interpreter/step.h>

namespace {

using namespace statelang;

class NoTokens : public TaskTokens {
 public:
  std::string token(ScopeId, uint32_t) const override { return "token"; }
};

// One execution of a task with HeartbeatSeconds 10, at a time of the test's own.
class Beating {
 public:
  Beating()
      : definition_(*Definition::parse(
            R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"work","HeartbeatSeconds":10,"End":true}}})")),
        storage_(Payload::from_text("{}")) {
    at(0, Start{Payload::from_text("{}")});
  }

  std::vector<Effect> at(int64_t now_ms, const StepInput& input) {
    const StepContext context{*definition_, info_, tokens_, now_ms, 1, true, {}};
    std::vector<Effect> effects;
    step(context, storage_, input, effects);
    return effects;
  }
  std::vector<Effect> timer(int64_t now_ms) {
    return at(now_ms, TimerFired{TimerKind::Heartbeat, ScopeId::Root, 1});
  }
  ExecutionStatus status() { return storage_.execution().status; }

 private:
  std::shared_ptr<const Definition> definition_;
  ExecutionInfo info_;
  NoTokens tokens_;
  MemoryStorage storage_;
};

int64_t armed_for(const std::vector<Effect>& effects) {
  for (const Effect& effect : effects) {
    if (const auto* arm = std::get_if<ArmTimer>(&effect)) return arm->due_ms;
  }
  return -1;
}

}  // namespace

TEST_CASE("heartbeat: one in time keeps the task alive until ten seconds after it") {
  Beating task;
  CHECK(task.at(9'000, TaskHeartbeat{ScopeId::Root, 1}).empty());
  CHECK(armed_for(task.timer(10'000)) == 19'000);
  CHECK(task.status() == ExecutionStatus::Running);
  task.timer(19'000);
  CHECK(task.status() == ExecutionStatus::Failed);
}

TEST_CASE("heartbeat: the timer that was armed anew goes with the end of the task") {
  Beating task;
  task.at(9'000, TaskHeartbeat{ScopeId::Root, 1});
  REQUIRE(armed_for(task.timer(10'000)) == 19'000);
  int64_t disarmed = -1;
  for (const Effect& effect :
       task.at(12'000, TaskSucceeded{ScopeId::Root, 1, Payload::from_text("1"), "worker", 0})) {
    if (const auto* disarm = std::get_if<DisarmTimer>(&effect)) disarmed = disarm->due_ms;
  }
  CHECK(disarmed == 19'000);
}

TEST_CASE("heartbeat: none in time ends the task") {
  Beating task;
  task.timer(10'000);
  CHECK(task.status() == ExecutionStatus::Failed);
}

TEST_CASE("heartbeat: one of another attempt changes nothing") {
  Beating task;
  task.at(9'000, TaskHeartbeat{ScopeId::Root, 2});
  task.timer(10'000);
  CHECK(task.status() == ExecutionStatus::Failed);
}

TEST_CASE("task: a time that a path gives is at most that of a definition, however large the number") {
  for (const char* given : {"99999999", "9223372036854775", "9223372036854775807", "1e300"}) {
    for (const char* times :
         {R"("TimeoutSecondsPath":"$.t")", R"("TimeoutSeconds":99999999,"HeartbeatSecondsPath":"$.t")"}) {
      CAPTURE(given, times);
      const auto definition =
          Definition::parse(R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"work",)" +
                            std::string(times) + R"(,"End":true}}})");
      REQUIRE(definition);
      const auto input = Payload::from_text(R"({"t":)" + std::string(given) + "}");
      MemoryStorage storage(input);
      const ExecutionInfo info;
      const NoTokens tokens;
      std::vector<Effect> effects;
      step({**definition, info, tokens, 1'000, 1, true, {}}, storage, Start{input}, effects);
      CHECK(armed_for(effects) == 1'000 + 99'999'999'000);
      CHECK(storage.execution().status == ExecutionStatus::Running);
    }
  }
}
