#include <catch2/catch.hpp>

#include <engine/log/memory_command_log.h>

using engine::PartitionId;
using engine::core::ContinueExecution;
using engine::core::Record;

namespace {
constexpr PartitionId kFirst{0};
Record record(uint64_t request) {
  return {0, request, 0, ContinueExecution{}};
}
}  // namespace

TEST_CASE("memory log: records come out in order, numbered from the offset asked for") {
  engine::log::MemoryCommandLog log(1, 10);
  for (uint64_t i = 1; i <= 3; ++i) REQUIRE(log.append(kFirst, record(i)));
  auto taken = *log.take(kFirst, 40, 2, nullptr);
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].offset == 40);
  CHECK(taken[0].record.request == 1);
  CHECK(taken[1].offset == 41);
  taken = *log.take(kFirst, 42, 2, nullptr);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].record.request == 3);
}

TEST_CASE("memory log: an empty log calls back once, at the next record") {
  engine::log::MemoryCommandLog log(1, 10);
  int calls = 0;
  CHECK(log.take(kFirst, 0, 5, [&] { ++calls; })->empty());
  REQUIRE(log.append(kFirst, record(1)));
  REQUIRE(log.append(kFirst, record(2)));
  CHECK(calls == 1);
}

TEST_CASE("memory log: a full log refuses callers and still takes the engine's own records") {
  engine::log::MemoryCommandLog log(1, 2);
  REQUIRE(log.append(kFirst, record(1)));
  REQUIRE(log.append(kFirst, record(2)));
  auto refused = log.append(kFirst, record(3));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == engine::ErrorKind::Full);
  CHECK(log.append(kFirst, record(0)));
}
