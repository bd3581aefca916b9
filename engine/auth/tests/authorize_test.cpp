#include <catch2/catch.hpp>

#include <engine/auth/authorize.h>

using engine::auth::account_of;
using engine::auth::authorize;
using engine::auth::Principal;
using engine::auth::refusal;

namespace {

const std::string kMine = "arn:aws:states:us-east-1:111111111111:stateMachine:";
const std::string kOther = "arn:aws:states:us-east-1:222222222222:stateMachine:";

Principal with(std::vector<std::string> actions, std::vector<std::string> resources) {
  return {"ops", "111111111111", {{std::move(actions), std::move(resources)}}};
}

}  // namespace

TEST_CASE("authorize: without scopes nothing is allowed") {
  CHECK_FALSE(authorize({"ops", "111111111111", {}}, "states:StartExecution", kMine + "orders"));
  CHECK_FALSE(authorize(with({}, {"*"}), "states:StartExecution", kMine + "orders"));
  CHECK_FALSE(authorize(with({"*"}, {}), "states:StartExecution", kMine + "orders"));
}

TEST_CASE("authorize: an action is allowed by its name or the beginning of it") {
  for (const char* pattern : {"states:StartExecution", "states:Start*", "states:*", "*"})
    CHECK(authorize(with({pattern}, {"*"}), "states:StartExecution", kMine + "orders"));
  for (const char* pattern : {"states:StartExecutio", "states:StartSync*", "StartExecution", "States:*"})
    CHECK_FALSE(authorize(with({pattern}, {"*"}), "states:StartExecution", kMine + "orders"));
}

TEST_CASE("authorize: a resource is allowed by its ARN or the beginning of it") {
  CHECK(authorize(with({"*"}, {kMine + "orders"}), "states:X", kMine + "orders"));
  CHECK(authorize(with({"*"}, {kMine + "ord*"}), "states:X", kMine + "orders"));
  CHECK_FALSE(authorize(with({"*"}, {kMine + "orders"}), "states:X", kMine + "orders-2"));
  CHECK_FALSE(authorize(with({"*"}, {kMine + "ord*"}), "states:X", kMine + "bills"));
  CHECK_FALSE(authorize(with({"*"}, {kMine + "ord*"}), "states:X", kMine + "*"));  // a listing of all
  CHECK(authorize(with({"*"}, {kMine + "*"}), "states:X", kMine + "*"));
}

TEST_CASE("authorize: action and resource must be allowed by the same scope") {
  const Principal mixed{
      "ops", "111111111111", {{{"states:Describe*"}, {kMine + "a"}}, {{"states:Delete*"}, {kMine + "b"}}}};
  CHECK(authorize(mixed, "states:DescribeStateMachine", kMine + "a"));
  CHECK_FALSE(authorize(mixed, "states:DeleteStateMachine", kMine + "a"));
}

TEST_CASE("authorize: no scope reaches another account, or what is no ARN") {
  const Principal all = with({"*"}, {"*", kOther + "*"});
  CHECK(authorize(all, "states:X", kMine + "a"));
  for (const std::string& resource : {kOther + "a", std::string("orders"), std::string(), std::string("*"),
                                      std::string("arn:aws:states:us-east-1::stateMachine:a"),
                                      std::string("arn:aws:states:us-east-1:111111111111")})
    CHECK_FALSE(authorize(all, "states:X", resource));
  CHECK_FALSE(
      authorize({"ops", "", {{{"*"}, {"*"}}}}, "states:X", "arn:aws:states:us-east-1::stateMachine:a"));
}

TEST_CASE("authorize: the account is the fifth part of an ARN") {
  CHECK(account_of(kMine + "a") == "111111111111");
  CHECK(account_of("arn:aws:states:us-east-1:1:x") == "1");
  CHECK(account_of("arn:aws:states").empty());
  CHECK(account_of("urn:aws:states:us-east-1:1:x").empty());
}

TEST_CASE("authorize: rights on a state machine are rights on its versions, aliases and children") {
  CHECK(engine::auth::resource_of(kMine + "a:7") == kMine + "a");
  CHECK(engine::auth::resource_of(kMine + "a#Case") == kMine + "a");
  CHECK(engine::auth::resource_of(kMine + "a/label:7") == kMine + "a");
  CHECK(engine::auth::resource_of(kMine + "a") == kMine + "a");
  const std::string run = "arn:aws:states:us-east-1:111111111111:mapRun:a/label:7";
  CHECK(engine::auth::resource_of(run) == run);
}

TEST_CASE("refusal: every resource must be allowed, and at least one be named") {
  const Principal some = with({"states:*"}, {kMine + "a"});
  CHECK(refusal(some, {"states:X", {kMine + "a"}}).empty());
  CHECK_FALSE(refusal(some, {"states:X", {kMine + "a", kMine + "b"}}).empty());
  CHECK_FALSE(refusal(some, {"states:X", {}}).empty());
  CHECK_FALSE(refusal(some, {"", {kMine + "a"}}).empty());
}

TEST_CASE("refusal: says it in AWS's words") {
  const Principal some = with({"states:*"}, {kMine + "a"});
  CHECK(refusal(some, {"states:DeleteStateMachine", {kMine + "b"}}) ==
        "User: arn:aws:iam::111111111111:user/ops is not authorized to perform: states:DeleteStateMachine on "
        "resource: " +
            kMine + "b because no identity-based policy allows the states:DeleteStateMachine action");
  CHECK(refusal(some, {"states:DeleteStateMachine", {kOther + "b"}}).find("no resource-based policy") !=
        std::string::npos);
}
