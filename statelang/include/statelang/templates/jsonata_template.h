// JSONata templates: JSON in which strings of the form "{% expression %}" stand for the expression's value
// (Arguments, Output, Assign, ItemSelector, Items ...). Compiled once; static parts are shared. Immutable;
// may be used from any thread. Source: AWS "Transforming data with JSONata"; failure texts are AWS's own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/jsonata/expression.h>
#include <statelang/value.h>

namespace statelang::templates {

// What went wrong: the cause without the prefix that names the state, and the field for EvaluationFailed's
// `location` ("Output/result").
struct JsonataFailure {
  Failure failure;  // States.QueryEvaluationError
  std::string location;
};

// Which members of $states a field may read besides `input` and `context`.
enum class StatesAccess : uint8_t {
  Input,        // none
  Result,       // result: Output and Assign of Task, Map and Parallel
  ErrorOutput,  // errorOutput: Output and Assign of a catcher
};

class JsonataTemplate {
 public:
  struct CompileError {
    std::string pointer;  // JSON pointer inside the template; "" at the top
    std::string code;     // INVALID_JSONATA_EXPRESSION, UNSUPPORTED_JSONATA_EXPRESSION
    std::string message;
    std::string hint = {};  // ours; may be empty
  };
  // `field` is the name of the field that holds the template: the first part of every location.
  static Expected<JsonataTemplate, std::vector<CompileError>> compile(const Value& json,
                                                                      std::string_view field,
                                                                      StatesAccess access);

  bool is_static() const;
  const std::vector<std::string>& variables() const;       // read, $states left out
  const std::vector<std::string>& states_members() const;  // of $states: input, result, context, errorOutput
  // Undefined results and functions are failures.
  Expected<Value, JsonataFailure> evaluate(const jsonata::Bindings& bindings,
                                           const jsonata::Environment& environment) const;

  // "{% ... %}" exactly, no blanks around.
  static bool is_expression(std::string_view text);
  // The text of the first expression; empty when there is none.
  std::string_view expression_text() const;

 private:
  struct Content;
  explicit JsonataTemplate(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
  std::shared_ptr<const Content> content_;
};

}  // namespace statelang::templates
