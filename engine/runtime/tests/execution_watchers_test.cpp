#include <catch2/catch.hpp>

#include <engine/runtime/execution_watchers.h>

#include "hand_driven.h"

using namespace engine;
using engine::runtime::ExecutionWatchers;

namespace {

struct Waiting {
  runtime::tests::HandClock clock;
  runtime::tests::HandStrand strand;
  ExecutionWatchers watchers{strand, clock};
  std::vector<std::string> told;

  uint64_t watch(const std::string& name, const std::string& arn, ExecutionWatchers::Event event,
                 int64_t wait_ms = 10'000) {
    return watchers.watch(arn, event, wait_ms, [this, name](ApiResult<ExecutionWatchers::Seen> seen) {
      told.push_back(name + (!seen ? ": stopping" : seen->happened ? ": happened" : ": not in time"));
    });
  }
  void change(const std::string& arn, bool finished) {
    core::ExecutionChanged changed;
    changed.execution_arn = arn;
    changed.finished = finished;
    watchers.changed(changed);
  }
};

using Told = std::vector<std::string>;
constexpr auto kChange = ExecutionWatchers::Event::Change;
constexpr auto kEnd = ExecutionWatchers::Event::End;

}  // namespace

TEST_CASE("execution watchers: a change wakes those who wait for one, the end everybody") {
  Waiting waiting;
  waiting.watch("end", "a", kEnd);
  waiting.watch("change", "a", kChange);
  waiting.watch("other", "b", kChange);
  waiting.change("a", false);
  CHECK(waiting.told == Told{"change: happened"});
  waiting.watch("change again", "a", kChange);
  waiting.change("a", true);
  CHECK(waiting.told == Told{"change: happened", "end: happened", "change again: happened"});
  waiting.change("a", true);
  CHECK(waiting.told.size() == 3);
}

TEST_CASE("execution watchers: the end is told with what ended, and nothing to whom forgets") {
  Waiting waiting;
  std::vector<ExecutionWatchers::Seen> seen;
  const auto see = [&](ApiResult<ExecutionWatchers::Seen> told) { seen.push_back(told.value()); };
  waiting.watchers.watch("a", kEnd, 10'000, see);
  waiting.watchers.forget(waiting.watchers.watch("a", kEnd, 10'000, see));
  core::ExecutionChanged ended;
  ended.execution = core::ExecutionNumber{7};
  ended.execution_arn = "a";
  ended.finished = true;
  ended.end = std::make_shared<const core::EndedExecution>();
  waiting.watchers.changed(ended);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].happened);
  CHECK(seen[0].execution == core::ExecutionNumber{7});
  CHECK(seen[0].end == ended.end);
  while (waiting.strand.ring(waiting.clock)) continue;
  CHECK(seen.size() == 1);
}

TEST_CASE("execution watchers: those who wait too long are told so, the earliest first") {
  Waiting waiting;
  waiting.watch("late", "a", kEnd, 7'000);
  waiting.watch("early", "b", kEnd, 3'000);
  waiting.watch("at once", "c", kEnd, -5);
  REQUIRE(waiting.strand.ring(waiting.clock));
  CHECK(waiting.told == Told{"at once: not in time"});
  REQUIRE(waiting.strand.ring(waiting.clock));
  REQUIRE(waiting.strand.ring(waiting.clock));
  CHECK(waiting.told == Told{"at once: not in time", "early: not in time", "late: not in time"});
  CHECK_FALSE(waiting.strand.ring(waiting.clock));
}

TEST_CASE("execution watchers: one whose answer was there already is not answered again") {
  Waiting waiting;
  const uint64_t watcher = waiting.watch("one", "a", kEnd);
  waiting.watchers.answer(watcher);
  waiting.watchers.answer(watcher);
  waiting.change("a", true);
  CHECK(waiting.told == Told{"one: happened"});
}

TEST_CASE(
    "execution watchers: when the engine stops all are told in the order in which they came, later ones at "
    "once") {
  Waiting waiting;
  Told expected;
  for (int i = 0; i < 20; ++i) {
    waiting.watch(std::to_string(i), "arn" + std::to_string(i % 3), i % 2 == 0 ? kEnd : kChange, 20'000 - i);
    expected.push_back(std::to_string(i) + ": stopping");
  }
  waiting.watchers.close();
  waiting.watch("later", "a", kEnd);
  expected.push_back("later: stopping");
  CHECK(waiting.told == expected);
}

TEST_CASE(
    "execution watchers: several who wait for one execution are answered in the order in which they came") {
  Waiting waiting;
  Told expected;
  for (int i = 0; i < 20; ++i) {
    waiting.watch(std::to_string(i), "a", kEnd);
    expected.push_back(std::to_string(i) + ": happened");
  }
  waiting.change("a", true);
  CHECK(waiting.told == expected);
}
