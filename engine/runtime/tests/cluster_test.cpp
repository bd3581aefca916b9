// The pure parts of a node: who runs which partition, what nodes tell each other.
#include <algorithm>

#include <catch2/catch.hpp>

#include "cluster/assignment.h"
#include "cluster/log_trimmer.h"
#include "cluster/node_messages.h"

using namespace engine;
using namespace engine::runtime::cluster;

TEST_CASE("assignment: every node gets its share, and the same answer comes to all") {
  for (const std::vector<uint32_t>& nodes : {std::vector<uint32_t>{1}, {1, 2}, {3, 17, 4'000'000'000u}}) {
    const auto owners = assign(16, nodes);
    CHECK(owners == assign(16, nodes));
    for (const uint32_t node : nodes) {
      const auto share = std::count(owners.begin(), owners.end(), node);
      CHECK(share <= static_cast<long>((16 + nodes.size() - 1) / nodes.size()));
      CHECK(share > 0);
    }
  }
}

TEST_CASE("assignment: what a dead node had goes to the living, without them nobody has anything") {
  const auto before = assign(32, {1, 2, 3});
  const auto after = assign(32, {1, 3});
  CHECK(std::count(after.begin(), after.end(), 2u) == 0);
  CHECK(before != after);
  CHECK(assign(2, {}) == std::vector<uint32_t>{0, 0});
}

TEST_CASE("node messages: replies come back as they were") {
  core::Reply reply;
  reply.request = 1'234'567'890'123;
  reply.node = 7;
  reply.code = core::ReplyCode::ConditionFailed;
  reply.text = "it is there";
  reply.time_ms = -1;
  reply.output = statelang::Payload::from_text(R"({"a":[1,2]})");
  reply.failure.error = "Broken";
  reply.failure.has_cause = false;
  const auto received = decode_message(encode(9, Replies{{reply}}));
  REQUIRE(received);
  CHECK(received->from == 9);
  const core::Reply& read = std::get<Replies>(received->message).replies.at(0);
  CHECK(read.request == reply.request);
  CHECK(read.node == 7);
  CHECK(read.code == reply.code);
  CHECK(read.text == reply.text);
  CHECK(read.time_ms == -1);
  CHECK(read.output.text() == reply.output.text());
  CHECK(read.failure.error == "Broken");
  CHECK_FALSE(read.failure.has_cause);
}

TEST_CASE("node messages: tasks, changes and polls come back as they were") {
  PolledTask polled;
  polled.token = "token";
  polled.delivery = 2;
  polled.task.id = {3, core::ExecutionNumber{99}, statelang::ScopeId{1}, 4};
  polled.task.queue = "work";
  polled.task.input = statelang::Payload::from_text("[1]");
  polled.task.heartbeat_ms = 5'000;
  polled.task.express = true;
  const auto tasks = decode_message(encode(1, PollAnswered{5, {polled}}));
  REQUIRE(tasks);
  const PolledTask& task = std::get<PollAnswered>(tasks->message).tasks.at(0);
  CHECK(task.token == "token");
  CHECK(task.task.id == polled.task.id);
  CHECK(task.task.queue == "work");
  CHECK(task.task.input.text() == "[1]");
  CHECK(task.task.heartbeat_ms == 5'000);
  CHECK(task.task.express);

  Changes changes;
  changes.partition = 3;
  changes.restarted = true;
  changes.catalog_keys = {"state_machine/x"};
  core::ExecutionChanged ended;
  ended.execution_arn = "arn:e";
  ended.finished = true;
  changes.executions.push_back(ended);
  const auto told = decode_message(encode(1, changes));
  REQUIRE(told);
  const auto& read = std::get<Changes>(told->message);
  CHECK(read.restarted);
  CHECK(read.catalog_keys == changes.catalog_keys);
  CHECK(read.executions.at(0).execution_arn == "arn:e");
  CHECK(read.executions.at(0).finished);

  const auto poll = decode_message(encode(1, PollBegun{8, "work", "w1", 10, 20'000, false}));
  REQUIRE(poll);
  CHECK(std::get<PollBegun>(poll->message).wait_ms == 20'000);
  CHECK_FALSE(std::get<PollBegun>(poll->message).leased);
}

TEST_CASE("node messages: an opened partition comes back, and a kind of the future is no message") {
  std::string bytes = encode(9, PartitionOpened{300});
  const auto opened = decode_message(bytes);
  REQUIRE(opened);
  CHECK(std::get<PartitionOpened>(opened->message).partition == 300);
  bytes[2] = 10;
  CHECK_FALSE(decode_message(bytes));
}

TEST_CASE("node messages: what is cut off, too long or of another version is no message") {
  const std::string bytes = encode(1, PollBegun{8, "work", "w1", 10, 20'000, true});
  for (size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode_message(bytes.substr(0, size)));
  CHECK_FALSE(decode_message(bytes + "x"));
  std::string other = bytes;
  other[0] = 9;
  CHECK_FALSE(decode_message(other));
}

TEST_CASE("log trimming: only what is applied, behind the margin and old enough goes") {
  CHECK(trim_before(1'000, 100, 5'000) == 900);
  CHECK(trim_before(1'000, 100, 300) == 300);
  CHECK(trim_before(1'000, 1'000, 5'000) == 0);
  CHECK(trim_before(10, 1'000, 5'000) == 0);
  CHECK(trim_before(1'000, 0, 5'000) == 999);  // the last applied record is compared at takeover
  CHECK(trim_before(0, 0, 0) == 0);
}
