// The 18 intrinsic functions of the States Language (JSONPath states only), such as
// States.Format('Hello {}', $.name). Parsed once when a definition is loaded; pure: randomness is passed in.
// Immutable, cheap to copy, may be used from any thread.
// Source: AWS "Intrinsics for JSONPath states", States Language specification appendix B.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/expected.h>
#include <statelang/json_path/path.h>
#include <statelang/value.h>

namespace statelang::intrinsics {

inline constexpr size_t kNestingMax = 10;         // calls inside calls, per field
inline constexpr size_t kTextLengthMax = 10'000;  // characters given to Base64Encode, Base64Decode, Hash
inline constexpr size_t kRangeItemsMax = 1'000;   // items made by ArrayRange

// Where States.UUID and States.MathRandom without a seed get their bits; seeded per execution and step, so
// that a replay makes the same values.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual uint64_t next() = 0;
};

// Everything an evaluation reads. Must outlive the call.
struct Environment {
  json_path::Roots roots;
  RandomSource* random = nullptr;  // null: States.UUID and unseeded MathRandom fail
};

struct ParseError {
  size_t offset = 0;
  std::string message;
};

struct Error {
  enum class Kind : uint8_t {
    Path,      // an argument's path led nowhere: `path` and `path_error` say which and why
    Function,  // wrong arguments or a limit: States.IntrinsicFailure with `text`
  };
  Kind kind = Kind::Function;
  std::string text;
  std::string path;  // as written
  json_path::Error path_error;
};

struct CallContent;  // internal

class Call {
 public:
  static Expected<Call, ParseError> parse(std::string_view text);
  // Whether a text means to be a call at all ("States." at its start).
  static bool looks_like_call(std::string_view text);

  const std::string& text() const;
  std::vector<std::string> variables() const;  // referenced by any argument, no duplicates
  Expected<Value, Error> evaluate(const Environment& environment) const;

 private:
  explicit Call(std::shared_ptr<const CallContent> content) : content_(std::move(content)) {}
  std::shared_ptr<const CallContent> content_;
};

}  // namespace statelang::intrinsics
