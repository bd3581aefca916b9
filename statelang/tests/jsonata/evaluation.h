// Short ways to evaluate in tests: everything as text.
#pragma once

#include <string>
#include <string_view>

#include <statelang/jsonata/expression.h>

namespace statelang::jsonata::testing {

inline std::string outcome(const Expected<Value, Error>& result) {
  if (!result) return result.error().code;
  if (result->is_undefined()) return "undefined";
  return is_function(*result) ? "function" : to_json(*result);
}

// The result as JSON, "undefined", "function", or the code of the error.
inline std::string run(std::string_view text, std::string_view input = {}, Dialect dialect = Dialect::Plain,
                       const Environment& environment = {}, const Bindings& bindings = {}) {
  const auto expression = Expression::parse(text, dialect);
  if (!expression) return expression.error().code;
  Value document = Value::undefined();
  if (!input.empty()) document = *parse_json(input);
  return outcome(expression->evaluate(document, bindings, environment));
}

inline std::string message(std::string_view text, Dialect dialect = Dialect::Plain) {
  const auto expression = Expression::parse(text, dialect);
  if (!expression) return expression.error().text();
  const auto result = expression->evaluate(Value::undefined(), {}, {});
  return result ? outcome(result) : result.error().text();
}

}  // namespace statelang::jsonata::testing
