// A state tested by a server (POST /v1/test-state): the request and the answer in the words of REST. Pure.
#pragma once

#include <string>

#include <statelang/test_state/test_state.h>

namespace engine::cli {

std::string test_state_body(const statelang::test_state::Request& request);

// Of an answer that is ok.
statelang::test_state::Result tested_state(const statelang::Value& answer);

}  // namespace engine::cli
