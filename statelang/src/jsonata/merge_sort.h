// The one way of sorting: stable, halves first, as the reference implementation has it. Which pairs are
// compared and when decides which error is told, and what a comparison that contradicts itself leads to.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace statelang::jsonata {

// `swap(a, b)` is true when a, which stands before b, must come behind it. May throw.
template <class T, class Swap>
void merge_sort(std::vector<T>& items, std::vector<T>& merged, size_t start, size_t end, const Swap& swap) {
  if (end - start <= 1) return;
  const size_t middle = start + (end - start) / 2;
  merge_sort(items, merged, start, middle, swap);
  merge_sort(items, merged, middle, end, swap);
  size_t left = start, right = middle;
  for (size_t out = start; out < end; ++out) {
    const bool take_right = left == middle || (right < end && swap(items[left], items[right]));
    merged[out] = std::move(take_right ? items[right++] : items[left++]);
  }
  for (size_t i = start; i < end; ++i) items[i] = std::move(merged[i]);
}

template <class T, class Swap>
void merge_sort(std::vector<T>& items, const Swap& swap) {
  std::vector<T> merged(items.size());
  merge_sort(items, merged, 0, items.size(), swap);
}

}  // namespace statelang::jsonata
