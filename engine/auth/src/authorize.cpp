#include <algorithm>

#include <engine/auth/authorize.h>

namespace engine::auth {
namespace {

constexpr size_t kAccountField = 4;  // arn:partition:service:region:ACCOUNT:...

bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

bool one_matches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [text](const std::string& pattern) { return matches(pattern, text); });
}

}  // namespace

std::string_view account_of(std::string_view arn) {
  if (!arn.starts_with("arn:")) return {};
  for (size_t field = 0; field < kAccountField; ++field) {
    const size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  const size_t end = arn.find(':');
  return end == std::string_view::npos ? std::string_view() : arn.substr(0, end);
}

std::string resource_of(std::string_view arn) {
  constexpr std::string_view type = ":stateMachine:";
  const size_t at = arn.find(type);
  if (at == std::string_view::npos) return std::string(arn);
  return std::string(arn.substr(0, arn.find_first_of(":/#", at + type.size())));
}

bool authorize(const Principal& principal, std::string_view action, std::string_view resource) {
  const std::string_view account = account_of(resource);
  if (account.empty() || account != principal.account) return false;
  return std::any_of(principal.scopes.begin(), principal.scopes.end(), [&](const Scope& scope) {
    return one_matches(scope.actions, action) && one_matches(scope.resources, resource);
  });
}

std::string refusal(const Principal& principal, const Need& need) {
  const auto words = [&](std::string_view resource, std::string_view policy) {
    std::string text = "User: arn:aws:iam::" + principal.account + ":user/" + principal.key_id +
                       " is not authorized to perform: " + need.action + " on resource: ";
    return text.append(resource).append(" because no ").append(policy).append("-based policy allows the ") +
           need.action + " action";
  };
  if (need.action.empty() || need.resources.empty()) return words("*", "identity");
  for (const std::string& resource : need.resources) {
    if (authorize(principal, need.action, resource)) continue;
    return words(resource, account_of(resource) == principal.account ? "identity" : "resource");
  }
  return {};
}

}  // namespace engine::auth
