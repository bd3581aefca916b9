// The compiled form of a Choice Rule, shared by the compiler and the evaluator.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <statelang/choice/comparison.h>
#include <statelang/timestamps/timestamp.h>

namespace statelang::choice {

enum class Subject : uint8_t {
  String,
  Numeric,
  Boolean,
  Timestamp,
  StringMatches,
  IsNull,
  IsPresent,
  IsNumeric,
  IsString,
  IsBoolean,
  IsTimestamp,
};
enum class Relation : uint8_t { Equals, LessThan, GreaterThan, LessThanEquals, GreaterThanEquals };

struct Operator {
  std::string_view name;
  Subject subject;
  Relation relation = Relation::Equals;
  bool path = false;  // the operand is a path to what to compare with
};
const Operator* find_operator(std::string_view name);

// A data test, or a Boolean expression over others.
struct Test {
  enum class Kind : uint8_t { Compare, And, Or, Not };
  Kind kind = Kind::Compare;
  std::vector<Test> children;
  const Operator* op = nullptr;
  json_path::Path variable;
  Value operand;
  std::optional<json_path::Path> operand_path;
  std::optional<timestamps::Timestamp> operand_time;
};

struct Rule::Content {
  Test test;
  std::vector<std::string> variables;
};

// `*` stands for any number of characters; a backslash makes the next character literal.
bool matches_wildcards(std::string_view pattern, std::string_view text);
}  // namespace statelang::choice
