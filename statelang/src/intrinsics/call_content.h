// The compiled form of an intrinsic call, shared by the parser and the evaluator.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <statelang/intrinsics/intrinsic.h>

namespace statelang::intrinsics {

enum class Function : uint8_t {
  Format,
  StringToJson,
  JsonToString,
  Array,
  ArrayPartition,
  ArrayContains,
  ArrayRange,
  ArrayGetItem,
  ArrayLength,
  ArrayUnique,
  Base64Encode,
  Base64Decode,
  Hash,
  JsonMerge,
  MathRandom,
  MathAdd,
  StringSplit,
  Uuid,
};

struct Signature {
  std::string_view name;  // States.Format
  Function function;
  size_t arguments_min;
  size_t arguments_max;
};
const Signature* find_signature(std::string_view name);

// A quoted text keeps its escapes beside its value: Format tells `\{` from `{`.
struct Literal {
  Value value;
  std::string raw;
};

struct CallContent {
  using Argument = std::variant<Literal, json_path::Path, std::shared_ptr<const CallContent>>;
  const Signature* signature = nullptr;
  std::vector<Argument> arguments;
  std::string text;
};

Expected<CallContent, ParseError> parse_call(std::string_view text);

// One function each; nothing for arguments it cannot work on.
using Arguments = std::vector<Value>;
using Result = std::optional<Value>;
Result format(std::string_view pattern, const Arguments& arguments);  // arguments[0] is not looked at
Result string_to_json(const Arguments& arguments);
Result array_partition(const Arguments& arguments);
Result array_contains(const Arguments& arguments);
Result array_range(const Arguments& arguments);
Result array_get_item(const Arguments& arguments);
Result array_unique(const Arguments& arguments);
Result base64_encode(const Arguments& arguments);
Result base64_decode(const Arguments& arguments);
Result hash(const Arguments& arguments);
Result json_merge(const Arguments& arguments);
Result math_random(const Arguments& arguments, RandomSource* random);
Result math_add(const Arguments& arguments);
Result string_split(const Arguments& arguments);
Result uuid(RandomSource* random);

// Rounds half up, as java.lang.Math.round: 1.5 -> 2, -1.5 -> -1. Nothing for what is not a number or too
// large.
std::optional<int64_t> rounded(const Value& value);

}  // namespace statelang::intrinsics
