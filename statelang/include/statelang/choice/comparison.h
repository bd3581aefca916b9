// Choice Rules of JSONPath states: the 39 comparison operators with And, Or and Not. Compiled once from the
// rule's JSON when a definition is loaded. Immutable, cheap to copy, may be used from any thread.
// Source: AWS "Choice state", States Language specification "Choice State".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/json_path/path.h>
#include <statelang/value.h>

namespace statelang::choice {

// Members of a top-level rule that are not part of the test.
inline constexpr std::string_view kRuleFields[] = {"Next", "Assign", "Comment"};

inline constexpr size_t kRuleDepthMax = 100;

struct CompileError {
  std::string pointer;  // JSON pointer inside the rule; "" for the rule itself
  std::string message;
  std::string field = {};  // the member meant, when the message is about the object at `pointer`
};

class Rule {
 public:
  // `json` is one element of Choices. Next and Assign are allowed at the top and left to the caller; inside
  // And, Or and Not they are errors.
  static Expected<Rule, std::vector<CompileError>> compile(const Value& json);

  // A value of the wrong type makes a comparison false. A path that finds nothing is States.Runtime with
  // AWS's text (without the prefix that names the state), except under IsPresent. And and Or stop at the
  // first operand that decides.
  Expected<bool, Failure> matches(const json_path::Roots& roots) const;
  const std::vector<std::string>& variables() const;  // every workflow variable referenced

 private:
  struct Content;
  explicit Rule(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
  std::shared_ptr<const Content> content_;
};

// Names of all comparison operators, in the order of the specification.
const std::vector<std::string_view>& comparison_operators();

}  // namespace statelang::choice
