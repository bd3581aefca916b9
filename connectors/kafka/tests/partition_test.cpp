#include "partition.h"

#include <catch2/catch.hpp>

using namespace connectors::kafka;

namespace {
Work work(int64_t offset, const std::string& line = "") {
  Work made;
  made.first = made.last = offset;
  made.line = line;
  made.records.emplace_back();
  return made;
}
}  // namespace

TEST_CASE("kafka partition: handled is what has no gap before it") {
  Partition partition(0, 10);
  CHECK(partition.handled_until() == 10);
  for (int64_t offset : {10, 11, 12}) {
    partition.saw(offset);
    CHECK(partition.add(work(offset)) != nullptr);
  }
  CHECK(partition.handled_until() == 10);
  partition.finish(11);
  CHECK(partition.handled_until() == 10);
  partition.finish(10);
  CHECK(partition.handled_until() == 12);
  partition.finish(12);
  CHECK(partition.handled_until() == 13);
  CHECK(partition.bytes() == 0);
  partition.saw(20);  // filtered, or the log has gaps
  CHECK(partition.handled_until() == 21);
}

TEST_CASE("kafka partition: works of one line run one after the other") {
  Partition partition(0, 0);
  CHECK(partition.add(work(0, "a")) != nullptr);
  CHECK(partition.add(work(1, "a")) == nullptr);
  CHECK(partition.add(work(2, "b")) != nullptr);
  CHECK(partition.add(work(3, "a")) == nullptr);
  CHECK(partition.finish(2) == nullptr);
  CHECK(partition.finish(0)->first == 1);
  CHECK(partition.finish(1)->first == 3);
  CHECK(partition.finish(3) == nullptr);
}

TEST_CASE("kafka partition: an open batch holds the place back") {
  Partition partition(0, 5);
  partition.collecting = work(5);
  partition.saw(8);
  CHECK(partition.handled_until() == 5);
  partition.collecting.reset();
  CHECK(partition.handled_until() == 9);
}

TEST_CASE("kafka partition: tells what is due again") {
  Partition partition(0, 0);
  partition.add(work(0))->due_ms = 70;
  partition.add(work(1))->due_ms = 50;
  partition.add(work(2));
  CHECK(partition.next_due_ms() == 50);
  REQUIRE(partition.due(60).size() == 1);
  CHECK(partition.due(60)[0]->first == 1);
}
