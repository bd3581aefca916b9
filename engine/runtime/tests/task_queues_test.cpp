#include <algorithm>

#include <catch2/catch.hpp>

#include <engine/runtime/task_queues.h>

#include "hand_driven.h"

using namespace engine;
using engine::runtime::TaskQueues;
using engine::runtime::TaskQueueSettings;

namespace {

struct Driven {
  explicit Driven(TaskQueueSettings with = {}) : settings(with) {}
  const TaskQueueSettings settings;
  runtime::tests::HandClock clock;
  runtime::tests::HandStrand strand;
  struct Started {
    core::TaskId id;
    std::function<void(ApiResult<core::ReplyCode>)> answered;
  };
  std::vector<Started> started;
  struct Fetch {
    std::vector<core::TaskId> ids;
    std::function<void(TaskQueues::Fetched)> answered;
  };
  std::vector<Fetch> fetches;
  TaskQueues queues{
      settings,
      strand,
      clock,
      [](const core::TaskId& id) { return std::to_string(static_cast<uint64_t>(id.execution)); },
      [this](const core::TaskId& id, std::string, int64_t, auto answered) {
        started.push_back({id, std::move(answered)});
      },
      [this](std::vector<core::TaskId> ids, auto answered) {
        fetches.push_back({std::move(ids), std::move(answered)});
      }};

  static core::DispatchTask task(uint64_t execution) {
    core::DispatchTask made;
    made.id.execution = static_cast<core::ExecutionNumber>(execution);
    made.id.attempt = 1;
    made.queue = "work";
    made.input = statelang::Payload::from_text(std::to_string(execution));
    return made;
  }
  // From the store, without those that are over.
  void answer_fetch(size_t number, std::initializer_list<uint64_t> over = {}) {
    std::vector<std::optional<core::DispatchTask>> found;
    for (const core::TaskId& id : fetches.at(number).ids) {
      const auto execution = static_cast<uint64_t>(id.execution);
      found.push_back(std::count(over.begin(), over.end(), execution) ? std::nullopt
                                                                      : std::optional(task(execution)));
    }
    fetches[number].answered(std::move(found));
  }
  void offer(std::initializer_list<uint64_t> executions) {
    std::vector<core::DispatchTask> tasks;
    for (uint64_t execution : executions) tasks.push_back(task(execution));
    queues.offer(std::move(tasks));
  }

  struct Poll {
    bool answered = false;
    std::vector<std::string> tokens;
    std::vector<std::string> inputs;
    uint32_t delivery = 0;
  };
  std::shared_ptr<Poll> poll(size_t tasks_max = 1, bool leased = true, int64_t wait_ms = 5'000) {
    auto kept = std::make_shared<Poll>();
    PollTasksRequest request;
    request.queue = "work";
    request.worker = "tester";
    request.tasks_max = tasks_max;
    request.wait_ms = wait_ms;
    request.leased = leased;
    queues.poll(std::move(request), [kept](ApiResult<std::vector<PolledTask>> polled) {
      kept->answered = true;
      if (!polled) return;
      for (const PolledTask& one : *polled) {
        kept->tokens.push_back(one.token);
        kept->inputs.push_back(one.task.input.text());
        kept->delivery = one.delivery;
      }
    });
    return kept;
  }
};

using Tokens = std::vector<std::string>;

// Room for the inputs of two tasks of Driven, each of one byte.
TaskQueueSettings little_room() {
  TaskQueueSettings settings;
  settings.contents_bytes_max = 2;
  return settings;
}

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

TEST_CASE("task contents: what has no room in memory is fetched when a worker is there") {
  Driven driven(little_room());
  driven.offer({1, 2, 3, 4, 5});
  CHECK(driven.queues.contents_bytes() == 2);
  CHECK(driven.queues.depths().front().pending == 5);
  CHECK(driven.fetches.empty());
  CHECK(driven.poll(2)->tokens == Tokens{"1", "2"});
  CHECK(driven.fetches.empty());
  auto poll = driven.poll(10);
  REQUIRE(driven.fetches.size() == 1);
  CHECK(driven.fetches[0].ids.size() == 3);
  CHECK_FALSE(poll->answered);
  auto later = driven.poll();  // the same fetch is under way
  CHECK(driven.fetches.size() == 1);
  driven.answer_fetch(0);
  CHECK(poll->tokens == Tokens{"3", "4"});
  CHECK(poll->inputs == Tokens{"3", "4"});
  CHECK(later->inputs == Tokens{"5"});
  CHECK(driven.queues.contents_bytes() <= 2);
  for (uint64_t each : {1, 2, 3, 4, 5}) driven.queues.withdraw(Driven::task(each).id);
  CHECK(driven.queues.contents_bytes() == 0);
  CHECK(driven.queues.depths().empty());
}

TEST_CASE("task contents: a poll that does not wait gets what has to be fetched, too") {
  Driven driven(little_room());
  CHECK(driven.poll(1, true, 0)->answered);
  driven.offer({1, 2, 3});
  REQUIRE(driven.poll(2)->answered);
  auto poll = driven.poll(1, true, 0);
  CHECK_FALSE(poll->answered);
  SECTION("it is there") {
    driven.answer_fetch(0);
    CHECK(poll->tokens == Tokens{"3"});
  }
  SECTION("it is over") {
    driven.answer_fetch(0, {3});
    CHECK(poll->answered);
    CHECK(poll->tokens.empty());
    CHECK(driven.queues.depths().front().pending == 0);
  }
  SECTION("it was withdrawn in the meantime") {
    driven.queues.withdraw(Driven::task(3).id);
    driven.answer_fetch(0);
    CHECK(poll->answered);
    CHECK(poll->tokens.empty());
  }
}

TEST_CASE("task contents: an unleased poll gets a fetched task when its start is durable") {
  Driven driven(little_room());
  driven.offer({1, 2, 3});
  REQUIRE(driven.poll(2)->answered);
  auto poll = driven.poll(1, false);
  REQUIRE(driven.fetches.size() == 1);
  CHECK(driven.started.empty());
  driven.answer_fetch(0);
  REQUIRE(driven.started.size() == 1);
  driven.started[0].answered(core::ReplyCode::Done);
  CHECK(poll->inputs == Tokens{"3"});
}

TEST_CASE("task contents: a store that cannot be read is asked again later") {
  Driven driven(little_room());
  driven.offer({1, 2, 3});
  REQUIRE(driven.poll(2)->answered);
  auto poll = driven.poll();
  REQUIRE(driven.fetches.size() == 1);
  driven.fetches[0].answered(statelang::Unexpected{ApiError{ApiErrorCode::Unavailable, "away", {}}});
  CHECK(driven.fetches.size() == 1);
  while (driven.fetches.size() == 1) REQUIRE(driven.strand.ring(driven.clock));
  CHECK_FALSE(poll->answered);
  driven.answer_fetch(1);
  CHECK(poll->inputs == Tokens{"3"});
}

TEST_CASE("task contents: a task whose worker vanished is fetched for the next one") {
  Driven driven(little_room());
  driven.offer({1, 2, 3});
  REQUIRE(driven.poll(2)->answered);
  auto first = driven.poll();
  driven.answer_fetch(0);
  REQUIRE(first->tokens == Tokens{"3"});
  const int64_t given = driven.clock.now;
  while (driven.clock.now < given + kTaskLeaseMs) REQUIRE(driven.strand.ring(driven.clock));
  auto again = driven.poll(3);
  while (!again->answered && driven.fetches.size() > 1) driven.answer_fetch(driven.fetches.size() - 1);
  CHECK(again->answered);
  auto rest = driven.poll(3);
  if (!rest->answered) driven.answer_fetch(driven.fetches.size() - 1);
  Tokens inputs = again->inputs;
  inputs.insert(inputs.end(), rest->inputs.begin(), rest->inputs.end());
  std::sort(inputs.begin(), inputs.end());
  CHECK(inputs == Tokens{"1", "2", "3"});
}

TEST_CASE("task contents: those of Express executions stay, nothing else has them") {
  Driven driven(little_room());
  std::vector<core::DispatchTask> tasks{Driven::task(1), Driven::task(2), Driven::task(3)};
  for (core::DispatchTask& task : tasks) task.express = true;
  driven.queues.offer(std::move(tasks));
  CHECK(driven.poll(3)->inputs == Tokens{"1", "2", "3"});
  CHECK(driven.fetches.empty());
}

namespace {

struct Performer : TaskPerformer {
  std::vector<std::string> inputs;
  bool performs(const core::DispatchTask& task) const override { return task.queue == "work"; }
  void perform(PolledTask task) override { inputs.push_back(task.task.input.text()); }
  void withdrawn(PolledTask, bool) override {}
  bool try_out(const statelang::test_state::TaskCall&, bool,
               std::function<void(statelang::test_state::TaskAnswer)>) override {
    return false;
  }
  bool has_test_case(std::string_view, std::string_view) const override { return false; }
};

}  // namespace

TEST_CASE("task contents: the engine's own tasks are fetched for it after a restart") {
  Driven driven(little_room());
  driven.offer({1, 2, 3, 4});
  auto performer = std::make_shared<Performer>();
  driven.queues.set_performer(performer);
  std::sort(performer->inputs.begin(), performer->inputs.end());
  CHECK(performer->inputs == Tokens{"1", "2"});
  REQUIRE(driven.fetches.size() == 1);
  driven.fetches[0].answered(statelang::Unexpected{ApiError{ApiErrorCode::Unavailable, "away", {}}});
  while (driven.fetches.size() < 3) REQUIRE(driven.strand.ring(driven.clock));
  driven.answer_fetch(1);
  driven.answer_fetch(2);
  std::sort(performer->inputs.begin(), performer->inputs.end());
  CHECK(performer->inputs == Tokens{"1", "2", "3", "4"});
  CHECK(driven.queues.depths().front().pending == 0);
}
