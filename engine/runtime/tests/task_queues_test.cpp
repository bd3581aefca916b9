#include <catch2/catch.hpp>

#include <engine/runtime/task_queues.h>

#include "hand_driven.h"

using namespace engine;
using engine::runtime::TaskQueues;
using engine::runtime::TaskQueueSettings;

namespace {

struct Driven {
  runtime::tests::HandClock clock;
  runtime::tests::HandStrand strand;
  struct Started {
    core::TaskId id;
    std::function<void(ApiResult<core::ReplyCode>)> answered;
  };
  std::vector<Started> started;
  TaskQueues queues{
      TaskQueueSettings{}, strand, clock,
      [](const core::TaskId& id) { return std::to_string(static_cast<uint64_t>(id.execution)); },
      [this](const core::TaskId& id, std::string, int64_t, auto answered) {
        started.push_back({id, std::move(answered)});
      }};

  static core::DispatchTask task(uint64_t execution) {
    core::DispatchTask made;
    made.id.execution = static_cast<core::ExecutionNumber>(execution);
    made.id.attempt = 1;
    made.queue = "work";
    return made;
  }
  void offer(std::initializer_list<uint64_t> executions) {
    std::vector<core::DispatchTask> tasks;
    for (uint64_t execution : executions) tasks.push_back(task(execution));
    queues.offer(std::move(tasks));
  }

  struct Poll {
    bool answered = false;
    std::vector<std::string> tokens;
    uint32_t delivery = 0;
  };
  std::shared_ptr<Poll> poll(size_t tasks_max = 1, bool leased = true) {
    auto kept = std::make_shared<Poll>();
    PollTasksRequest request;
    request.queue = "work";
    request.worker = "tester";
    request.tasks_max = tasks_max;
    request.wait_ms = 5'000;
    request.leased = leased;
    queues.poll(std::move(request), [kept](ApiResult<std::vector<PolledTask>> polled) {
      kept->answered = true;
      if (!polled) return;
      for (const PolledTask& one : *polled) {
        kept->tokens.push_back(one.token);
        kept->delivery = one.delivery;
      }
    });
    return kept;
  }
};

using Tokens = std::vector<std::string>;

}  // namespace

TEST_CASE("task queues: a task goes to the poll that waits, and to one only") {
  Driven driven;
  auto first = driven.poll();
  auto second = driven.poll();
  driven.offer({1});
  CHECK(first->tokens == Tokens{"1"});
  CHECK_FALSE(second->answered);
  driven.offer({1});  // known already
  CHECK_FALSE(second->answered);
}

TEST_CASE("task queues: a batch is shared among the waiting polls") {
  Driven driven;
  auto first = driven.poll(10);
  auto second = driven.poll(10);
  driven.offer({1, 2, 3, 4});
  CHECK(first->tokens == Tokens{"1", "2"});
  CHECK(second->tokens == Tokens{"3", "4"});
}

TEST_CASE("task queues: a poll without a task ends empty at its time") {
  Driven driven;
  auto poll = driven.poll();
  const int64_t begun = driven.clock.now;
  while (!poll->answered) REQUIRE(driven.strand.ring(driven.clock));
  CHECK(poll->tokens.empty());
  CHECK(driven.clock.now == begun + 5'000);
}

TEST_CASE("task queues: a vanished worker's task is given to another one after the lease") {
  Driven driven;
  driven.offer({1});
  auto first = driven.poll();
  REQUIRE(first->tokens == Tokens{"1"});
  const int64_t given = driven.clock.now;
  while (driven.clock.now < given + kTaskLeaseMs) REQUIRE(driven.strand.ring(driven.clock));
  CHECK(driven.started.size() == 1);  // it ran for longer than the delay
  auto second = driven.poll();
  CHECK(second->tokens == Tokens{"1"});
  CHECK(second->delivery == 2);
}

TEST_CASE("task queues: a renewed task stays with its worker") {
  Driven driven;
  driven.offer({1});
  REQUIRE(driven.poll()->answered);
  const int64_t given = driven.clock.now;
  while (driven.clock.now < given + 3 * kTaskLeaseMs) {
    REQUIRE(driven.queues.renew(Driven::task(1).id) == std::optional<int64_t>(0));
    REQUIRE(driven.strand.ring(driven.clock));
  }
  CHECK(driven.queues.redeliveries() == 0);
  CHECK(driven.queues.depths().front().pending == 0);
}

TEST_CASE("task queues: a withdrawn task is given to nobody and leaves nothing behind") {
  Driven driven;
  driven.offer({1});
  driven.queues.withdraw(Driven::task(1).id);
  CHECK(driven.queues.depths().empty());
  auto poll = driven.poll();
  CHECK_FALSE(poll->answered);
}

TEST_CASE("task queues: a partition that starts over takes the tasks of its Express executions along") {
  Driven driven;
  auto stored = Driven::task(1), lost = Driven::task(2), other = Driven::task(3);
  lost.express = other.express = true;
  other.id.partition = 1;
  driven.queues.offer({stored, lost, other});
  driven.queues.restarted(PartitionId{0});
  CHECK(driven.poll(3)->tokens == Tokens{"1", "3"});
}

TEST_CASE("task queues: an unleased poll gets its task when the start is durable") {
  Driven driven;
  driven.offer({1, 2});
  auto poll = driven.poll(1, false);
  REQUIRE(driven.started.size() == 1);
  CHECK_FALSE(poll->answered);
  SECTION("given") {
    driven.started[0].answered(core::ReplyCode::Done);
    CHECK(poll->tokens == Tokens{"1"});
  }
  SECTION("over in the meantime: the next one") {
    driven.started[0].answered(core::ReplyCode::TaskTimedOut);
    REQUIRE(driven.started.size() == 2);
    driven.started[1].answered(core::ReplyCode::Done);
    CHECK(poll->tokens == Tokens{"2"});
  }
}

TEST_CASE("task queues: without tasks and polls no alarm is set") {
  Driven driven;
  CHECK_FALSE(driven.strand.ring(driven.clock));
}

TEST_CASE("task queues: a queue has a worker while one waits, works or has asked a moment ago") {
  Driven driven;
  CHECK_FALSE(driven.queues.has_worker("work"));
  auto poll = driven.poll();
  CHECK(driven.queues.has_worker("work"));
  driven.offer({1});
  CHECK(poll->answered);
  CHECK(driven.queues.has_worker("work"));
  driven.queues.withdraw(Driven::task(1).id);
  CHECK(driven.queues.has_worker("work"));
  driven.clock.now += 60'000;
  CHECK_FALSE(driven.queues.has_worker("work"));
}
