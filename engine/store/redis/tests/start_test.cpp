// What the start says of a Redis that cannot be used: where it is, what is wrong, what to do.
#include <memory>

#include <catch2/catch.hpp>

#include <engine/store/redis_store.h>

#include "fake_redis.h"

using namespace engine;
using store::redis::bulk;
using store::redis::Command;
using store::redis::FakeRedis;
using store::redis::sound_answer;

namespace {

// A Redis that answers this to one command, and is content with the others.
FakeRedis::Answer redis_that_says(const std::string& asked, const std::string& answer) {
  return [=](const Command& command) { return command.at(0) == asked ? answer : sound_answer(command); };
}

// Empty: it started. The port stands as PORT.
std::string refusal(const std::string& asked, const std::string& answer) {
  FakeRedis fake(redis_that_says(asked, answer));
  REQUIRE(fake.listening());
  store::RedisSettings settings;
  settings.host = "127.0.0.1";
  settings.port = fake.port();
  settings.partitions = 4;
  const auto opened = store::RedisStore::open(settings);
  if (opened) return {};
  std::string text = opened.error().message;
  const std::string port = std::to_string(fake.port());
  if (const size_t at = text.find(port); at != std::string::npos) text.replace(at, port.size(), "PORT");
  return text;
}

}  // namespace

TEST_CASE("redis start: a Redis that is too old is refused, one that tells no version is not") {
  CHECK(refusal("INFO", bulk("redis_version:6.2.14\r\n")) ==
        "Redis at 127.0.0.1:PORT is version 6.2.14: 7 or newer is needed");
  CHECK(refusal("INFO", bulk("# Server\r\nredis_version:10.1.0\r\n")).empty());
  CHECK(refusal("INFO", bulk("redis_version:unstable\r\n")).empty());
  CHECK(refusal("INFO", bulk("")).empty());
  CHECK(refusal("INFO", ":1\r\n").empty());
  CHECK(refusal("INFO", "-NOPERM this user has no permissions to run the 'info' command\r\n").empty());
}

TEST_CASE("redis start: a refusal says where, what and what to do") {
  CHECK(refusal("HSETNX", "-READONLY You can't write against a read only replica.\r\n") ==
        "Redis at 127.0.0.1:PORT answered: READONLY You can't write against a read only replica; it is a "
        "replica: give the address of its primary");
  CHECK(refusal("HSETNX", "-MOVED 3999 127.0.0.1:6381\r\n") ==
        "Redis at 127.0.0.1:PORT answered: MOVED 3999 127.0.0.1:6381; it is a node of a Redis Cluster: give "
        "one that stands alone (cluster-enabled no)");
  CHECK(refusal("SCRIPT", "-NOAUTH Authentication required.\r\n") ==
        "Redis at 127.0.0.1:PORT answered: NOAUTH Authentication required; check the user, its password and "
        "its permissions");
  const std::string page = refusal("SCRIPT", "<html>\r\n");
  CHECK(page.find("127.0.0.1:PORT") != std::string::npos);
  CHECK(page.find("what answers there is no Redis") != std::string::npos);
}
