#include <atomic>
#include <map>
#include <random>
#include <thread>

#include <catch2/catch.hpp>

#include <engine/store/rocksdb_store.h>

#include "stores.h"

using namespace store_contract;
using engine::ErrorKind;
using engine::PartitionId;
using engine::Store;
using engine::StoreReader;
using engine::Table;
using engine::WriteBatch;
using engine::WriteOperation;

namespace {

std::string read(const StoreReader& reader, Table table, const std::string& key) {
  std::string value;
  auto found = reader.get(table, key, value);
  REQUIRE(found);
  return *found ? value : "(absent)";
}

std::string keys(const StoreReader& reader, Table table, const std::string& begin, const std::string& end,
                 bool reverse, size_t limit = 1000) {
  std::string seen;
  REQUIRE(reader.scan(table, begin, end, reverse, [&](std::string_view key, std::string_view) {
    seen.append(key).push_back(' ');
    return --limit > 0;
  }));
  return seen;
}

WriteBatch put(const std::string& key, const std::string& value, Table table = Table::Scopes) {
  WriteBatch batch;
  batch.put(table, key, value);
  return batch;
}

template <class Test>
void for_each_store(Test test) {
  for (const Implementation& implementation : implementations()) {
    INFO("store: " << implementation.name);
    const FreshDirectory directory;
    const auto store = implementation.open(directory.path(), 3);
    REQUIRE(store);
    test(*store);
  }
}

}  // namespace

TEST_CASE("store: an empty store has no keys and no position") {
  for_each_store([](Store& store) {
    CHECK(store.partition_count() == 3);
    CHECK(store.position(PartitionId{2})->applied == 0);
    CHECK(read(store.reader(PartitionId{0}), Table::Meta, "a") == "(absent)");
    CHECK(keys(store.reader(PartitionId{2}), Table::Meta, {}, {}, true).empty());
  });
}

TEST_CASE("store: a commit is visible whole, with its position") {
  for_each_store([](Store& store) {
    WriteBatch batch;
    batch.put(Table::Meta, std::string("\0k", 2), std::string("\0v\xFF", 3));
    batch.put(Table::Express, "", "empty key");
    CHECK_FALSE(commit(store, 1, 0, 5, std::move(batch)));
    const StoreReader& reader = store.reader(PartitionId{1});
    CHECK(read(reader, Table::Meta, std::string("\0k", 2)) == std::string("\0v\xFF", 3));
    CHECK(read(reader, Table::Express, "") == "empty key");
    CHECK(read(store.reader(PartitionId{0}), Table::Express, "") == "(absent)");
    const auto position = store.position(PartitionId{1});
    CHECK(position->applied == 5);
    CHECK(position->now_ms == 50);
    CHECK(position->fingerprint == "f5");
    CHECK(position->epoch == 7);
    CHECK(store.position(PartitionId{0})->applied == 0);
  });
}

TEST_CASE("store: a commit over another position is fenced and leaves nothing") {
  for_each_store([](Store& store) {
    CHECK_FALSE(commit(store, 0, 0, 3, put("a", "1")));
    CHECK(commit(store, 0, 2, 4, put("a", "2")).kind == ErrorKind::Fenced);
    CHECK(commit(store, 0, 0, 4, put("a", "2")).kind == ErrorKind::Fenced);
    CHECK(read(store.reader(PartitionId{0}), Table::Scopes, "a") == "1");
    CHECK(store.position(PartitionId{0})->applied == 3);
    CHECK_FALSE(commit(store, 0, 3, 4, put("a", "2")));
    CHECK(read(store.reader(PartitionId{0}), Table::Scopes, "a") == "2");
  });
}

TEST_CASE("store: later operations of a batch win over earlier ones") {
  for_each_store([](Store& store) {
    CHECK_FALSE(commit(store, 0, 0, 1, put("m", "old")));
    WriteBatch batch;
    batch.erase_range(Table::Scopes, "a", "z");
    batch.put(Table::Scopes, "m", "new");
    batch.put(Table::Scopes, "n", "1");
    batch.put(Table::Scopes, "n", "2");
    batch.put(Table::Scopes, "o", "1");
    batch.erase(Table::Scopes, "o");
    CHECK_FALSE(commit(store, 0, 1, 2, std::move(batch)));
    const StoreReader& reader = store.reader(PartitionId{0});
    CHECK(read(reader, Table::Scopes, "m") == "new");
    CHECK(read(reader, Table::Scopes, "n") == "2");
    CHECK(read(reader, Table::Scopes, "o") == "(absent)");
  });
}

// The same operations on maps.
class Model {
 public:
  void apply(const WriteBatch& batch) {
    for (const WriteOperation& operation : batch.operations) {
      auto& rows = tables_[operation.table];
      if (operation.kind == WriteOperation::Kind::Put) rows[operation.key] = operation.value;
      if (operation.kind == WriteOperation::Kind::Erase) rows.erase(operation.key);
      if (operation.kind != WriteOperation::Kind::EraseRange || operation.value <= operation.key) continue;
      rows.erase(rows.lower_bound(operation.key), rows.lower_bound(operation.value));
    }
  }
  std::string rows(Table table) const {
    std::string text;
    if (const auto found = tables_.find(table); found != tables_.end()) {
      for (const auto& [key, value] : found->second) text.append(key).append("=").append(value).append(" ");
    }
    return text;
  }

 private:
  std::map<Table, std::map<std::string, std::string>> tables_;
};

TEST_CASE("store: batches in any order of keys and kinds leave what they say") {
  for_each_store([](Store& store) {
    std::mt19937 random(7);
    const auto key = [&random] { return std::to_string(10 + random() % 30); };
    Model model;
    for (uint64_t round = 0; round < 30; ++round) {
      WriteBatch batch;
      for (int i = 0; i < 80; ++i) {
        const Table table = random() % 4 == 0 ? Table::Items : Table::Tasks;
        const auto kind = random() % 10;
        if (kind < 6) batch.put(table, key(), std::to_string(i));
        if (kind >= 6 && kind < 9) batch.erase(table, key());
        if (kind == 9 && i % 3 == 0) batch.erase_range(table, key(), key());
      }
      model.apply(batch);
      REQUIRE_FALSE(commit(store, 0, round, round + 1, std::move(batch)));
      for (const Table table : {Table::Items, Table::Tasks}) {
        std::string rows;
        REQUIRE(store.reader(PartitionId{0}).scan(table, {}, {}, false, [&rows](auto found, auto value) {
          rows.append(found).append("=").append(value).append(" ");
          return true;
        }));
        CHECK(rows == model.rows(table));
      }
    }
  });
}

TEST_CASE("store: several keys are read together, and the writer's own reads see what it has written") {
  for_each_store([](Store& store) {
    WriteBatch batch;
    for (const Table table : {Table::Meta, Table::Executions, Table::Names}) {
      batch.put(table, "a", "1");
      batch.put(table, "b", "2");
      batch.put(table, "c", "3");
    }
    CHECK_FALSE(commit(store, 0, 0, 1, std::move(batch)));
    WriteBatch later;
    for (const Table table : {Table::Meta, Table::Executions, Table::Names}) {
      later.put(table, "a", "new");
      later.erase(table, "b");
    }
    later.erase_range(Table::Executions, "c", "d");
    CHECK_FALSE(commit(store, 0, 1, 2, std::move(later)));
    for (const Table table : {Table::Meta, Table::Executions, Table::Names}) {
      for (const StoreReader* reader :
           {&store.reader(PartitionId{0}), &store.writer_reader(PartitionId{0})}) {
        const std::string third = table == Table::Executions ? "(absent)" : "3";
        CHECK(read(*reader, table, "a") == "new");
        CHECK(read(*reader, table, "b") == "(absent)");
        CHECK(read(*reader, table, "c") == third);
        const auto all = reader->get_all({{table, "c"},
                                          {Table::Executions, "a"},
                                          {table, "none"},
                                          {table, "a"},
                                          {Table::Names, "b"},
                                          {Table::Meta, "a"},
                                          {Table::Results, "a"},
                                          {table, "a"}});
        REQUIRE(all);
        CHECK(all->size() == 8);
        CHECK((*all)[0].value_or("(absent)") == third);
        for (const size_t there : {1u, 3u, 5u, 7u}) CHECK((*all)[there] == "new");
        for (const size_t absent : {2u, 4u, 6u}) CHECK_FALSE((*all)[absent]);
      }
    }
    CHECK(store.reader(PartitionId{0}).get_all({})->empty());
  });
}

TEST_CASE("store: a batch of thousands of keys is written whole") {
  for_each_store([](Store& store) {
    WriteBatch puts, erases;
    for (int i = 10'000; i < 13'000; ++i) puts.put(Table::Results, std::to_string(i), "v");
    for (int i = 10'001; i < 13'000; ++i) erases.erase(Table::Results, std::to_string(i));
    CHECK_FALSE(commit(store, 0, 0, 1, std::move(puts)));
    size_t seen = 0;
    const StoreReader& reader = store.reader(PartitionId{0});
    REQUIRE(reader.scan(Table::Results, {}, {}, false, [&seen](auto, auto) { return ++seen, true; }));
    CHECK(seen == 3'000);
    CHECK_FALSE(commit(store, 0, 1, 2, std::move(erases)));
    CHECK(keys(reader, Table::Results, {}, {}, false) == "10000 ");
  });
}

TEST_CASE("store: scans go both ways, within their bounds and their partition") {
  for_each_store([](Store& store) {
    for (uint16_t partition = 0; partition < 3; ++partition) {
      WriteBatch batch;
      for (const char* key : {"a", "b", "b\xFF", "c", "\xFF\xFF"}) batch.put(Table::History, key, "v");
      batch.put(Table::Listing, "other table", "v");
      CHECK_FALSE(commit(store, partition, 0, 1, std::move(batch)));
    }
    const StoreReader& reader = store.reader(PartitionId{1});
    CHECK(keys(reader, Table::History, {}, {}, false) == "a b b\xFF c \xFF\xFF ");
    CHECK(keys(reader, Table::History, {}, {}, true) == "\xFF\xFF c b\xFF b a ");
    CHECK(keys(reader, Table::History, "b", "c", false) == "b b\xFF ");
    CHECK(keys(reader, Table::History, "b", "c", true) == "b\xFF b ");
    CHECK(keys(reader, Table::History, "aa", {}, false, 2) == "b b\xFF ");
    CHECK(keys(reader, Table::History, "c", "b", false).empty());
    CHECK(keys(reader, Table::History, "c", "c", true).empty());
  });
}

TEST_CASE("store: long scans give every key once") {
  for_each_store([](Store& store) {
    WriteBatch batch;
    for (int i = 1000; i < 1500; ++i) batch.put(Table::Timers, std::to_string(i), "v");
    CHECK_FALSE(commit(store, 0, 0, 1, std::move(batch)));
    for (const bool reverse : {false, true}) {
      int at = reverse ? 1499 : 1000;
      int seen = 0;
      REQUIRE(
          store.reader(PartitionId{0}).scan(Table::Timers, {}, {}, reverse, [&](std::string_view key, auto) {
            CHECK(key == std::to_string(at));
            at += reverse ? -1 : 1;
            return ++seen, true;
          }));
      CHECK(seen == 500);
    }
  });
}

TEST_CASE("store: an erased range ends before its end and at the partition's") {
  for_each_store([](Store& store) {
    for (uint16_t partition = 0; partition < 2; ++partition) {
      WriteBatch batch;
      for (const char* key : {"a", "b", "c", "d"}) batch.put(Table::Items, key, "v");
      CHECK_FALSE(commit(store, partition, 0, 1, std::move(batch)));
    }
    WriteBatch bounded;
    bounded.erase_range(Table::Items, "b", "c");
    bounded.erase_range(Table::Items, "d", "a");
    CHECK_FALSE(commit(store, 0, 1, 2, std::move(bounded)));
    CHECK(keys(store.reader(PartitionId{0}), Table::Items, {}, {}, false) == "a c d ");
    WriteBatch open;
    open.erase_range(Table::Items, "c", {});
    CHECK_FALSE(commit(store, 0, 2, 3, std::move(open)));
    CHECK(keys(store.reader(PartitionId{0}), Table::Items, {}, {}, false) == "a ");
    CHECK(keys(store.reader(PartitionId{1}), Table::Items, {}, {}, false) == "a b c d ");
  });
}

TEST_CASE("store: partitions commit at the same time and readers see whole commits") {
  for_each_store([](Store& store) {
    constexpr uint64_t kCommits = 200;
    std::atomic<bool> writing{true};
    std::atomic<int> torn{0};
    std::thread reader([&] {
      while (writing) {
        for (uint16_t partition = 0; partition < 3; ++partition) {
          std::vector<std::string> values;
          auto scanned =
              store.reader(static_cast<PartitionId>(partition))
                  .scan(Table::Scopes, {}, {}, false, [&](std::string_view, std::string_view value) {
                    values.emplace_back(value);
                    return true;
                  });
          if (!scanned || (!values.empty() && (values.size() != 2 || values[0] != values[1]))) ++torn;
        }
      }
    });
    std::vector<std::thread> writers;
    std::atomic<int> failed{0};
    for (uint16_t partition = 0; partition < 3; ++partition) {
      writers.emplace_back([&, partition] {
        for (uint64_t i = 0; i < kCommits; ++i) {
          WriteBatch batch = put("first", std::to_string(i));
          batch.put(Table::Scopes, "second", std::to_string(i));
          if (commit(store, partition, i, i + 1, std::move(batch))) ++failed;
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    writing = false;
    reader.join();
    CHECK(failed == 0);
    CHECK(torn == 0);
    for (uint16_t partition = 0; partition < 3; ++partition) {
      CHECK(store.position(static_cast<PartitionId>(partition))->applied == kCommits);
    }
  });
}

TEST_CASE("store: what was committed is there after opening again") {
  for (const Implementation& implementation : implementations()) {
    if (!implementation.survives_reopening) continue;
    INFO("store: " << implementation.name);
    const FreshDirectory directory;
    for (uint64_t round = 0; round < 3; ++round) {
      const auto store = implementation.open(directory.path(), 2);
      REQUIRE(store);
      CHECK(store->position(PartitionId{1})->applied == round);
      if (round > 0)
        CHECK(read(store->reader(PartitionId{1}), Table::Names, "n") == std::to_string(round - 1));
      CHECK_FALSE(commit(*store, 1, round, round + 1, put("n", std::to_string(round), Table::Names)));
    }
  }
}

// ------------------------------------------------------------------------------------ RocksDB alone

namespace {
engine::store::RocksDbSettings in(const FreshDirectory& directory) {
  engine::store::RocksDbSettings settings;
  settings.directory = directory.path();
  settings.partitions = 2;
  return settings;
}
}  // namespace

TEST_CASE("rocksdb store: a second owner of the directory is refused in one line") {
  const FreshDirectory directory;
  auto first = engine::store::RocksDbStore::open(in(directory));
  REQUIRE(first);
  auto second = engine::store::RocksDbStore::open(in(directory));
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::Permanent);
  CHECK(second.error().message.find("in use by another stepstream process") != std::string::npos);
}

TEST_CASE("rocksdb store: another partition count is refused") {
  const FreshDirectory directory;
  REQUIRE(engine::store::RocksDbStore::open(in(directory)));
  auto settings = in(directory);
  settings.partitions = 3;
  auto other = engine::store::RocksDbStore::open(settings);
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == ErrorKind::Permanent);
  CHECK(other.error().message.find("partition count 2") != std::string::npos);
  CHECK(engine::store::RocksDbStore::open(in(directory)));
}

TEST_CASE("rocksdb store: below the free-space limit commits are refused and opening says why") {
  const FreshDirectory directory;
  {
    auto store = engine::store::RocksDbStore::open(in(directory));
    REQUIRE(store);
    REQUIRE_FALSE(commit(**store, 0, 0, 1, put("a", "1")));
  }
  auto settings = in(directory);
  settings.free_bytes_min = UINT64_MAX;
  auto refused = engine::store::RocksDbStore::open(settings);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Full);
}

TEST_CASE("rocksdb store: metrics count commits, groups and bytes") {
  const FreshDirectory directory;
  auto store = engine::store::RocksDbStore::open(in(directory));
  REQUIRE(store);
  for (uint64_t i = 0; i < 10; ++i)
    REQUIRE_FALSE(commit(**store, 0, i, i + 1, put("a", std::string(100, 'x'))));
  CHECK(commit(**store, 0, 3, 4, {}).kind == ErrorKind::Fenced);
  const auto metrics = (*store)->metrics();
  CHECK(metrics.commits == 10);
  CHECK(metrics.refused == 1);
  CHECK(metrics.writes == 10);
  CHECK(metrics.bytes > 1000);
  uint64_t counted = 0;
  for (const uint64_t count : metrics.write_micros_histogram) counted += count;
  CHECK(counted == 10);
}
