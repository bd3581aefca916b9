// The syntax tree of a JSONata expression and what resolve() adds to it. Built by parser.cpp, reshaped into
// paths and steps by shape.cpp, given variable slots by resolve.cpp, walked by the evaluator; immutable
// after.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <statelang/jsonata/expression.h>

#include "signature.h"

namespace statelang::jsonata {

class CompiledRegex;

enum class Kind : uint8_t {
  // Only before shape(): operators that become steps, stages, groups.
  Dot,
  Filter,
  GroupBy,
  OrderBy,
  FocusBind,
  IndexBind,
  Placeholder,
  End,
  // Leaves.
  Literal,
  Name,
  Variable,
  Wildcard,
  Descendant,
  Parent,
  RegexLiteral,
  // Operators.
  Negate,
  ArrayConstructor,
  ObjectConstructor,
  Arithmetic,
  Equality,
  Comparison,
  And,
  Or,
  Concatenate,
  Range,
  Membership,
  Condition,
  Coalesce,
  Default,
  Bind,
  Block,
  Path,
  Sort,
  Call,
  Partial,
  Lambda,
  Apply,
  Transform,
};

enum class Operator : uint8_t {
  None,
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual
};

// Where a variable may be found: the candidates from the innermost scope outwards, then a global.
struct SlotReference {
  uint16_t frames_up = 0;
  uint16_t slot = 0;
};
struct VariableReference {
  std::vector<SlotReference> candidates;
  int32_t global = -1;  // index in Program::globals
};

// Variables one frame holds.
struct Scope {
  std::vector<std::string> names;
  int find(std::string_view name) const;
  int add(const std::string& name);
};

// The object a `%` means: the step `level` steps up binds it under `label`.
struct AncestorSlot {
  std::string label;
  int level = 1;
  size_t index = 0;
};

struct Node;

struct Stage {
  bool is_index = false;  // `#$i` after a predicate; otherwise a predicate
  Node* expression = nullptr;
  std::string name;
  int slot = -1;
};
struct SortTerm {
  Node* expression = nullptr;
  bool descending = false;
};
using Pair = std::pair<Node*, Node*>;
struct Group {
  std::vector<Pair> pairs;
  uint32_t position = 0;
};

struct Node {
  Kind kind = Kind::Literal;
  Operator op = Operator::None;
  bool keep_array = false;            // `[]` was written
  bool keep_singleton_array = false;  // Path: a step has keep_array
  bool cons_array = false;            // an array constructor that must not be flattened
  bool tuple = false;                 // carries bindings (@, #, %) along the path
  bool tail_call = false;             // Call in tail position of a lambda
  bool plain_fields = false;          // Path: names only, without predicates: the fast way
  bool is_literal_number = false;
  uint32_t position = 0;
  uint32_t depth = 1;                // height of the tree below
  Value value = Value::undefined();  // literal, field or variable name
  Node* lhs = nullptr;               // operand, condition, pattern, procedure, lambda body
  Node* rhs = nullptr;               // operand, then, update
  Node* third = nullptr;             // else, delete
  std::vector<Node*> items;          // arguments, parameters, elements, block, path steps
  std::vector<Pair> pairs;           // object constructor, group-by
  std::vector<SortTerm> terms;
  std::vector<Stage> predicates;  // of an expression that is not a step
  std::vector<Stage> stages;      // of a step
  std::unique_ptr<Group> group;
  std::shared_ptr<const CompiledRegex> regex;
  std::shared_ptr<const Signature> signature;

  // Bindings of a step.
  std::string focus, index;
  AncestorSlot* ancestor = nullptr;
  AncestorSlot* parent_slot = nullptr;  // Parent
  std::vector<AncestorSlot*> seeking_parent;

  // Set by resolve().
  VariableReference variable;
  std::unique_ptr<Scope> scope;  // Block, Lambda, tuple Path: the frame it opens; null = none
  int slot = -1;                 // Bind: slot in the innermost frame
  int focus_slot = -1, index_slot = -1, ancestor_slot = -1;
  std::vector<int> tuple_map;  // tuple step that is a path: its slots → slots of this path
  std::vector<int> parameter_slots;
};

// What parse() makes: owns the nodes.
class Program {
 public:
  struct Global {
    std::string name;
    Value builtin = Value::undefined();  // the built-in function of that name
    uint32_t position = 0;
  };

  Node* make(Kind kind, size_t position);
  AncestorSlot* make_ancestor();

  std::string text;
  Dialect dialect = Dialect::Plain;
  Node* root = nullptr;
  Scope top;                    // variables assigned at the top
  std::vector<Global> globals;  // free variables, looked up once per evaluation
  std::vector<AncestorSlot*> ancestry;
  Analysis analysis;

 private:
  std::deque<Node> nodes_;
  std::deque<AncestorSlot> ancestors_;
};

// Parser: text → operators. Throws Raised.
Node* parse_operators(Program& program);
// Shape: operators → paths, steps, stages. Throws Raised.
Node* shape(Program& program, Node* node);
// Resolve: variable slots, tail calls, analysis. `outer` are the scopes around an $eval, innermost first.
void resolve(Program& program, const std::vector<const Scope*>& outer = {});
// Aws: throws Raised for what the dialect refuses.
void check_aws(const Program& program);
// All of it; throws Raised.
std::shared_ptr<Program> compile(std::string_view text, Dialect dialect,
                                 const std::vector<const Scope*>& outer = {});

}  // namespace statelang::jsonata
