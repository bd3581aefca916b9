// JSONata expressions: parse once, evaluate often. The States Language's QueryLanguage "JSONata" and the
// `stepstream eval` command are the callers.
//
// An Expression is immutable and cheap to copy; one Expression may be evaluated from several threads at once.
// Evaluation is pure: time, randomness and limits arrive in the Environment, so the same arguments always
// give the same result. Nothing throws across this header. Language: docs.jsonata.org, and for Dialect::Aws
// the Step Functions guide "Transforming data with JSONata".
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/expected.h>
#include <statelang/value.h>

namespace statelang::jsonata {

// `code` is JSONata's: S.... from parse(), T.... (types) and D.... (values, limits) from evaluate().
struct Error {
  std::string code;
  std::string message;
  size_t position = 0;  // byte offset in the expression; 0 when unknown
  std::string text() const { return code + ": " + message; }
};

enum class Dialect : uint8_t {
  Aws,    // JSONata 2.0.6 with AWS's six functions, without $eval, and without names at the top level
  Plain,  // the language as its reference implementation has it, version 2.2
};

// Bounds count work, never wall time, so that a replay ends at the same place. At a limit evaluate() returns
// D1011 (depth), D1012 (steps, time) or D2015 (items, string bytes, memory).
struct Limits {
  uint64_t steps_max = 20'000'000;           // nodes evaluated
  uint32_t depth_max = 1'500;                // nested evaluations; tail calls do not nest
  uint64_t sequence_items_max = 10'000'000;  // items of one array made by an expression
  uint64_t string_bytes_max = 1ull << 28;    // bytes of one string made by an expression
  uint64_t memory_bytes_max = 2ull << 30;    // sum over all arrays and strings made
  static Limits aws();                       // measured on Step Functions
};

struct Environment {
  int64_t now_ms = 0;        // $now() and $millis(): Unix milliseconds, the same during one evaluation
  uint64_t random_seed = 0;  // $random(), $shuffle() and $uuid() are a function of it
  Limits limits;
  // Only for interactive use: stops an evaluation by wall time. `clock_ms` is asked now and then.
  int64_t time_limit_ms = 0;
  std::function<int64_t()> clock_ms;
};

// Variables by name without '$'. `values` is looked at first, then each scope in order. The scopes must
// outlive the evaluation.
struct Bindings {
  Object values;
  std::vector<const Object*> scopes;
  const Value* find(std::string_view name) const noexcept;
};

struct VariableUse {
  std::string name;  // without '$'
  size_t position = 0;
};
// `$states.<member>` as written; `member` is empty where $states stands alone or is indexed by an expression.
struct StatesUse {
  std::string member;
  size_t position = 0;
};
struct Analysis {
  std::vector<VariableUse> free_variables;  // each name once, functions of the language left out
  std::vector<StatesUse> states_uses;       // every use
};

class Program;

class Expression {
 public:
  // Aws refuses what AWS refuses: the message of a name, `$` or `$$` at the top level is
  // "Reference to 'x' at the top level is not supported" with the code kTopLevelReference.
  static Expected<Expression, Error> parse(std::string_view text, Dialect dialect);

  // `input` may be Undefined. The result may be Undefined or hold functions (is_function), which can be
  // recognised but not called after evaluate() has returned.
  Expected<Value, Error> evaluate(const Value& input, const Bindings& bindings,
                                  const Environment& environment) const;

  const Analysis& analysis() const;
  std::string_view text() const;

 private:
  explicit Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

inline constexpr std::string_view kTopLevelReference = "TOP_LEVEL_REFERENCE";

// True for lambdas, built-in functions and regular expressions.
bool is_function(const Value& value) noexcept;
// True when a function is the value itself or anywhere inside it.
bool contains_function(const Value& value);

}  // namespace statelang::jsonata
