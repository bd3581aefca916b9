// Who may do what: principals, their scopes, and the one function that decides. Everything that is not
// allowed is refused.
//
// Names are AWS's: an action is "states:StartExecution", a resource an ARN. A resource belongs to the account
// (the namespace) in its ARN, and a principal reaches its own account only, whatever its scopes say.
//
// Thread rule: plain values and pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace engine::auth {

// Allows every one of its actions on every one of its resources.
struct Scope {
  // "states:StartExecution"; '*' at the end stands for any rest: "states:Describe*", "states:*", "*".
  std::vector<std::string> actions;
  // ARNs; '*' at the end stands for any rest: "arn:aws:states:us-east-1:111122223333:stateMachine:orders*",
  // "*": all of the principal's account.
  std::vector<std::string> resources;
};

struct Principal {
  std::string key_id;
  std::string account;  // 12 digits
  std::vector<Scope> scopes;
};

// What a call needs: the action on every one of the resources. No resource at all is refused: a call that
// forgets to say what it acts on is a mistake of ours.
struct Need {
  std::string action;
  std::vector<std::string> resources;
};

// The account in an ARN; empty when `arn` is none or has no account.
std::string_view account_of(std::string_view arn);

// What rights are given on: the ARN itself; for versions, aliases, test cases of mocks (ARN#TestCase) and the
// machines of Distributed Maps' children the ARN of their state machine.
std::string resource_of(std::string_view arn);

bool authorize(const Principal& principal, std::string_view action, std::string_view resource);

// Empty: allowed. Otherwise AWS's words for the first resource refused: "User: arn:aws:iam::ACCOUNT:user/KEY
// is not authorized to perform: ACTION on resource: ARN because ...".
std::string refusal(const Principal& principal, const Need& need);

}  // namespace engine::auth
