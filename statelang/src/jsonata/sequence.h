// Sequences: arrays that JSONata made and that count as one value when they hold one. The flags live in
// Array::tag during an evaluation and are removed from its result.
#pragma once

#include <cstddef>
#include <utility>

#include <statelang/value.h>

namespace statelang::jsonata {

inline constexpr uint8_t kSequence = 1;       // an empty one is undefined, one item stands for itself
inline constexpr uint8_t kConstructed = 2;    // made by [...] at the end of a path: not flattened
inline constexpr uint8_t kKeepSingleton = 4;  // `[]`: stays an array with one item
inline constexpr uint8_t kOuterWrapper = 8;   // holds the input document that is an array

inline bool is_sequence(const Value& value) {
  return value.is_array() && (value.as_array().tag & kSequence);
}

// A container that is complete: measured, so that nesting stays below what recursion over values can bear,
// and content shared a thousandfold cannot be written as a text of gigabytes. Throws Raised D1011 or D2015.
Value sealed(Array array);
Value sealed(Object object);
void measure(Array& array);
void measure(Object& object);
// After `added` (an item, or the items of an array) was put behind the items of a measured array.
void measure_added(Array& array, const Value& added);

// Collects items; a single item needs no memory.
class Sequence {
 public:
  size_t size() const { return count_; }
  const Value* data() const { return count_ == 1 ? &one_ : many_.items().data(); }
  void push(Value value) {
    if (count_ == 0) {
      one_ = std::move(value);
    } else {
      if (count_ == 1) {
        many_.reserve(8);
        many_.push_back(std::move(one_));
      }
      many_.push_back(std::move(value));
    }
    ++count_;
  }
  // One level: what a step gives is part of the sequence, a constructed array is one item.
  void push_flat(Value value) {
    if (!value.is_array() || (value.as_array().tag & kConstructed)) return push(std::move(value));
    for (const Value& item : value.as_array()) push(item);
  }
  // With the tag, whatever the size.
  Value take(uint8_t tag = kSequence) {
    if (count_ == 1) many_.push_back(std::move(one_));
    count_ = 0;
    many_.tag = tag;
    return sealed(std::move(many_));
  }
  // Nothing is undefined, one item is itself.
  Value take_normal() {
    if (count_ == 0) return Value::undefined();
    if (count_ == 1) {
      count_ = 0;
      return std::move(one_);
    }
    return take();
  }

 private:
  size_t count_ = 0;
  Value one_;
  Array many_;
};

}  // namespace statelang::jsonata
