// Runs a whole definition in memory: waits take no time (a virtual clock jumps to the next timer), tasks are
// answered from a mock configuration in the format of Step Functions Local. `stepstream test` and golden
// scripts are the callers. A task without an answer gets none: it ends by its timeout, or the run stops with
// it open. Children of a Distributed Map are executions of their own, as in a server: the calls of a state's
// task are counted over all of them. Each run is of its own: any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/definition/definition.h>
#include <statelang/expected.h>
#include <statelang/interpreter/step.h>
#include <statelang/map_run/object_store.h>

namespace statelang::test_runner {

struct MockAnswer {
  std::optional<Payload> output;  // Return; absent: Throw
  Failure failure;
};

// {"StateMachines": {name: {"TestCases": {case: {state: response}}}}, "MockedResponses": {response: {"0":
// {"Return": …}, "1-2": {"Throw": {"Error", "Cause"}}}}} (AWS: "Using mocked service integrations").
class MockConfiguration {
 public:
  static Expected<MockConfiguration, std::string> parse(std::string_view text);

  bool has_case(const std::string& state_machine, const std::string& test_case) const;
  // All of them, as state machine and test case.
  std::vector<std::pair<std::string, std::string>> cases() const;
  // Whether the test case answers the tasks of this state at all.
  bool mocks(const std::string& state_machine, const std::string& test_case, const std::string& state) const;
  // The answer to the nth call (from 0) of a state's task; nullptr: none.
  const MockAnswer* answer(const std::string& state_machine, const std::string& test_case,
                           const std::string& state, uint32_t call) const;

 private:
  using Response = std::map<uint32_t, MockAnswer>;
  std::map<std::string, Response> responses_;
  std::map<std::string, std::map<std::string, std::map<std::string, std::string>>> cases_;
};

// A mocked answer as the task's result: of a Lambda function it has the shape of lambda:invoke, of which a
// task that names the function itself gets the payload alone. Only for an answer with output.
Payload mocked_output(const Resource& resource, const MockAnswer& answer);

struct Options {
  std::string state_machine_name = "StateMachine";
  std::string execution_name = "test";
  std::string account = "123456789012";
  std::string region = "us-east-1";
  std::string role_arn = "arn:aws:iam::123456789012:role/test";
  std::string test_case;
  bool express = false;
  int64_t start_time_ms = 0;
  uint64_t random_seed = 1;
  uint64_t steps_max = 1'000'000;
  map_run::ObjectStore* objects = nullptr;  // null: a Distributed Map finds no object
  // The execution is stopped when this much time has passed and it still runs.
  std::optional<std::pair<int64_t, Stop>> stop;  // milliseconds after the start
};

struct Result {
  ExecutionStatus status = ExecutionStatus::Running;  // Running: nothing was left that could happen
  std::optional<Payload> output;
  Failure failure;
  std::vector<HistoryEvent> events;
};

Result run(const Definition& definition, const Payload& input, const MockConfiguration& mocks,
           const Options& options);

}  // namespace statelang::test_runner
