// Tokens of pages: good for a day, for the call that gave them, as it was asked, and unchanged.
#include <catch2/catch.hpp>

#include <engine/api/aws/aws_api.h>
#include <statelang/value.h>

#include "fake_engine.h"

using namespace engine;
using api::aws::AwsApi;
using api::aws::AwsResponse;
using statelang::Value;

namespace {

const std::string kArn = "arn:aws:states:us-east-1:000000000000:";
const std::string kMachine = kArn + "stateMachine:m";
constexpr int64_t kDayMs = 24 * 60 * 60 * 1000;

// Has three of everything.
class Lists : public rest::tests::FakeEngine {
 public:
  Lists() {
    machines[kMachine].arn = kMachine;
    for (int64_t i = 0; i < 3; ++i) {
      aliases.emplace_back().arn = kMachine + ":a" + std::to_string(i);
      aliases.back().created_ms = 1000 + i;
    }
  }
  ApiResult<StateMachine> describe_state_machine(std::string_view) override { return machines[kMachine]; }
  ApiResult<Page<StateMachine>> list_state_machines(size_t limit, std::string_view after) override {
    Page<StateMachine> page;
    for (size_t i = after.empty() ? 0 : std::stoul(std::string(after)); i < 3 && page.items.size() < limit;
         ++i) {
      page.items.push_back(machines[kMachine]);
      page.next_page_token = i + 1 < 3 ? std::to_string(i + 1) : "";
    }
    return page;
  }
  ApiResult<Page<ExecutionListItem>> list_executions(const ListExecutionsRequest& request) override {
    Page<ExecutionListItem> page;
    page.items.resize(request.limit);
    page.next_page_token = "next";
    return page;
  }
  ApiResult<core::MapRun> describe_map_run(std::string_view arn) override {
    core::MapRun run;
    run.map_run_arn = arn;
    return run;
  }
  ApiResult<std::vector<core::MapRun>> list_map_runs(std::string_view) override {
    std::vector<core::MapRun> runs(3);
    for (size_t i = 0; i < 3; ++i) runs[i].map_run_arn = kArn + "mapRun:m/l:" + std::to_string(i);
    return runs;
  }
  ApiResult<std::vector<statelang::HistoryEvent>> history(const HistoryRequest& request) override {
    std::vector<statelang::HistoryEvent> events;
    for (statelang::EventId id = request.after_id + 1; id <= 3 && events.size() < request.limit; ++id) {
      events.emplace_back().id = id;
      events.back().type = statelang::EventType::PassStateEntered;
    }
    return events;
  }
  ApiResult<std::vector<StateMachineVersion>> list_versions(std::string_view) override {
    return std::vector<StateMachineVersion>{{kMachine + ":3"}, {kMachine + ":2"}, {kMachine + ":1"}};
  }
  ApiResult<std::vector<StateMachineAlias>> list_aliases(std::string_view) override { return aliases; }
  ApiResult<std::vector<std::pair<std::string, std::string>>> catalog_entries(std::string_view) override {
    std::vector<std::pair<std::string, std::string>> entries;
    for (const std::string name : {"a", "b", "c"}) {
      entries.emplace_back("activity/" + name, R"({"activityArn":")" + kArn + "activity:" + name +
                                                   R"(","name":")" + name + R"(","created_ms":1})");
    }
    return entries;
  }
  std::string authenticate(std::string_view purpose, std::string_view text) const override {
    uint64_t hash = 0xcbf29ce484222325;
    std::string out;
    for (int round = 0; round < 4; ++round) {
      for (const char c : std::string(purpose) + '\n' + std::string(text) + std::to_string(round))
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
      char digits[17];
      std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
      out += digits;
    }
    return out;
  }

  std::vector<StateMachineAlias> aliases;
};

struct Asked {
  std::string action, input;  // without the braces
};

AwsResponse ask(Lists& engine, const Asked& asked, const std::string& token = {}) {
  AwsResponse got;
  std::string body = "{" + asked.input;
  if (!token.empty()) body += (asked.input.empty() ? "" : ",") + (R"("nextToken":")" + token + '"');
  AwsApi(engine, {})
      .handle("AWSStepFunctions." + asked.action, body + "}", nullptr,
              [&](AwsResponse response) { got = std::move(response); });
  return got;
}

std::string token_of(const AwsResponse& response) {
  const auto body = statelang::parse_json(response.body);
  REQUIRE(body);
  const Value* token = body->find("nextToken");
  return token ? std::string(token->as_string()) : std::string();
}

void refuses(const AwsResponse& response) {
  CHECK(response.status == 400);
  CHECK(response.error_type == "InvalidToken");
  CHECK(response.body.find(R"("message":"Invalid Token: 'Invalid token'")") != std::string::npos);
}

std::vector<Asked> every_list() {
  const std::string machine = R"("stateMachineArn":")" + kMachine + R"(","maxResults":1)";
  const std::string execution = R"("executionArn":")" + kArn + R"(execution:m:e","maxResults":1)";
  const std::string run = R"("mapRunArn":")" + kArn + R"(mapRun:m/l:1","maxResults":1)";
  return {{"ListActivities", R"("maxResults":1)"},
          {"ListStateMachines", R"("maxResults":1)"},
          {"ListStateMachineVersions", machine},
          {"ListStateMachineAliases", machine},
          {"ListExecutions", machine},
          {"ListExecutions", machine + R"(,"statusFilter":"FAILED")"},
          {"ListExecutions", machine + R"(,"redriveFilter":"REDRIVEN")"},
          {"ListExecutions", run},
          {"ListMapRuns", execution},
          {"GetExecutionHistory", execution},
          {"GetExecutionHistory", execution + R"(,"reverseOrder":true)"}};
}

}  // namespace

TEST_CASE("page tokens: each is good for the call that gave it, as it was asked, and no other") {
  Lists engine;
  const auto lists = every_list();
  for (size_t from = 0; from < lists.size(); ++from) {
    const std::string token = token_of(ask(engine, lists[from]));
    INFO(lists[from].action << " " << lists[from].input);
    REQUIRE_FALSE(token.empty());
    for (size_t to = 0; to < lists.size(); ++to) {
      INFO("shown to " << lists[to].action << " " << lists[to].input);
      const AwsResponse response = ask(engine, lists[to], token);
      if (to == from) CHECK(response.status == 200);
      if (to != from) refuses(response);
    }
  }
}

TEST_CASE("page tokens: they expire after a day") {
  Lists engine;
  for (const Asked& list : every_list()) {
    INFO(list.action << " " << list.input);
    const std::string token = token_of(ask(engine, list));
    engine.now += kDayMs;
    CHECK(ask(engine, list, token).status == 200);
    engine.now += 1;
    refuses(ask(engine, list, token));
  }
}

TEST_CASE("page tokens: a changed one is refused, wherever it was changed") {
  Lists engine;
  for (const Asked& list : every_list()) {
    INFO(list.action << " " << list.input);
    const std::string token = token_of(ask(engine, list));
    for (size_t i = 0; i < token.size(); ++i) {
      std::string changed = token;
      changed[i] = changed[i] == '0' ? '1' : '0';
      if (changed != token) refuses(ask(engine, list, changed));
    }
    refuses(ask(engine, list, token + "00"));
    refuses(ask(engine, list, token.substr(0, token.size() - 2)));
    refuses(ask(engine, list, token.substr(0, 32)));
    refuses(ask(engine, list, "x"));
  }
}

TEST_CASE("page tokens: an alias that was deleted since it was shown does not end the list") {
  Lists engine;
  const Asked list{"ListStateMachineAliases", R"("stateMachineArn":")" + kMachine + R"(","maxResults":1)"};
  const std::string token = token_of(ask(engine, list));
  engine.aliases.erase(engine.aliases.begin());
  const AwsResponse response = ask(engine, list, token);
  CHECK(response.status == 200);
  CHECK(response.body.find(":a1") != std::string::npos);
}
