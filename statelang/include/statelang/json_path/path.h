// JSONPath as the States Language uses it: Jayway's dialect over the state input (`$`), the Context Object
// (`$$`) and workflow variables (`$name`). A Path is compiled once, when a definition is loaded, and
// evaluated for every state that uses it. Immutable and cheap to copy; may be used from any thread. Source:
// AWS "Using JSONPath paths" and "Workflow variables"; the texts of failures are AWS's own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/expected.h>
#include <statelang/value.h>

namespace statelang::json_path {

enum class Root : uint8_t { Input, Context, Variable };

// Where a path's variables come from: the scopes of an execution.
class VariableLookup {
 public:
  virtual ~VariableLookup() = default;
  // `name` without the dollar sign; nullptr when no scope has it. Valid while the scopes do not change.
  virtual const Value* find(std::string_view name) const = 0;
};

// What `$`, `$$` and `$name` stand for. Pointers must outlive the evaluation; a null `input` or `context`
// reads as an empty object, null `variables` as a scope without variables.
struct Roots {
  const Value* input = nullptr;
  const Value* context = nullptr;
  const VariableLookup* variables = nullptr;
};

struct Error {
  enum class Kind : uint8_t {
    Syntax,           // not a path: parse() only
    NoResults,        // a definite path found nothing; `text` reads "No results for path: $['x']"
    MissingProperty,  // an inner step found nothing: "Missing property in path $['no']"
    MissingVariable,  // `text` names the variable
    InvalidValue,     // a function or a write met a value it cannot work on
    Budget,           // more nodes visited than allowed
  };
  Kind kind = Kind::Syntax;
  std::string text;
  size_t offset = 0;  // Syntax: the byte where reading stopped

  // The path led nowhere (as opposed to a broken path or a limit).
  bool is_missing() const { return kind == Kind::NoResults || kind == Kind::MissingProperty; }
};

// Nodes that one evaluation may visit; scans of 100,000-item arrays with filters stay well below it.
inline constexpr size_t kVisitsMax = 20'000'000;

struct PathContent;  // internal

class Path {
 public:
  // `$`, the whole input.
  Path();
  static Expected<Path, Error> parse(std::string_view text);

  Root root() const;
  const std::string& variable() const;  // Root::Variable: the name without `$`
  const std::string& text() const;      // as written
  // At most one value can match; an indefinite path always evaluates to an array of all matches.
  bool is_definite() const;
  // Definite and made of names and non-negative indexes alone: may say where ResultPath writes.
  bool is_reference_path() const;
  // True for `$`, `$$` and `$name` alone.
  bool is_root_only() const;
  // Names of every variable the path mentions, filters included; no duplicates.
  std::vector<std::string> variables() const;

  Expected<Value, Error> evaluate(const Roots& roots, size_t visits_max = kVisitsMax) const;
  // The value in place, without copying; only for paths of names and indexes (nullptr otherwise or when
  // missing). For hot comparisons; evaluate() tells why something is missing.
  const Value* find(const Roots& roots) const;

 private:
  friend struct PathContent;
  explicit Path(std::shared_ptr<const PathContent> content) : content_(std::move(content)) {}
  friend Expected<Value, Error> write(const Path& reference, Value root, Value item);
  std::shared_ptr<const PathContent> content_;
};

// Puts `item` at `reference` (a reference path on `$`) inside `root` and returns the new root: what
// ResultPath does. Absent objects on the way are created. A scalar in the way, a name on an array, an index
// outside an array: InvalidValue, which the caller reports as States.ResultPathMatchFailure; `root` is then
// lost.
Expected<Value, Error> write(const Path& reference, Value root, Value item);

}  // namespace statelang::json_path
