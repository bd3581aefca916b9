// Mocks: answers tasks from a mock configuration in Step Functions Local's format, for executions that were
// started with a test case (stateMachineArn#TestCase). Which answer a task gets follows from its number among
// the tasks of its state, which the engine keeps: a restart in between changes nothing.
// Thread rule: any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <engine/runtime/engine.h>
#include <statelang/test_runner/test_runner.h>

#include "task_reporter.h"

namespace engine::integrations {

class Mocks {
 public:
  Mocks(std::shared_ptr<const statelang::test_runner::MockConfiguration> configuration,
        TaskReporter& reporter)
      : configuration_(std::move(configuration)), reporter_(reporter) {}

  bool has_test_case(std::string_view state_machine, std::string_view test_case) const;
  // Whether the task's execution has a test case and that one names the task's state.
  bool answers(const core::DispatchTask& task) const;
  void perform(const PolledTask& task);

 private:
  void answer(const PolledTask& task, const statelang::test_runner::MockAnswer& answer);

  std::shared_ptr<const statelang::test_runner::MockConfiguration> configuration_;  // null: none
  TaskReporter& reporter_;
};

}  // namespace engine::integrations
