#include <catch2/catch.hpp>

#include <engine/runtime/reply_registry.h>

#include "hand_driven.h"

using namespace engine;
using engine::runtime::ReplyRegistry;

namespace {

struct Callers {
  runtime::tests::HandClock clock;
  runtime::tests::HandStrand strand;
  ReplyRegistry replies{strand, clock};
  std::vector<std::string> told;  // "name: code of the reply, or the error's"

  uint64_t wait(const std::string& name, const ReplyRegistry::Terms& terms) {
    return replies.expect(terms, [this, name](ApiResult<core::Reply> answer) {
      if (answer) return told.push_back(name + ": " + answer->text);
      const bool stops = answer.error().code == ApiErrorCode::ShuttingDown;
      const bool late = answer.error().code == ApiErrorCode::Unavailable;
      told.push_back(name + (stops ? ": stopping" : late ? ": unavailable" : ": refused"));
    });
  }
  void answer(uint64_t request, const std::string& text) {
    core::Reply reply;
    reply.request = request;
    reply.text = text;
    replies.answer(std::move(reply));
  }
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("reply registry: an answer goes to its caller, and to that one once") {
  Callers callers;
  const uint64_t first = callers.wait("first", {});
  const uint64_t second = callers.wait("second", {});
  CHECK(first != second);
  callers.answer(second, "b");
  callers.answer(second, "once more");
  callers.answer(first, "a");
  callers.answer(first + second, "nobody's");
  CHECK(callers.told == Told{"second: b", "first: a"});
  CHECK(callers.replies.waiting() == 0);
}

TEST_CASE("reply registry: who is not answered is told so at the deadline, the earliest first") {
  Callers callers;
  callers.wait("late", {PartitionId{0}, 9'000});
  callers.wait("early", {PartitionId{0}, 2'000});
  const uint64_t answered = callers.wait("answered", {PartitionId{0}, 2'000});
  callers.answer(answered, "in time");
  const int64_t begun = callers.clock.now;
  REQUIRE(callers.strand.ring(callers.clock));
  CHECK(callers.clock.now - begun >= 2'000);
  CHECK(callers.clock.now - begun < 9'000);
  CHECK(callers.told == Told{"answered: in time", "early: unavailable"});
  REQUIRE(callers.strand.ring(callers.clock));
  CHECK(callers.clock.now - begun >= 9'000);
  CHECK(callers.told.back() == "late: unavailable");
  CHECK_FALSE(callers.strand.ring(callers.clock));
}

TEST_CASE("reply registry: an answer that is lost with its partition's memory is refused, no other one") {
  Callers callers;
  callers.wait("stored", {PartitionId{1}, 5'000, false});
  callers.wait("in memory", {PartitionId{1}, 5'000, true});
  callers.wait("elsewhere", {PartitionId{0}, 5'000, true});
  callers.replies.restarted(PartitionId{1});
  CHECK(callers.told == Told{"in memory: unavailable"});
  CHECK(callers.replies.waiting() == 2);
}

TEST_CASE(
    "reply registry: when the engine stops all are told in the order in which they came, later ones at "
    "once") {
  Callers callers;
  Told expected;
  for (int i = 0; i < 20; ++i) {
    callers.wait(std::to_string(i), {PartitionId{0}, 20'000 - i * 500});
    expected.push_back(std::to_string(i) + ": stopping");
  }
  callers.replies.close();
  callers.wait("later", {});
  expected.push_back("later: stopping");
  CHECK(callers.told == expected);
}

TEST_CASE("reply registry: a refusal names its reason, and a second life hands out other numbers") {
  Callers callers;
  const uint64_t request = callers.wait("one", {});
  callers.replies.refuse(request, {ApiErrorCode::Throttled, "full", {}});
  CHECK(callers.told == Told{"one: refused"});
  ++callers.clock.now;
  ReplyRegistry next_life(callers.strand, callers.clock);
  CHECK(next_life.expect({}, [](const ApiResult<core::Reply>&) {}) > request);
}

TEST_CASE("reply registry: who waits for an answer that may be lost is told soon, others wait on") {
  Callers callers;
  callers.wait("here", {PartitionId{1}, 30'000});
  callers.wait("elsewhere", {PartitionId{2}, 30'000});
  callers.wait("in memory", {PartitionId{1}, 300'000, true});
  callers.wait("soon anyway", {PartitionId{1}, 1'000});
  const uint64_t answered = callers.wait("answered", {PartitionId{1}, 30'000});
  const int64_t begun = callers.clock.now;
  callers.replies.answers_lost([](PartitionId partition) { return partition == PartitionId{1}; });
  callers.answer(answered, "after all");
  callers.wait("later", {PartitionId{1}, 30'000});
  CHECK(callers.told == Told{"answered: after all"});
  while (callers.clock.now < begun + 10'000 && callers.strand.ring(callers.clock)) {
    if (callers.told.size() == 3) CHECK(callers.clock.now <= begun + ReplyRegistry::kLostMs + 1'000);
  }
  CHECK(callers.told == Told{"answered: after all", "soon anyway: unavailable", "here: unavailable",
                             "elsewhere: unavailable", "later: unavailable"});
}
