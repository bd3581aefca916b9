// Arrays, objects and numbers.
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_map>

#include "intrinsics/call_content.h"

namespace statelang::intrinsics {
namespace {

constexpr int64_t kIntegerMin = std::numeric_limits<int32_t>::min();
constexpr int64_t kIntegerMax = std::numeric_limits<int32_t>::max();

constexpr int64_t kExactMax = int64_t{1} << 53;  // integers up to here are exact as doubles

std::optional<int64_t> rounded_32(const Value& value) {
  const auto number = rounded(value);
  return number && *number >= kIntegerMin && *number <= kIntegerMax ? number : std::nullopt;
}

// Equal values have equal hashes: 1 and 1.0 alike, members in any order.
size_t hash_of(const Value& value) {
  const size_t mix = 0x9E3779B97F4A7C15ull;
  switch (value.type()) {
    case Value::Type::Boolean:
      return value.as_boolean() ? 3 : 5;
    case Value::Type::Integer:
    case Value::Type::Double:
      return std::hash<double>{}(value.as_double());
    case Value::Type::String:
      return std::hash<std::string_view>{}(value.as_string());
    case Value::Type::Array: {
      size_t hash = 7;
      for (const Value& item : value.as_array()) hash = (hash ^ hash_of(item)) * mix;
      return hash;
    }
    case Value::Type::Object: {
      size_t hash = 11;
      for (const auto& [key, member] : value.as_object()) hash += (hash_of(key) * mix) ^ hash_of(member);
      return hash;
    }
    default:
      return 1;
  }
}

// java.util.Random: a linear congruential generator of 48 bits, so that a seed gives the numbers AWS gives.
class JavaRandom {
 public:
  explicit JavaRandom(int64_t seed) : state_((static_cast<uint64_t>(seed) ^ kMultiplier) & kMask) {}

  int32_t next(int bits) {
    state_ = (state_ * kMultiplier + 0xB) & kMask;
    return static_cast<int32_t>(static_cast<uint32_t>(state_ >> (48 - bits)));
  }
  // Uniform in 0..bound-1, bound > 0.
  int32_t below(int32_t bound) {
    if ((bound & -bound) == bound) {
      return static_cast<int32_t>((static_cast<int64_t>(bound) * next(31)) >> 31);
    }
    for (;;) {
      const int32_t bits = next(31);
      const int32_t result = bits % bound;
      if (static_cast<int64_t>(bits) - result + (bound - 1) <= kIntegerMax) return result;
    }
  }
  int32_t any() { return next(32); }

 private:
  static constexpr uint64_t kMultiplier = 0x5DEECE66Dull;
  static constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
  uint64_t state_;
};

}  // namespace

std::optional<int64_t> rounded(const Value& value) {
  if (value.is_integer()) return value.as_integer();
  if (!value.is_double()) return std::nullopt;
  const double number = std::floor(value.as_double() + 0.5);
  if (!(std::abs(number) < 9e15)) return std::nullopt;  // beyond that doubles skip integers
  return static_cast<int64_t>(number);
}

Result array_partition(const Arguments& arguments) {
  const auto size = rounded(arguments[1]);
  if (!arguments[0].is_array() || !size || *size < 1) return std::nullopt;
  Array chunks, chunk;
  for (const Value& item : arguments[0].as_array()) {
    chunk.push_back(item);
    if (static_cast<int64_t>(chunk.size()) < *size) continue;
    chunks.push_back(Value(std::exchange(chunk, Array())));
  }
  if (!chunk.empty()) chunks.push_back(Value(std::move(chunk)));
  return Value(std::move(chunks));
}

Result array_contains(const Arguments& arguments) {
  if (!arguments[0].is_array()) return std::nullopt;
  for (const Value& item : arguments[0].as_array()) {
    if (item == arguments[1]) return Value(true);
  }
  return Value(false);
}

Result array_range(const Arguments& arguments) {
  const auto from = rounded(arguments[0]), to = rounded(arguments[1]), step = rounded(arguments[2]);
  if (!from || !to || !step || *step == 0) return std::nullopt;
  for (int64_t number : {*from, *to, *step}) {
    if (number > kExactMax || number < -kExactMax) return std::nullopt;
  }
  // In doubles: the difference of two 64-bit numbers need not fit in one. An empty range is fine.
  const double count =
      std::floor((static_cast<double>(*to) - static_cast<double>(*from)) / static_cast<double>(*step)) + 1;
  if (count > static_cast<double>(kRangeItemsMax)) return std::nullopt;
  Array items;
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i) items.push_back(Value(*from + i * *step));
  return Value(std::move(items));
}

Result array_get_item(const Arguments& arguments) {
  const auto index = rounded(arguments[1]);
  if (!arguments[0].is_array() || !index || *index < 0) return std::nullopt;
  if (static_cast<size_t>(*index) >= arguments[0].size()) return std::nullopt;
  return arguments[0][static_cast<size_t>(*index)];
}

Result array_unique(const Arguments& arguments) {
  if (!arguments[0].is_array()) return std::nullopt;
  std::unordered_multimap<size_t, size_t> seen;  // hash -> position in `items`
  Array items;
  for (const Value& item : arguments[0].as_array()) {
    const size_t hash = hash_of(item);
    bool known = false;
    for (auto [at, end] = seen.equal_range(hash); at != end && !known; ++at)
      known = items[at->second] == item;
    if (known) continue;
    seen.emplace(hash, items.size());
    items.push_back(item);
  }
  return Value(std::move(items));
}

Result json_merge(const Arguments& arguments) {
  if (!arguments[0].is_object() || !arguments[1].is_object()) return std::nullopt;
  // Deep merging is not offered by AWS either.
  if (!arguments[2].is_boolean() || arguments[2].as_boolean()) return std::nullopt;
  Value merged = arguments[0];
  Object& object = merged.mutable_object();
  for (const auto& [key, member] : arguments[1].as_object()) object.set(key, member);
  return merged;
}

Result math_add(const Arguments& arguments) {
  const auto a = rounded_32(arguments[0]), b = rounded_32(arguments[1]);
  if (!a || !b || *a + *b < kIntegerMin || *a + *b > kIntegerMax) return std::nullopt;
  return Value(*a + *b);
}

Result math_random(const Arguments& arguments, RandomSource* random) {
  const auto from = rounded_32(arguments[0]), to = rounded_32(arguments[1]);
  if (!from || !to || *from >= *to) return std::nullopt;
  int64_t seed = 0;
  if (arguments.size() == 3) {
    const auto given = rounded(arguments[2]);
    if (!given) return std::nullopt;
    seed = *given;
  } else {
    if (!random) return std::nullopt;
    seed = static_cast<int64_t>(random->next());
  }
  JavaRandom generator(seed);
  const int64_t span = *to - *from;
  if (span <= kIntegerMax) return Value(*from + generator.below(static_cast<int32_t>(span)));
  // The span does not fit into an int: draw until one lies inside, as java.util.Random.ints does.
  int64_t number = generator.any();
  while (number < *from || number >= *to) number = generator.any();
  return Value(number);
}

}  // namespace statelang::intrinsics
