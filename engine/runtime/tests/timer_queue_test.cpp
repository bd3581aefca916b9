#include <catch2/catch.hpp>

#include <engine/core/state_keys.h>
#include <engine/runtime/timer_queue.h>
#include <engine/store/memory_store.h>

using engine::PartitionId;
using engine::Table;
using engine::core::ExecutionNumber;
using engine::core::TimerDue;
using engine::runtime::TimerQueue;

namespace {

TimerDue timer(int64_t due_ms, uint64_t execution) {
  TimerDue made;
  made.due_ms = due_ms;
  made.execution = static_cast<ExecutionNumber>(execution);
  made.kind = 1;
  return made;
}

struct Stored {
  std::unique_ptr<engine::Store> store = engine::store::make_memory_store(1);
  uint64_t applied = 0;

  const engine::StoreReader& reader() { return store->reader(PartitionId{0}); }
  void commit(const std::vector<TimerDue>& put, const std::vector<TimerDue>& erased = {}) {
    engine::WriteBatch batch;
    for (const TimerDue& one : put) batch.put(Table::Timers, engine::core::timer_key(one), "");
    for (const TimerDue& one : erased) batch.erase(Table::Timers, engine::core::timer_key(one));
    engine::AppliedPosition position;
    position.applied = applied + 1;
    store->commit(PartitionId{0}, applied++, position, std::move(batch),
                  [](engine::Error error) { REQUIRE_FALSE(error); });
  }
};

std::vector<uint64_t> take(TimerQueue& queue, int64_t now_ms, size_t limit = 1000) {
  auto due = queue.take_due(now_ms, limit);
  REQUIRE(due);
  std::vector<uint64_t> executions;
  for (const TimerDue& one : *due) executions.push_back(static_cast<uint64_t>(one.execution));
  return executions;
}

}  // namespace

TEST_CASE("timers: none is given out before it is due, each once, earliest first") {
  Stored stored;
  TimerQueue queue(stored.reader());
  queue.arm(timer(200, 2));
  queue.arm(timer(100, 1));
  stored.commit({timer(200, 2), timer(100, 1)});
  CHECK(take(queue, 99).empty());
  CHECK(take(queue, 100) == std::vector<uint64_t>{1});
  CHECK(take(queue, 500) == std::vector<uint64_t>{2});
  CHECK(take(queue, 500).empty());
  CHECK_FALSE(queue.next_due()->has_value());
}

TEST_CASE("timers: stored ones are found after a restart") {
  Stored stored;
  stored.commit({timer(10, 1), timer(20, 2), timer(30, 3)}, {});
  TimerQueue queue(stored.reader());
  REQUIRE(queue.next_due()->has_value());
  CHECK(**queue.next_due() == 10);
  CHECK(take(queue, 25) == std::vector<uint64_t>{1, 2});
}

TEST_CASE("timers: only a window is in memory, and all of them fire in order") {
  Stored stored;
  std::vector<TimerDue> all;
  for (uint64_t i = 0; i < 1000; ++i) all.push_back(timer(static_cast<int64_t>(10 * ((i * 7919) % 1000)), i));
  stored.commit(all);
  TimerQueue queue(stored.reader(), 16);
  size_t fired = 0;
  for (int64_t now = 0; now <= 10'000; now += 50) {
    for (uint64_t execution : take(queue, now)) {
      CHECK(all[execution].due_ms <= now);
      CHECK(all[execution].due_ms > now - 50);
      ++fired;
    }
    CHECK(queue.window_size() <= 32);
  }
  CHECK(fired == 1000);
}

TEST_CASE("timers: arming more than two windows forgets the latest, which the store still has") {
  Stored stored;
  TimerQueue queue(stored.reader(), 4);
  CHECK_FALSE(queue.next_due()->has_value());  // everything there is, is in memory
  std::vector<TimerDue> all;
  for (uint64_t i = 0; i < 20; ++i) all.push_back(timer(static_cast<int64_t>(100 - i), i));
  stored.commit(all);
  for (const TimerDue& one : all) queue.arm(one);
  CHECK(queue.window_size() <= 8);
  CHECK(take(queue, 1000).size() == 20);
}

TEST_CASE("timers: a disarmed one does not fire, wherever it was") {
  Stored stored;
  stored.commit({timer(10, 1), timer(20, 2)});
  TimerQueue queue(stored.reader(), 1);
  REQUIRE(**queue.next_due() == 10);
  stored.commit({}, {timer(10, 1), timer(20, 2)});
  queue.disarm(timer(10, 1));
  queue.disarm(timer(20, 2));
  CHECK(take(queue, 1000).empty());
}
