// Lists of executions: their order over several partitions, and that a page costs what it shows.
#include <algorithm>

#include <catch2/catch.hpp>

#include "harness.h"

using namespace core_test;
using namespace engine::core;
using engine::StoreReader;
using statelang::ExecutionStatus;

namespace {

constexpr size_t kPartitions = 4;

// Partitions with executions of one machine, some of which began in the same millisecond.
struct Partitions {
  explicit Partitions(size_t executions) : at(kPartitions) {
    for (Harness& one : at) one.define(chain(1));
    for (size_t i = 0; i < executions; ++i) {
      Harness& one = at[i * 7 % kPartitions];
      one.now_ms = 1'700'000'000'000 + static_cast<int64_t>(i / 3) * 10;
      one.start("e" + std::to_string(i));
    }
    for (Harness& one : at) stores.push_back(&one.store);
  }
  uint64_t values_read() const {
    uint64_t read = 0;
    for (const Harness& one : at) read += one.store.values_read;
    return read;
  }

  std::vector<Harness> at;
  std::vector<const StoreReader*> stores;
};

ListingQuery of_machine(std::optional<ExecutionStatus> status = {}) {
  ListingQuery query;
  query.state_machine_arn = kMachineArn;
  query.status = status;
  return query;
}

// The names of a page from `place` on, which is moved to where it ends.
std::vector<std::string> page(const Partitions& partitions, const ListingQuery& query, size_t size,
                              ListPlace& place) {
  MergedExecutionList list(partitions.stores, query, place);
  std::vector<std::string> names;
  while (names.size() < size) {
    const auto next = list.next();
    REQUIRE(next);
    if (!*next) break;
    const auto taken = list.take();
    REQUIRE(taken);
    if (!*taken) continue;
    names.push_back((*taken)->execution_arn);
    place = list.last_taken();
  }
  return names;
}

uint64_t reads_of_a_page(size_t executions, const ListingQuery& query, size_t size) {
  const Partitions partitions(executions);
  const uint64_t before = partitions.values_read();
  ListPlace place;
  REQUIRE(page(partitions, query, size, place).size() == size);
  return partitions.values_read() - before;
}

}  // namespace

TEST_CASE("execution list: pages of several partitions are one list, newest first") {
  const Partitions partitions(100);
  const std::optional<ExecutionStatus> status =
      GENERATE(std::optional<ExecutionStatus>(), std::optional(ExecutionStatus::Running));
  ListPlace from_the_start;
  const auto whole = page(partitions, of_machine(status), 1000, from_the_start);
  REQUIRE(whole.size() == 100);
  auto unique = whole;
  std::sort(unique.begin(), unique.end());
  CHECK(std::unique(unique.begin(), unique.end()) == unique.end());
  CHECK(whole.back().ends_with(":e0") + whole.back().ends_with(":e1") + whole.back().ends_with(":e2") == 1);

  for (const size_t size : {1, 3, 7, 64}) {
    CAPTURE(size);
    std::vector<std::string> seen;
    ListPlace place;
    while (true) {
      const auto names = page(partitions, of_machine(status), size, place);
      if (names.empty()) break;
      seen.insert(seen.end(), names.begin(), names.end());
    }
    CHECK(seen == whole);
  }
}

TEST_CASE("execution list: a page reads each row it shows once, however many there are") {
  // A row of the index and the execution's state; the index is read ahead by as much again at most.
  for (const size_t size : {20, 200}) {
    CAPTURE(size);
    const uint64_t few = reads_of_a_page(1000, of_machine(), size);
    CHECK(few <= 2 * size + size + kPartitions * 32);
    CHECK(reads_of_a_page(4000, of_machine(), size) <= few + kPartitions);
    CHECK(reads_of_a_page(1000, {}, size) <= few + 2 * kPartitions);
  }
  // The index by status does not hold the ARN, and none holds versions: one read more a row each.
  ListingQuery query = of_machine(ExecutionStatus::Running);
  query.qualifiers = true;
  CHECK(reads_of_a_page(4000, query, 200) <= 4 * 200 + 200 + kPartitions * 32);
}

TEST_CASE("execution list: what is skipped is not read") {
  const Partitions partitions(400);
  MergedExecutionList list(partitions.stores, of_machine(), {});
  const uint64_t before = partitions.values_read();
  size_t rows = 0;
  for (auto next = list.next(); next && *next; next = list.next()) {
    CHECK((*next)->execution_arn.starts_with(Harness::arn("e")));
    ++rows;
    REQUIRE(list.skip());
  }
  CHECK(rows == 400);
  CHECK(partitions.values_read() - before == 400);
}
