#include "needs.h"

#include <algorithm>

namespace engine::api::aws {
namespace {

using Resources = std::vector<std::string>;

std::string account_arn(const AwsSettings& settings, std::string_view rest) {
  return "arn:aws:states:" + settings.region + ":" + settings.account + ":" + std::string(rest);
}

// What is no ARN names nothing: the action refuses it, and only who may do everything learns how.
std::string resource_of(std::string_view arn, const AwsSettings& settings) {
  return auth::account_of(arn).empty() ? account_arn(settings, "*") : auth::resource_of(arn);
}

void add_routes(const Value& input, const AwsSettings& settings, Resources& out) {
  const Value* routes = input.find("routingConfiguration");
  if (!routes || !routes->is_array()) return;
  for (const Value& route : routes->as_array()) {
    const Value* version = route.is_object() ? route.find("stateMachineVersionArn") : nullptr;
    if (!version || !version->is_string()) continue;
    std::string resource = resource_of(version->as_string(), settings);
    if (std::find(out.begin(), out.end(), resource) == out.end()) out.push_back(std::move(resource));
  }
}

// Actions whose input holds no ARN of what they act on.
std::string_view fixed_resource(std::string_view action) {
  if (action == "ListStateMachines" || action == "ListExecutions") return "stateMachine:*";
  if (action == "ListActivities") return "activity:*";
  // The token is the proof that a task was given to its holder; it names no resource that a caller chose.
  if (action.starts_with("SendTask")) return "task:*";
  if (action == "TestState" || action == "ValidateStateMachineDefinition") return "*";
  return {};
}

auth::Need need_of(const ActionEntry& entry, const Value& input, const AwsSettings& settings) {
  auth::Need need{"states:" + std::string(entry.name), {}};
  for (const Member& member : entry.members) {
    const Value* value = member.resource ? find_member(input, member.name) : nullptr;
    if (value && value->is_string()) need.resources.push_back(resource_of(value->as_string(), settings));
  }
  add_routes(input, settings, need.resources);
  if (entry.name == "CreateStateMachine" || entry.name == "CreateActivity") {
    const Value* name = find_member(input, "name");
    const std::string type = entry.name == "CreateActivity" ? "activity:" : "stateMachine:";
    if (name && name->is_string())
      need.resources.push_back(account_arn(settings, type + std::string(name->as_string())));
  }
  if (!need.resources.empty()) return need;
  const std::string_view fixed = fixed_resource(entry.name);
  if (!fixed.empty()) {
    need.resources.push_back(account_arn(settings, fixed));
  } else if (entry.name == "CreateStateMachineAlias") {
    need.resources.push_back(account_arn(settings, "*"));  // no route that could be read: the action says so
  }
  return need;
}

}  // namespace

std::vector<auth::Need> needs_of(const ActionEntry& entry, const Value& input, const AwsSettings& settings) {
  std::vector<auth::Need> needs{need_of(entry, input, settings)};
  const Value* reveal = entry.name == "TestState" ? find_member(input, "revealSecrets") : nullptr;
  if (reveal && *reveal == Value(true)) {
    needs.push_back({"states:RevealSecrets", {account_arn(settings, fixed_resource(entry.name))}});
  }
  return needs;
}

}  // namespace engine::api::aws
