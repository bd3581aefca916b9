// What only the Redis store can meet: restarts, lost tails, other owners, silence, refused users.
#include <chrono>
#include <filesystem>
#include <iostream>

#include <catch2/catch.hpp>
#include <signal.h>

#include "redis_server.h"

using namespace store_contract;
using engine::ErrorKind;
using engine::PartitionId;
using engine::Table;
using engine::WriteBatch;
using engine::store::RedisSettings;
using engine::store::RedisStore;

namespace {

bool without_redis() {
  if (RedisServer::installed()) return false;
  std::cout << "not tested: redis-server is not installed\n";
  return true;
}

std::unique_ptr<RedisStore> opened(const RedisSettings& settings) {
  auto store = RedisStore::open(settings);
  INFO((store ? "" : store.error().message));
  REQUIRE(store);
  return std::move(*store);
}

WriteBatch put(const std::string& key, const std::string& value) {
  WriteBatch batch;
  batch.put(Table::Scopes, key, value);
  return batch;
}

uint64_t applied(const RedisStore& store) {
  return store.position(PartitionId{0})->applied;
}

}  // namespace

TEST_CASE("redis store: acknowledged commits survive a killed server") {
  if (without_redis()) return;
  RedisServer server;
  const auto store = opened(server.settings());
  for (uint64_t i = 0; i < 50; ++i) {
    REQUIRE_FALSE(commit(*store, 0, i, i + 1, put("k" + std::to_string(i), std::string(300, 'v'))));
  }
  server.kill();
  CHECK(commit(*store, 0, 50, 51, put("x", "1")).kind == ErrorKind::Transient);
  CHECK(store->position(PartitionId{0}).error().kind == ErrorKind::Transient);
  server.start();
  CHECK(applied(*store) == 50);
  CHECK_FALSE(commit(*store, 0, 50, 51, put("x", "1")));
  std::string value;
  CHECK(*store->reader(PartitionId{0}).get(Table::Scopes, "k49", value));
  CHECK(value == std::string(300, 'v'));
  CHECK(store->metrics().commits == 51);
  CHECK(store->metrics().reconnects >= 1);
}

TEST_CASE("redis store: a server that has lost its last commits refuses the next one") {
  if (without_redis()) return;
  RedisServer server;
  const auto store = opened(server.settings());
  REQUIRE_FALSE(commit(*store, 0, 0, 1, put("a", "1")));
  const std::string kept = server.directory() + "/kept";
  std::filesystem::copy(server.directory() + "/appendonlydir", kept);
  REQUIRE_FALSE(commit(*store, 0, 1, 2, put("a", "2")));
  server.kill();
  std::filesystem::remove_all(server.directory() + "/appendonlydir");
  std::filesystem::rename(kept, server.directory() + "/appendonlydir");
  server.start();
  engine::Error error = commit(*store, 0, 2, 3, put("a", "3"));
  if (error.kind == ErrorKind::Transient)
    error = commit(*store, 0, 2, 3, put("a", "3"));  // the old connection
  CHECK(error.kind == ErrorKind::Fenced);
  CHECK(error.message.find("lost its last commits") != std::string::npos);
  CHECK(applied(*store) == 1);
  CHECK(store->metrics().rejected == 1);
}

TEST_CASE("redis store: the writer's own reads believe the store again once it was asked or has refused") {
  if (without_redis()) return;
  const auto counter = [](const std::string& value) {
    WriteBatch batch;
    batch.put(Table::Meta, "counter", value);
    return batch;
  };
  const auto read_counter = [](const engine::StoreReader& reader) {
    std::string value;
    REQUIRE(reader.get(Table::Meta, "counter", value));
    return value;
  };
  RedisServer server;
  const auto mine = opened(server.settings()), other = opened(server.settings());
  const engine::StoreReader& own = mine->writer_reader(PartitionId{0});
  REQUIRE_FALSE(commit(*mine, 0, 0, 1, counter("mine")));
  REQUIRE_FALSE(commit(*other, 0, 1, 2, counter("other's")));
  CHECK(read_counter(mine->reader(PartitionId{0})) == "other's");
  CHECK(read_counter(own) == "mine");
  SECTION("asked where it stands") {
    CHECK(applied(*mine) == 2);
  }
  SECTION("refused") {
    CHECK(commit(*mine, 0, 1, 2, put("a", "1")).kind == ErrorKind::Fenced);
  }
  CHECK(read_counter(own) == "other's");
}

TEST_CASE("redis store: another owner's commit fences the former one") {
  if (without_redis()) return;
  RedisServer server;
  const auto one = opened(server.settings()), other = opened(server.settings());
  REQUIRE_FALSE(commit(*one, 0, 0, 1, put("a", "1")));
  REQUIRE_FALSE(commit(*other, 0, 1, 2, put("a", "2")));
  CHECK(commit(*one, 0, 1, 2, put("a", "mine")).kind == ErrorKind::Fenced);
  std::string value;
  CHECK(*one->reader(PartitionId{0}).get(Table::Scopes, "a", value));
  CHECK(value == "2");
}

TEST_CASE("redis store: a server that does not answer leaves a commit unknown, and its position tells") {
  if (without_redis()) return;
  RedisServer server;
  RedisSettings settings = server.settings();
  settings.command_timeout_ms = 200;
  const auto store = opened(settings);
  REQUIRE_FALSE(commit(*store, 0, 0, 1, put("a", "1")));
  server.signal(SIGSTOP);
  CHECK(commit(*store, 0, 1, 2, put("a", "2")).kind == ErrorKind::Transient);
  server.signal(SIGCONT);
  const uint64_t stands = applied(*store);
  CHECK((stands == 1 || stands == 2));
  CHECK_FALSE(commit(*store, 0, stands, 3, put("a", "3")));
}

TEST_CASE("redis store: wrong users, policies and partition counts are refused with what to do") {
  if (without_redis()) return;
  RedisServer server({"--requirepass", "secret"});
  const auto refused = RedisStore::open(server.settings());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Permanent);
  CHECK(refused.error().message.find("NOAUTH") != std::string::npos);
  RedisSettings settings = server.settings();
  settings.password = "secret";
  CHECK(RedisStore::open(settings));
  settings.partitions = 5;
  CHECK(RedisStore::open(settings).error().message.find("partitions 3") != std::string::npos);
  RedisServer evicting({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"});
  CHECK(RedisStore::open(evicting.settings()).error().message.find("noeviction") != std::string::npos);
}

TEST_CASE("redis store: numbers above 2^53 and bytes that are no text come back as they were") {
  if (without_redis()) return;
  RedisServer server;
  const auto store = opened(server.settings());
  const uint64_t large = 9'007'199'254'740'993u;
  const std::string bytes("\0\xFF\r\n", 4);
  REQUIRE_FALSE(commit(*store, 0, 0, large, put(bytes, bytes)));
  REQUIRE_FALSE(commit(*store, 0, large, large + 1, put("x", "")));
  CHECK(applied(*store) == large + 1);
  std::string value;
  CHECK(*store->reader(PartitionId{0}).get(Table::Scopes, bytes, value));
  CHECK(value == bytes);
}

TEST_CASE("redis store: what is on disk is known with appendfsync always, and never guessed") {
  if (without_redis()) return;
  RedisServer server;
  const auto store = opened(server.settings());
  REQUIRE(store->durable(PartitionId{0}));
  CHECK(*store->durable(PartitionId{0}) == 0);
  REQUIRE_FALSE(commit(*store, 0, 0, 41, put("a", "1")));
  CHECK(*store->durable(PartitionId{0}) == 41);
  CHECK(*store->durable(PartitionId{1}) == 0);

  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"--appendfsync", "everysec"}, {"--appendonly", "no"}}) {
    RedisServer lazy(options);
    const auto careless = opened(lazy.settings());
    REQUIRE_FALSE(commit(*careless, 0, 0, 41, put("a", "1")));
    const auto durable = careless->durable(PartitionId{0});
    if (durable) {  // Redis 7.2 and later tell: WAITAOF
      CHECK(*durable == 41);
      continue;
    }
    CHECK(durable.error().kind == ErrorKind::Permanent);
    CHECK(durable.error().message.find("appendfsync always") != std::string::npos);
    CHECK(applied(*careless) == 41);
    CHECK_FALSE(commit(*careless, 0, 41, 42, put("a", "2")));  // the question changed nothing
  }
}

TEST_CASE("redis store: a server that is still loading is waited for, and that is told") {
  if (without_redis()) return;
  // Takes half a millisecond for a command of the AOF and looks at its clients after 1,024 of them.
  RedisServer server({"--key-load-delay", "500"});
  {
    const auto store = opened(server.settings());
    for (uint64_t i = 0; i < 50; ++i) {
      WriteBatch batch;  // a command for each key, because the keys descend
      for (int key = 199; key >= 100; --key)
        batch.put(Table::Scopes, std::to_string(i) + "/" + std::to_string(key), "v");
      REQUIRE_FALSE(commit(*store, 0, i, i + 1, std::move(batch)));
    }
  }
  server.kill();
  server.launch();
  RedisSettings settings = server.settings();
  settings.loading_wait_ms = 0;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::string refused;  // until it listens there is no connection
  while (refused.find("LOADING") == std::string::npos && std::chrono::steady_clock::now() < give_up) {
    const auto early = RedisStore::open(settings);
    REQUIRE_FALSE(early);
    CHECK(early.error().kind == ErrorKind::Transient);
    refused = early.error().message;
  }
  CHECK(refused.find("LOADING") != std::string::npos);

  settings.loading_wait_ms = 60'000;
  std::vector<std::string> told;
  settings.notice = [&told](const std::string& line) { told.push_back(line); };
  const auto store = opened(settings);
  CHECK(applied(*store) == 50);
  REQUIRE(told.size() >= 1);
  CHECK(told[0].find("loading its data") != std::string::npos);
}
