// What a state did to its data, in one line: members added, changed and removed.
#pragma once

#include <string>

#include <statelang/value.h>

namespace engine::cli {

// "+total: 3  ~count: 1 → 2  -tmp"; "unchanged"; the whole new value when they are not both objects.
std::string describe_change(const statelang::Value& before, const statelang::Value& after);

}  // namespace engine::cli
