// The prompt of `stepstream eval`: expressions and what is set for them. One thread.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include <statelang/expected.h>
#include <statelang/jsonata/expression.h>
#include <statelang/value.h>

#include "line_source.h"

namespace engine::cli {

// What an expression is evaluated with.
struct PromptState {
  statelang::Value input = statelang::Value::undefined();
  statelang::Object variables;  // names without $
  statelang::jsonata::Dialect dialect = statelang::jsonata::Dialect::Plain;
};

using PromptEvaluate = std::function<statelang::Expected<statelang::Value, statelang::jsonata::Error>(
    const PromptState&, const std::string& expression)>;

// Asks until the input ends or :quit. Answers go to `out`, mistakes to `err`; an expression that is not
// complete goes on in the next line, which an empty line gives up.
void run_eval_prompt(LineSource& lines, const PromptEvaluate& evaluate, std::ostream& out, std::ostream& err);

}  // namespace engine::cli
