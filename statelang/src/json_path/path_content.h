// The compiled form of a Path, shared by the parser and the evaluator.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <statelang/json_path/path.h>

#include "json_path/regular_expression.h"

namespace statelang::json_path {

struct Filter;
struct FunctionCall;

struct Step {
  enum class Kind : uint8_t { Name, Names, Index, Indexes, Slice, Wildcard, Descend, Filter, Function };
  Kind kind = Kind::Name;
  std::string name;
  int64_t index = 0;
  std::vector<std::string> names;
  std::vector<int64_t> indexes;
  std::optional<int64_t> from, to;  // Slice
  std::shared_ptr<const Filter> filter;
  std::shared_ptr<const FunctionCall> call;
};

// An argument of a function or one side of a comparison.
struct Operand {
  enum class Kind : uint8_t { Literal, Path, Pattern };
  Kind kind = Kind::Literal;
  Value literal;
  std::shared_ptr<const PathContent> path;
  std::shared_ptr<const RegularExpression> pattern;
};

enum class Function : uint8_t {
  Length,
  Min,
  Max,
  Avg,
  Sum,
  Stddev,
  Concat,
  Append,
  Keys,
  First,
  Last,
  Index
};

struct FunctionCall {
  Function function = Function::Length;
  std::vector<Operand> arguments;
};

enum class Comparison : uint8_t {
  Equal,
  NotEqual,
  StrictEqual,
  StrictNotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Matches,
  In,
  NotIn,
  SubsetOf,
  AnyOf,
  NoneOf,
  AllOf,
  Size,
  Empty,
  Contains,
  Type,
};

struct Filter {
  enum class Kind : uint8_t { Or, And, Not, Exists, Compare };
  Kind kind = Kind::Exists;
  std::vector<Filter> children;  // Or, And, Not
  Comparison comparison = Comparison::Equal;
  Operand left, right;  // Exists uses left alone
};

struct PathContent {
  Root root = Root::Input;
  bool relative = false;  // `@`: starts at the item a filter looks at
  std::string variable;
  std::string text;
  std::vector<Step> steps;
  size_t definite_steps = 0;  // leading steps that match at most one value
  // `$..x.sum()`: the step whose function works on all that the steps before it find; 0 without one.
  size_t gathered_by = 0;
  bool definite = true;
  bool simple = true;  // names and indexes only: evaluated without recursion or copies

  // Sets what follows from the steps.
  void seal();
};

std::optional<Function> function_named(std::string_view name);
std::string_view name_of(Function function);

// The path as Jayway writes it in its messages, up to and without step `count`: $['a'][0].
std::string normalized(const PathContent& path, size_t count);

void collect_variables(const PathContent& path, std::vector<std::string>& names);

Expected<PathContent, Error> parse_path(std::string_view text);

// Evaluates paths inside filters too, under one budget.
class Evaluator {
 public:
  Evaluator(const Roots& roots, size_t visits_max) : roots_(roots), visits_left_(visits_max) {}
  Expected<Value, Error> evaluate(const PathContent& path);

 private:
  struct Frame {  // one path being evaluated
    const PathContent& path;
    size_t end;  // the step before which the walk ends
    std::vector<Value> results;
  };

  const Value* root_of(const PathContent& path);
  Value result_of(const PathContent& path);  // Undefined when nothing was found
  void run(Frame& frame, const Value& root);
  void walk(Frame& frame, size_t at, const Value& node);
  void walk_name(Frame& frame, size_t at, const Value& node);
  void walk_names(Frame& frame, size_t at, const Value& node);
  void walk_indexes(Frame& frame, size_t at, const Value& node);
  void walk_index(Frame& frame, size_t at, const Array& array, int64_t index);
  void walk_slice(Frame& frame, size_t at, const Array& array);
  void walk_wildcard(Frame& frame, size_t at, const Value& node);
  void walk_descend(Frame& frame, size_t at, const Value& node);
  void walk_filter(Frame& frame, size_t at, const Value& node);
  void walk_function(Frame& frame, size_t at, const Value& node);
  void add_result(Frame& frame, size_t at, Value value);
  void descend_filter(Frame& frame, size_t at, const Value& node);
  bool selects(const Filter& filter, const Value& item);
  bool accepts(const Filter& filter);
  bool exists(const Operand& operand);
  bool compares(const Filter& filter);
  Value value_of(const Operand& operand);
  Value apply(const FunctionCall& call, const Value& value);
  Value apply(Function function, const Value& value, const std::vector<Value>& arguments);
  Value apply_to_found(const FunctionCall& call, const Value& root, Value found);
  Value no_values();
  Value length_of(const FunctionCall& call, const Value& value);
  bool array_or_fail(Frame& frame, size_t at, const Value& node);
  bool spend(size_t visits);
  void fail(Error::Kind kind, std::string text);
  // `text` makes the message, which may quote a whole document; nobody reads it inside filters.
  template <class Text>
  void fail_missing(Text text) {
    fail(Error::Kind::MissingProperty, in_filter_ ? std::string() : text());
  }

  const Roots& roots_;
  size_t visits_left_;
  const Value* document_ = nullptr;  // `$` inside filters
  const Value* current_ = nullptr;   // `@`
  bool in_filter_ = false;
  bool wants_all_ = false;  // `[?(@.x)]`: a name that is missing ends the path wherever it is missing
  bool refused_ = false;    // a comparison made no sense: its filter selects nothing, also under `!` and `||`
  std::optional<Error> error_;
};

// Nothing for a comparison that makes no sense, such as `in` with a number on its right.
std::optional<bool> compare_values(Comparison comparison, const Value& left, const Value& right);

}  // namespace statelang::json_path
