// Edit distance (Levenshtein): what "Did you mean ...?" is decided by. Pure.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

namespace statelang {

inline constexpr size_t kAnyDistance = std::numeric_limits<size_t>::max() / 2;

// Insertions, deletions and replacements of bytes that lead from `a` to `b`. A distance above `limit` is
// given as limit + 1, found early: names are short, candidates many.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit = kAnyDistance);

}  // namespace statelang
