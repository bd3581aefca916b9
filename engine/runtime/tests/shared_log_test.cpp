// The loop over a log that several nodes share: claims, replay, records that cannot be had.
#include <catch2/catch.hpp>

#include <engine/runtime/partition_loop.h>
#include <engine/store/memory_store.h>

#include "hand_driven.h"

using namespace engine;
using engine::runtime::LoopSettings;
using engine::runtime::PartitionLoop;
using Kind = LoggedRecord::Kind;

namespace {

constexpr PartitionId kFirst{0};

// What a test has written, from the offset asked for on.
struct WrittenLog : CommandLog {
  std::vector<LoggedRecord> records;
  Error unavailable;
  std::function<void()> waiting;
  bool losing = false;  // what is appended

  Expected<void> append(PartitionId, core::Record record) override {
    if (!losing) add(Kind::Input, std::move(record));
    return {};
  }
  Expected<std::vector<LoggedRecord>> take(PartitionId, uint64_t offset, size_t limit,
                                           std::function<void()> available) override {
    if (unavailable) return statelang::Unexpected{unavailable};
    std::vector<LoggedRecord> taken;
    for (uint64_t at = offset; at < records.size() && taken.size() < limit; ++at)
      taken.push_back(records[at]);
    if (taken.empty()) waiting = std::move(available);
    return taken;
  }
  void add(Kind kind, core::Record record = {}) {
    LoggedRecord logged;
    logged.offset = records.size();
    logged.kind = kind;
    logged.record = std::move(record);
    logged.fingerprint = "print of " + std::to_string(logged.offset);
    records.push_back(std::move(logged));
    if (auto available = std::exchange(waiting, nullptr)) available();
  }
  void put(uint64_t request) {
    add(Kind::Input, {1, request, 7, core::PutCatalogEntry{"key" + std::to_string(request), "{}"}});
  }
  void sleep_until(int64_t due_ms) {  // an execution that waits: arms a timer
    add(Kind::Input, {1, 0, 7,
                      core::RegisterDefinition{"r1", "arn:sm", "sm", core::MachineType::Standard, "",
                                               R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":)" +
                                                   std::to_string(due_ms / 1000) + R"(,"End":true}}})"}});
    core::StartExecution start;
    start.execution_arn = "arn:e";
    start.name = "e";
    start.revision_id = "r1";
    start.input = statelang::Payload::from_text("{}");
    add(Kind::Input, {1, 50, 7, std::move(start)});
  }
};

struct Node : runtime::World {
  runtime::tests::HandClock& clock;
  runtime::tests::HandStrand strand;
  std::vector<uint64_t> replies, unread;
  Error halted_with;
  bool open = false;
  PartitionLoop loop;

  static LoopSettings settings(std::optional<uint64_t> epoch) {
    LoopSettings settings;
    settings.log_is_durable = true;
    settings.epoch = epoch;
    return settings;
  }
  Node(runtime::tests::HandClock& hand_clock, CommandLog& log, Store& store, std::optional<uint64_t> epoch)
      : clock(hand_clock), loop(settings(epoch), strand, hand_clock, log, store, *this) {
    REQUIRE(loop.start());
    strand.run();
  }
  void perform(PartitionId, std::vector<core::Action> actions) override {
    for (const auto& action : actions) {
      if (const auto* reply = std::get_if<core::Reply>(&action)) replies.push_back(reply->request);
    }
  }
  void refuse(PartitionId, uint64_t, const Error&) override {}
  void restarted(PartitionId) override {}
  void halted(PartitionId, const Error& why) override { halted_with = why; }
  void opened(PartitionId) override { open = true; }
  void unreadable(PartitionId, uint64_t offset, const std::string&) override { unread.push_back(offset); }
};

struct Shared {
  runtime::tests::HandClock clock;
  WrittenLog log;
  std::unique_ptr<Store> store = store::make_memory_store(1);
};

// A store of which another can take the place: as one that comes back from an older copy.
struct Replaceable : Store {
  std::unique_ptr<Store> now = store::make_memory_store(1), before = store::make_memory_store(1);
  Error away;

  uint16_t partition_count() const override { return 1; }
  Expected<AppliedPosition> position(PartitionId partition) const override {
    if (away) return statelang::Unexpected{away};
    return now->position(partition);
  }
  const StoreReader& reader(PartitionId partition) const override { return now->reader(partition); }
  void commit(PartitionId partition, uint64_t expected, AppliedPosition position, WriteBatch batch,
              CommitDone done) override {
    now->commit(partition, expected, std::move(position), std::move(batch), std::move(done));
  }
};

using Requests = std::vector<uint64_t>;

}  // namespace

TEST_CASE("shared log: what lies before the own claim is answered, and acted upon at the claim") {
  Shared shared;
  shared.clock.now = 1'000'000;  // the wait is over long since
  shared.log.sleep_until(5'000);
  Node node(shared.clock, shared.log, *shared.store, 3);
  CHECK(node.replies == Requests{50});
  CHECK_FALSE(node.open);
  CHECK(shared.log.records.size() == 2);  // the timer that is due has not been fired
  shared.log.put(2);
  shared.log.add(Kind::Claim);
  node.strand.run();
  CHECK(node.open);
  CHECK(node.replies == Requests{50, 2});
  REQUIRE(shared.log.records.size() == 5);
  CHECK(std::holds_alternative<core::TimerDue>(shared.log.records[4].record.body));
  CHECK(shared.store->position(kFirst)->epoch == 3);
}

TEST_CASE("shared log: a claim alone is committed, with its epoch and fingerprint") {
  Shared shared;
  shared.log.add(Kind::Claim);
  Node node(shared.clock, shared.log, *shared.store, 0);
  CHECK(node.open);
  const auto position = shared.store->position(kFirst);
  CHECK(position->applied == 1);
  CHECK(position->fingerprint == "print of 0");
}

TEST_CASE("shared log: another node's later claim ends the loop before what is behind it") {
  Shared shared;
  shared.log.add(Kind::Claim);
  shared.log.put(1);
  shared.log.add(Kind::Claim);
  shared.log.put(2);
  Node node(shared.clock, shared.log, *shared.store, 0);
  CHECK(node.replies == Requests{1});
  CHECK(node.halted_with.kind == ErrorKind::Fenced);
  CHECK(shared.store->position(kFirst)->applied == 2);

  Node other(shared.clock, shared.log, *shared.store, 2);
  CHECK(other.replies == Requests{2});
  CHECK(other.open);
  CHECK(shared.store->position(kFirst)->epoch == 2);
}

TEST_CASE("shared log: two owners: the store takes the commits of one") {
  Shared shared;
  shared.log.add(Kind::Claim);
  Node old(shared.clock, shared.log, *shared.store, 0);
  shared.log.waiting = nullptr;  // the old owner sleeps
  shared.log.add(Kind::Claim);
  Node fresh(shared.clock, shared.log, *shared.store, 1);
  CHECK(fresh.open);
  shared.log.records[1].kind = Kind::Unreadable;  // and does not see the claim when it goes on
  shared.log.waiting = nullptr;
  shared.log.put(9);
  fresh.strand.run();
  old.loop.own_record_lost();
  while (old.strand.ring(shared.clock)) {
  }
  CHECK(old.replies.empty());
  CHECK(old.halted_with.kind == ErrorKind::Fenced);
}

TEST_CASE("shared log: what cannot be read keeps its place, and what cannot be had halts the partition") {
  Shared shared;
  shared.log.add(Kind::Claim);
  shared.log.add(Kind::Unreadable);
  shared.log.put(3);
  Node node(shared.clock, shared.log, *shared.store, 0);
  CHECK(node.unread == Requests{1});
  CHECK(node.replies == Requests{3});
  shared.log.unavailable = {ErrorKind::Corrupt, "trimmed"};
  shared.log.put(4);
  node.strand.run();
  CHECK(node.halted_with.kind == ErrorKind::Corrupt);
  CHECK(node.replies == Requests{3});
}

TEST_CASE("shared log: an own record that was lost on its way comes again") {
  Shared shared;
  shared.log.add(Kind::Claim);
  shared.log.sleep_until(5'000);
  shared.log.losing = true;
  Node node(shared.clock, shared.log, *shared.store, 0);
  while (node.strand.ring(shared.clock)) {
  }
  REQUIRE(shared.log.records.size() == 3);  // the timer has fired, for nobody
  shared.log.losing = false;
  node.loop.own_record_lost();
  REQUIRE(node.strand.ring(shared.clock));
  REQUIRE(shared.log.records.size() == 4);
  CHECK(std::holds_alternative<core::TimerDue>(shared.log.records[3].record.body));
}

TEST_CASE("shared log: a store that went back is noticed though nothing is to be done") {
  runtime::tests::HandClock clock;
  WrittenLog log;
  Replaceable store;
  log.add(Kind::Claim);
  log.put(1);
  Node node(clock, log, store, 0);
  node.loop.store_was_away();
  CHECK_FALSE(node.halted_with);  // it is as it was

  std::swap(store.now, store.before);
  store.away = {ErrorKind::Transient, "it loads its data"};
  node.loop.store_was_away();
  CHECK_FALSE(node.halted_with);
  store.away = {};
  while (node.strand.ring(clock)) {
  }
  CHECK(node.halted_with.kind == ErrorKind::Fenced);
  CHECK(node.replies == Requests{1});

  log.add(Kind::Claim);
  Node again(clock, log, store, 2);
  CHECK(again.open);
  CHECK(store.position(kFirst)->applied == 3);
}
