// The functions Step Functions adds to JSONata.
#include <cmath>

#include <statelang/digest.h>
#include <statelang/encoding.h>

#include "evaluator.h"
#include "text.h"

namespace statelang::jsonata {
namespace {

// Numbers are cut towards zero. What a function can make nothing of gives nothing, as the service has it.

// $partition(array, size): slices of at most `size` items; nothing for a size below one and for no items.
Value partition(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const double size = call[1].is_number() ? std::trunc(call[1].as_double()) : 0;
  const Array& array = call[0].as_array();
  if (!(size >= 1) || array.empty()) return Value::undefined();
  const auto width = static_cast<size_t>(std::min(size, static_cast<double>(array.size()) + 1));
  Array out;
  for (size_t start = 0; start < array.size(); start += width) {
    Array slice;
    for (size_t i = start; i < std::min(start + width, array.size()); ++i) slice.push_back(array[i]);
    call.evaluator.count_items(slice.size());
    out.push_back(sealed(std::move(slice)));
  }
  return sealed(std::move(out));
}

constexpr double kRangeItemsMax = 360'145;  // measured on Step Functions

// $range(first, last, step): both ends included; one item is that number. Nothing without a step and for one
// that leads away from `last`.
Value range(NativeCall& call) {
  for (size_t i = 0; i < 3; ++i) {
    if (!call[i].is_number()) return Value::undefined();
  }
  const double first = std::trunc(call[0].as_double());
  const double last = std::trunc(call[1].as_double());
  const double step = std::trunc(call[2].as_double());
  if (step == 0) raise("D3161");
  const double count = std::floor((last - first) / step) + 1;
  if (!(count >= 1)) return Value::undefined();
  if (count == 1) return number_value(first);
  if (count > kRangeItemsMax) raise("D2015", Value(static_cast<int64_t>(kRangeItemsMax)));
  call.evaluator.count_items(static_cast<size_t>(count));
  Array out;
  out.reserve(static_cast<size_t>(count));
  for (double i = 0; i < count; ++i) out.push_back(number_value(first + i * step));
  return sealed(std::move(out));
}

// $hash(text, algorithm): hexadecimal; nothing without an algorithm.
Value hash(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  if (!call[1].is_string()) return Value::undefined();
  const std::string text = digest_hex(call[1].as_string(), call[0].as_string());
  if (text.empty()) raise("D3162", call[1]);
  return call.evaluator.string(text);
}

// $random(seed): the same seed gives the same number.
Value random(NativeCall& call) {
  uint64_t bits = call.evaluator.random();
  if (call[0].is_number()) {
    const double seed = std::trunc(std::min(std::max(call[0].as_double(), -9e18), 9e18));
    bits = Evaluator::scrambled(static_cast<uint64_t>(static_cast<int64_t>(seed)));
  }
  return Value(static_cast<double>(bits >> 11) * 0x1.0p-53);
}

Value uuid(NativeCall& call) {
  const uint64_t first = call.evaluator.random();
  return Value(to_uuid(first, call.evaluator.random()));
}

// $parse(text): a JSON text as a value.
Value parse(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  auto parsed = parse_json(call[0].as_string());
  if (!parsed) raise("D3163", Value(parsed.error().message));
  call.evaluator.count_string(call[0].as_string().size());
  return std::move(*parsed);
}

constexpr auto kAws = Builtin::Where::AwsOnly;
constexpr Builtin kFunctions[] = {
    {"partition", "<an:a>", partition, 2, kAws},
    {"range", "<nnn?:a>", range, 3, kAws},
    {"hash", "<s-s?:s>", hash, 2, kAws},
    {"random", "<n?:n>", random, 1, kAws},
    {"uuid", "<:s>", uuid, 0, kAws},
    {"parse", "<s-:x>", parse, 1, kAws},
};

}  // namespace

std::span<const Builtin> aws_functions() {
  return kFunctions;
}

}  // namespace statelang::jsonata
