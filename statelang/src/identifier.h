// Names of workflow variables, as Unicode Standard Annex #31 writes identifiers: ID_Start, then ID_Continue.
// May be called from any thread. Source: AWS "Workflow variables".
#pragma once

#include <cstddef>
#include <string_view>

namespace statelang {

inline constexpr size_t kVariableNameMax = 80;  // characters

// Whether it may name a variable; the reserved `states` may not. Text that is not UTF-8 may not either.
bool is_variable_name(std::string_view name);

}  // namespace statelang
