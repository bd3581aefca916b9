// Callable: what a function value holds: a built-in, a lambda with its closure, a partial application, a
// chain of two functions, a transform, or a regular expression.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <statelang/value.h>

#include "ast.h"
#include "frame.h"
#include "functions.h"
#include "regex.h"

namespace statelang::jsonata {

class Callable : public Opaque {
 public:
  enum class Sort : uint8_t { Builtin, Lambda, Partial, Chain, Transform, Regex, NextMatch, TupleStream };
  explicit Callable(Sort s) : sort(s) {}
  const Sort sort;
};

struct BuiltinFunction : Callable {
  BuiltinFunction(const Builtin* b, std::shared_ptr<const Signature> s)
      : Callable(Sort::Builtin), builtin(b), signature(std::move(s)) {}
  const Builtin* builtin;
  std::shared_ptr<const Signature> signature;  // null: arguments are not checked
};

struct Lambda : Callable {
  Lambda(const Node* n, Value i, FramePtr f, std::shared_ptr<const Program> p)
      : Callable(Sort::Lambda), node(n), input(std::move(i)), frame(std::move(f)), program(std::move(p)) {}
  const Node* node;
  Value input;
  FramePtr frame;
  std::shared_ptr<const Program> program;
};

// Arguments that are not given yet are marked in `open`.
struct Partial : Callable {
  Partial(Value f, std::vector<Value> a, std::vector<size_t> o)
      : Callable(Sort::Partial), function(std::move(f)), arguments(std::move(a)), open(std::move(o)) {}
  Value function;
  std::vector<Value> arguments;
  std::vector<size_t> open;
};

struct Chain : Callable {
  Chain(Value f, Value s) : Callable(Sort::Chain), first(std::move(f)), second(std::move(s)) {}
  Value first;
  Value second;
};

struct Transform : Callable {
  Transform(const Node* n, FramePtr f, std::shared_ptr<const Program> p)
      : Callable(Sort::Transform), node(n), frame(std::move(f)), program(std::move(p)) {}
  const Node* node;
  FramePtr frame;
  std::shared_ptr<const Program> program;
};

struct RegexFunction : Callable {
  explicit RegexFunction(std::shared_ptr<const CompiledRegex> r)
      : Callable(Sort::Regex), regex(std::move(r)) {}
  std::shared_ptr<const CompiledRegex> regex;
};

// The `next` member of a match.
struct NextMatch : Callable {
  NextMatch(std::shared_ptr<const CompiledRegex> r, Value t, size_t f)
      : Callable(Sort::NextMatch), regex(std::move(r)), text(std::move(t)), from(f) {}
  std::shared_ptr<const CompiledRegex> regex;
  Value text;
  size_t from;  // byte
};

// Not a function: the bindings a path carries along (@, #, %).
struct Tuple {
  Value at = Value::undefined();
  FramePtr frame;
};
struct TupleStream : Callable {
  TupleStream() : Callable(Sort::TupleStream) {}
  std::vector<Tuple> tuples;
};

inline Callable* callable_of(const Value& value) {
  if (!value.is_opaque()) return nullptr;
  auto* callable = static_cast<Callable*>(value.as_opaque());
  return callable->sort == Callable::Sort::TupleStream ? nullptr : callable;
}
inline TupleStream* tuples_of(const Value& value) {
  if (!value.is_opaque()) return nullptr;
  auto* callable = static_cast<Callable*>(value.as_opaque());
  return callable->sort == Callable::Sort::TupleStream ? static_cast<TupleStream*>(callable) : nullptr;
}
// How many arguments higher-order functions may pass.
size_t arity_of(const Callable& callable);

}  // namespace statelang::jsonata
