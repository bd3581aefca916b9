// What is checked of a request before anything runs. Each function gives AWS's message, or nothing.
#pragma once

#include <optional>
#include <string>

#include <statelang/definition/definition.h>
#include <statelang/test_state/test_state.h>

namespace statelang::test_state {

// Members that do not go together, whatever the definition says.
std::optional<std::string> check_members(const Request& request);

// The mock against the state: whether it may have one, and whether the result can be the state's.
std::optional<std::string> check_mock(const State& state, const Mock& mock);

// A task that is to be called.
std::optional<std::string> check_unmocked_task(const State& state, const Request& request);

std::optional<std::string> check_context(const State& state, const std::string& context);

}  // namespace statelang::test_state
