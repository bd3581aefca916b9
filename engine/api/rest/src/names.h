// Names of state machines and executions (AWS API reference, CreateStateMachine and StartExecution, `name`):
// 1 to 80 characters, no blanks, none of <>{}[]?*"#%\^|~`$&,;:/ and no control characters.
#pragma once

#include <string>
#include <string_view>

namespace engine::rest {

// What is wrong with a name; empty: nothing.
std::string name_problem(std::string_view name);

}  // namespace engine::rest
