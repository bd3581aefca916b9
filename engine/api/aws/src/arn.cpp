#include "arn.h"

#include <vector>

namespace engine::api::aws {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  for (size_t end; (end = text.find(separator, start)) != std::string_view::npos; start = end + 1) {
    parts.push_back(text.substr(start, end - start));
  }
  parts.push_back(text.substr(start));
  return parts;
}

}  // namespace

statelang::Expected<Arn, AwsError> parse_arn(std::string_view text, std::string_view types) {
  const auto parts = split(text, ':');
  if (parts[0] != "arn") {
    return statelang::Unexpected{invalid_arn("Invalid ARN prefix: " + std::string(text))};
  }
  if (parts.size() < 7 || parts[2] != "states" || parts[6].empty()) {
    return statelang::Unexpected{invalid_arn(std::string(text))};
  }
  Arn arn{std::string(parts[5]), std::string(parts[6]), {}};
  for (size_t i = 7; i < parts.size(); ++i) {
    if (i > 7) arn.rest += ':';
    arn.rest += parts[i];
  }
  for (const std::string_view type : split(types, ' ')) {
    if (type == arn.type) return arn;
  }
  return statelang::Unexpected{invalid_arn("Resource type not valid in this context: " + arn.type)};
}

statelang::Expected<Arn, AwsError> parse_whole_machine_arn(std::string_view text) {
  auto arn = parse_arn(text, "stateMachine");
  if (!arn || arn->name.find('/') == std::string::npos) return arn;
  return statelang::Unexpected{
      AwsError{"ValidationException",
               "This operation does not support labeled state machine ARNs: '" + std::string(text) + "'",
               "API_DOES_NOT_SUPPORT_LABELED_ARNS"}};
}

std::optional<AwsError> check_role_arn(std::string_view text) {
  const auto parts = split(text, ':');
  const bool good = parts.size() == 6 && parts[0] == "arn" && !parts[1].empty() && parts[2] == "iam" &&
                    parts[5].starts_with("role/") && parts[5].size() > 5;
  if (good) return std::nullopt;
  return AwsError{"InvalidArn", "Invalid Role Arn: '" + std::string(text) + "'", {}};
}

}  // namespace engine::api::aws
