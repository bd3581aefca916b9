// What AWS checks of a service integration's parameters before the task is scheduled (AWS "Call API
// Gateway").
#pragma once

#include <optional>
#include <string>

#include <statelang/definition/resource.h>
#include <statelang/value.h>

namespace statelang::interpreter {

// Why the task cannot be started with `parameters`, in AWS's words; nothing: it can.
std::optional<std::string> refused_parameters(const Resource& resource, const Value& parameters);

}  // namespace statelang::interpreter
