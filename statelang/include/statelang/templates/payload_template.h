// Payload templates: JSON whose object members named `x.$` hold a path, a Context Object path, a variable or
// an intrinsic call, replaced by its value under the name `x` (Parameters, ResultSelector, ItemSelector,
// Assign, Credentials, BatchInput ...). Compiled once when a definition is loaded; evaluation builds only the
// containers that hold something dynamic and shares the rest. Immutable; may be used from any thread.
// Source: States Language specification, "Payload Template"; failure texts are AWS's own.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/intrinsics/intrinsic.h>
#include <statelang/json_path/path.h>
#include <statelang/value.h>

namespace statelang::templates {

using intrinsics::Environment;

// What stands in a `x.$` field, or in a field such as ErrorPath that takes a path or a call.
class Expression {
 public:
  // Path, Context Object path, variable or intrinsic call; anything else is an error with a reason.
  static Expected<Expression, std::string> parse(std::string_view text);

  const std::string& text() const;
  bool is_call() const { return std::holds_alternative<intrinsics::Call>(content_); }
  const json_path::Path* path() const { return std::get_if<json_path::Path>(&content_); }
  std::vector<std::string> variables() const;
  // `field` is the name as AWS's texts give it, `value.$`. The failure's cause lacks the prefix that names
  // the state ("An error occurred while executing the state ..."): that is the caller's.
  Expected<Value, Failure> evaluate(const Environment& environment, std::string_view field) const;

 private:
  explicit Expression(std::variant<json_path::Path, intrinsics::Call> content)
      : content_(std::move(content)) {}
  std::variant<json_path::Path, intrinsics::Call> content_;
};

struct CompileError {
  std::string pointer;  // JSON pointer inside the template of the object that holds the field; "" at the top
  std::string field;    // the member's name, `parsed.$`
  std::string message;  // AWS's: The value for the field 'parsed.$' must be a valid JSONPath or ...
};

class PayloadTemplate {
 public:
  static Expected<PayloadTemplate, std::vector<CompileError>> compile(const Value& json);

  // True when nothing is dynamic: evaluation then returns the template itself, shared.
  bool is_static() const;
  const std::vector<std::string>& variables() const;  // every variable referenced, in order of appearance
  // Members in template order. Failures: States.Runtime (a path led nowhere), States.IntrinsicFailure.
  Expected<Value, Failure> evaluate(const Environment& environment) const;

 private:
  struct Content;
  explicit PayloadTemplate(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
  std::shared_ptr<const Content> content_;
};

}  // namespace statelang::templates
