// What RedisStore::durable() makes of WAITAOF's answers (Redis 7.2 and later; the forms are those of
// https://redis.io/docs/latest/commands/waitaof). With the installed Redis: tests/store_contract.
#include <algorithm>
#include <memory>

#include <catch2/catch.hpp>

#include <engine/store/redis_store.h>

#include "fake_redis.h"

using namespace engine;
using store::redis::array;
using store::redis::Command;
using store::redis::FakeRedis;
using store::redis::sound_answer;

namespace {

// A Redis with a position of 41, whose appendfsync is `fsync`, and that answers WAITAOF with these bytes.
FakeRedis::Answer redis_that_says(const std::string& fsync, const std::string& waitaof) {
  return [=](const Command& command) {
    const std::string& name = command.at(0);
    if (name == "WAITAOF") return waitaof;
    if (name == "CONFIG" && command.at(2) == "append*")
      return array({"appendonly", "yes", "appendfsync", fsync});
    if (name == "HMGET") {
      return array({"00000000000000000041", "00000000000000000007", "1700000000000", "fingerprint"});
    }
    return sound_answer(command);
  };
}

struct Given {
  Expected<uint64_t> durable;
  std::vector<FakeRedis::Asked> asked;
  uint16_t port = 0;
};

Given ask(const std::string& fsync, const std::string& waitaof) {
  FakeRedis fake(redis_that_says(fsync, waitaof));
  REQUIRE(fake.listening());
  store::RedisSettings settings;
  settings.port = fake.port();
  auto store = store::RedisStore::open(settings);
  REQUIRE(store);
  auto durable = (*store)->durable(PartitionId{2});
  return {std::move(durable), fake.asked(), fake.port()};
}

auto find(const std::vector<FakeRedis::Asked>& asked, const std::string& name) {
  return std::find_if(asked.begin(), asked.end(),
                      [&](const FakeRedis::Asked& one) { return one.command.at(0) == name; });
}

}  // namespace

TEST_CASE("redis store: WAITAOF's word is taken for a write of the same connection") {
  const Given given = ask("everysec", "*2\r\n:1\r\n:0\r\n");
  REQUIRE(given.durable);
  CHECK(*given.durable == 41);
  const auto noted = find(given.asked, "HSET"), waited = find(given.asked, "WAITAOF");
  REQUIRE(noted != given.asked.end());
  REQUIRE(waited != given.asked.end());
  CHECK(noted < waited);
  CHECK(noted->connection == waited->connection);
  CHECK(noted->command == Command{"HSET", "{stepstream:2}:m", "durable", "00000000000000000041"});
  REQUIRE(waited->command.size() == 4);
  CHECK(waited->command[1] == "1");  // this server's own AOF,
  CHECK(waited->command[2] == "0");  // no replica's
  CHECK(std::stol(waited->command[3]) < store::RedisSettings().command_timeout_ms);
}

TEST_CASE("redis store: with appendfsync always nothing is waited for") {
  const Given given = ask("always", "-ERR not asked\r\n");
  REQUIRE(given.durable);
  CHECK(*given.durable == 41);
  CHECK(find(given.asked, "WAITAOF") == given.asked.end());
  CHECK(find(given.asked, "HSET") == given.asked.end());
}

TEST_CASE("redis store: an AOF that was not written in time promises nothing, for now") {
  const Given given = ask("everysec", "*2\r\n:0\r\n:3\r\n");
  REQUIRE_FALSE(given.durable);
  CHECK(given.durable.error().kind == ErrorKind::Transient);
}

TEST_CASE("redis store: a server that knows no WAITAOF, or has no AOF, is one that cannot say") {
  for (const char* refusal :
       {"-ERR unknown command 'WAITAOF', with args beginning with: '1' '0' \r\n",
        "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n"}) {
    const Given given = ask("everysec", refusal);
    REQUIRE_FALSE(given.durable);
    CHECK(given.durable.error().kind == ErrorKind::Permanent);
    CHECK(given.durable.error().message.find("appendfsync always") != std::string::npos);
  }
}

TEST_CASE("redis store: a connection that breaks while the AOF is waited for is no answer") {
  const Given given = ask("everysec", "");
  REQUIRE_FALSE(given.durable);
  CHECK(given.durable.error().kind == ErrorKind::Transient);
}
