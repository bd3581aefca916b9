#include "mocks.h"

#include <statelang/definition/resource.h>

#include "failures.h"

namespace engine::integrations {

namespace {

std::string machine_name(const std::string& state_machine_arn) {
  constexpr std::string_view kKind = ":stateMachine:";
  const size_t kind = state_machine_arn.find(kKind);
  if (kind == std::string::npos) return {};
  const std::string rest = state_machine_arn.substr(kind + kKind.size());
  return rest.substr(0, rest.find_first_of(":/"));  // a version, an alias, a Map's label
}

}  // namespace

bool Mocks::has_test_case(std::string_view state_machine, std::string_view test_case) const {
  return configuration_ && configuration_->has_case(std::string(state_machine), std::string(test_case));
}

bool Mocks::answers(const core::DispatchTask& task) const {
  return configuration_ && !task.test_case.empty() &&
         configuration_->mocks(machine_name(task.state_machine_arn), task.test_case, task.state_name);
}

void Mocks::perform(const PolledTask& polled) {
  const core::DispatchTask& task = polled.task;
  const auto* found = configuration_->answer(machine_name(task.state_machine_arn), task.test_case,
                                             task.state_name, task.mock_call);
  if (!found) {
    return reporter_.fail(polled.token, bad_parameters("The mock configuration has no response number " +
                                                       std::to_string(task.mock_call) + " for the state " +
                                                       task.state_name + "."));
  }
  const auto resource = statelang::parse_resource(task.resource);
  const bool two_phases = resource && resource->pattern != statelang::IntegrationPattern::RequestResponse;
  if (!two_phases) return answer(polled, *found);
  reporter_.submitted(polled.token, "{}", [this, polled, found] { answer(polled, *found); });
}

void Mocks::answer(const PolledTask& task, const statelang::test_runner::MockAnswer& answer) {
  if (!answer.output) return reporter_.fail(task.token, answer.failure);
  const auto resource = statelang::parse_resource(task.task.resource);
  reporter_.succeed(task.token, resource ? statelang::test_runner::mocked_output(*resource, answer).text()
                                         : answer.output->text());
}

}  // namespace engine::integrations
