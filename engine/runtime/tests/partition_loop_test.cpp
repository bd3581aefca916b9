#include <catch2/catch.hpp>

#include <engine/log/memory_command_log.h>
#include <engine/runtime/partition_loop.h>
#include <engine/store/memory_store.h>

#include "hand_driven.h"

using namespace engine;
using engine::runtime::LoopSettings;
using engine::runtime::PartitionLoop;

namespace {

constexpr PartitionId kFirst{0};

// Fails the next commit in the way a test asks for.
struct FailingStore : Store {
  std::unique_ptr<Store> inner = store::make_memory_store(1);
  ErrorKind next = ErrorKind::None;
  bool written = false;  // although it fails
  int commits = 0;

  uint16_t partition_count() const override { return 1; }
  Expected<AppliedPosition> position(PartitionId id) const override { return inner->position(id); }
  const StoreReader& reader(PartitionId id) const override { return inner->reader(id); }
  void commit(PartitionId id, uint64_t expected, AppliedPosition position, WriteBatch batch,
              CommitDone done) override {
    ++commits;
    const ErrorKind kind = std::exchange(next, ErrorKind::None);
    if (kind == ErrorKind::None)
      return inner->commit(id, expected, position, std::move(batch), std::move(done));
    if (written) inner->commit(id, expected, position, std::move(batch), [](Error) {});
    done({kind, "made by the test"});
  }
};

struct Driven : runtime::World {
  runtime::tests::HandClock clock;
  runtime::tests::HandStrand strand;
  log::MemoryCommandLog log{1, 100};
  FailingStore store;
  std::vector<uint64_t> replies, refused;
  std::string halted_why;
  PartitionLoop loop{LoopSettings{}, strand, clock, log, store, *this};

  Driven() {
    REQUIRE(loop.start());
    strand.run();
  }
  void put(uint64_t request) {
    REQUIRE(log.append(
        kFirst, {clock.now, request, 0, core::PutCatalogEntry{"key" + std::to_string(request), "{}"}}));
  }
  void perform(PartitionId, std::vector<core::Action> actions) override {
    for (const auto& action : actions) {
      if (const auto* reply = std::get_if<core::Reply>(&action)) replies.push_back(reply->request);
    }
  }
  void refuse(PartitionId, uint64_t request, const Error&) override { refused.push_back(request); }
  void restarted(PartitionId) override {}
  void halted(PartitionId, const Error& why) override { halted_why = why.message; }
};

using Requests = std::vector<uint64_t>;

}  // namespace

TEST_CASE("partition loop: records that wait together are one commit") {
  Driven driven;
  for (uint64_t i = 1; i <= 5; ++i) driven.put(i);
  driven.strand.run();
  CHECK(driven.replies == Requests{1, 2, 3, 4, 5});
  CHECK(driven.store.commits == 1);
  CHECK_FALSE(driven.strand.ring(driven.clock));  // nothing to wake up for
}

TEST_CASE("partition loop: without space callers are refused and the state is as before") {
  Driven driven;
  driven.store.next = ErrorKind::Full;
  driven.put(1);
  driven.strand.run();
  CHECK(driven.refused == Requests{1});
  CHECK(driven.replies.empty());
  driven.put(2);
  REQUIRE(driven.strand.ring(driven.clock));
  CHECK(driven.replies == Requests{2});
  CHECK(driven.store.position(kFirst)->applied == 1);
}

TEST_CASE("partition loop: a commit of unknown outcome is made once") {
  Driven driven;
  driven.store.next = ErrorKind::Transient;
  driven.store.written = GENERATE(true, false);
  driven.put(1);
  driven.strand.run();
  if (!driven.store.written) REQUIRE(driven.strand.ring(driven.clock));
  CHECK(driven.replies == Requests{1});
  CHECK(driven.store.position(kFirst)->applied == 1);
  CHECK(driven.store.commits == (driven.store.written ? 1 : 2));
}

TEST_CASE("partition loop: a fenced partition stops and says so") {
  Driven driven;
  driven.store.next = ErrorKind::Fenced;
  driven.put(1);
  driven.strand.run();
  CHECK(driven.halted_why.find("partition 0 has stopped") == 0);
  CHECK(driven.replies.empty());
  CHECK_FALSE(driven.loop.running());
}
