// ARNs of the service: arn:aws:states:REGION:ACCOUNT:TYPE:NAME[:REST], and AWS's messages for broken ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "action.h"

namespace engine::api::aws {

struct Arn {
  std::string type;  // stateMachine, execution, express, activity, mapRun
  std::string name;
  std::string rest;  // execution name, version, alias; empty: none
};

// The error's message is AWS's: "Invalid Arn: 'Invalid ARN prefix: x'", "... 'Resource type not valid in this
// context: express'". `types` is a list separated by blanks.
statelang::Expected<Arn, AwsError> parse_arn(std::string_view text, std::string_view types);

// As parse_arn() of a state machine, for actions that do not act on the part of one that a Distributed Map
// runs: ...:stateMachine:NAME/LABEL is a ValidationException.
statelang::Expected<Arn, AwsError> parse_whole_machine_arn(std::string_view text);

// The service's check of a role: arn:aws:iam::ACCOUNT:role/NAME, of any partition.
std::optional<AwsError> check_role_arn(std::string_view text);

}  // namespace engine::api::aws
