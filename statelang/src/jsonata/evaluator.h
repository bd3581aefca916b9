// Evaluator: one evaluation of one program. Walks the tree; every node's value follows JSONata's sequence
// rules. Not shared between threads; throws Raised, which evaluate() of expression.cpp catches.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <statelang/jsonata/expression.h>

#include "ast.h"
#include "callable.h"
#include "failure.h"
#include "frame.h"
#include "sequence.h"

namespace statelang::jsonata {

class Evaluator {
 public:
  Evaluator(std::shared_ptr<const Program> program, const Bindings& bindings, const Environment& environment);

  Value run(const Value& input);

  // The value of a node in a context. `frame` is the innermost frame.
  Value eval(const Node& node, const Value& input, Frame* frame);
  // Calls a function value. `input` is the context for arguments that are left out.
  Value apply(const Value& function, std::vector<Value> arguments, const Value& input, Frame* frame);
  // $eval: parses and evaluates in the scopes around `frame`.
  Value evaluate_text(std::string_view text, const Value& input, Frame* frame);

  const Environment& environment() const { return environment_; }
  uint64_t random();  // next number of the seeded generator
  static uint64_t scrambled(uint64_t seed);

  // Account for work; throw at a limit.
  void count_items(size_t items);
  void count_string(size_t bytes);
  Value string(std::string text);
  void step();
  // A tagged array went into a container, so the result must be cleaned.
  void note_nested(const Value& value) {
    if (value.is_array() && value.as_array().tag) unclean_ = true;
  }
  // A number that JSON cannot hold was made: something else stands in the result.
  void note_not_finite() { unclean_ = true; }

 private:
  Value eval_kind(const Node& node, const Value& input, Frame* frame);
  Value finish(const Node& node, Value result, Frame* frame);
  void enter();

  // path.cpp
  // What the next step works on: a single value or the items of an array, and what keeps them alive.
  struct Items {
    const Value* data = nullptr;
    size_t count = 0;
    Sequence sequence;                 // the items, when a step made them
    Value whole = Value::undefined();  // an array handed on as it is: the last step gave exactly one
    bool is_whole = false;
  };
  Value eval_path(const Node& path, const Value& input, Frame* frame);
  Value eval_fields(const Node& path, const Value& input, Frame* frame);
  Value eval_steps(const Node& path, size_t from, const Value* data, size_t count, Frame* frame);
  void eval_step(const Node& step, Items& items, Frame* frame, bool last);
  void eval_constructed_step(const Node& step, Items& items, const Value& input, Frame* frame);
  void eval_tuple_step(const Node& path, const Node& step, const Items& items, std::vector<Tuple>& tuples,
                       bool first, Frame* frame);
  void tuple_sort(const Node& path, const Node& step, const Items& items, std::vector<Tuple>& tuples,
                  bool first, Frame* frame);
  void expand_tuple(const Node& path, const Node& step, const Tuple& tuple, Value result,
                    std::vector<Tuple>& out);
  Tuple make_tuple(const Node& path, Value at, Frame* frame);
  Tuple copy_tuple(const Node& path, const Tuple& tuple, Value at);
  Value finish_path(const Node& path, Items& items, std::vector<Tuple>& tuples, bool is_tuple, Frame* frame);
  Value filter(const Stage& stage, Value input, Frame* frame);
  Value filter_items(const Node& predicate, const Value& input, Frame* frame);
  void filter_tuples(const Node& predicate, std::vector<Tuple>& tuples);
  // How often a predicate's result selects the item at `index` of `count`.
  static size_t selected(const Value& result, size_t index, size_t count);
  struct SortItem {
    const Value* context;
    Frame* frame;
    std::vector<Value> keys;  // of the terms asked for so far
  };
  bool sorts_after(const Node& sort, SortItem& a, SortItem& b);
  std::vector<size_t> sort_order(const Node& sort, std::vector<SortItem>& items);
  Value eval_sort(const Node& sort, const Items& items, Frame* frame);
  Value eval_wildcard(const Value& input);
  Value eval_descendants(const Value& input);

  // construct.cpp
  Value eval_array(const Node& node, const Value& input, Frame* frame);
  Value eval_group(const std::vector<Pair>& pairs, uint32_t position, const Value& input, Frame* frame);
  Value group_single(const std::vector<Pair>& pairs, uint32_t position, const Value& item, Frame* frame);
  Value group_tuples(const Node& path, const Group& group, const std::vector<Tuple>& tuples, Frame* frame);
  Value eval_range(const Node& node, const Value& input, Frame* frame);
  Value group_key(const Node& node, uint32_t position, const Value& item, Frame* frame);

  // operators.cpp
  Value eval_negate(const Node& node, const Value& input, Frame* frame);
  Value eval_arithmetic(const Node& node, const Value& input, Frame* frame);
  Value eval_comparison(const Node& node, const Value& input, Frame* frame);
  Value eval_logic(const Node& node, const Value& input, Frame* frame);
  Value eval_concatenate(const Node& node, const Value& input, Frame* frame);
  Value eval_membership(const Node& node, const Value& input, Frame* frame);
  Value eval_variable(const Node& node, const Value& input, Frame* frame);
  const Value& variable(const VariableReference& reference, Frame* frame);

  // call.cpp
  Value eval_block(const Node& node, const Value& input, Frame* frame);
  Value eval_call(const Node& node, const Value& input, Frame* frame, const Value* applied);
  Value eval_partial(const Node& node, const Value& input, Frame* frame);
  Value eval_apply(const Node& node, const Value& input, Frame* frame);
  Value apply_once(const Value& function, std::vector<Value>& arguments, const Value& input, Frame* frame);
  Value apply_native(const BuiltinFunction& function, std::vector<Value>& arguments, const Value& input,
                     Frame* frame);
  Value apply_lambda(const Lambda& lambda, std::vector<Value>& arguments, const Value& input);
  Value apply_transform(const Transform& transform, std::vector<Value>& arguments);
  Value transform_copy(const Node& node, const Value& copy, Frame* frame);
  Value transform_match(const Node& node, Value match, Frame* frame);
  const BuiltinFunction* direct_builtin(const Node& procedure) const;

  // A program with the values of its free variables: the expression itself, and each text of $eval.
  struct Loaded {
    std::shared_ptr<const Program> program;
    std::vector<Value> globals;
    FramePtr top;
  };
  Loaded& load(const std::shared_ptr<const Program>& program, Frame* outer);

  const Environment& environment_;
  const Bindings& bindings_;
  FrameList frames_;
  std::vector<std::unique_ptr<Loaded>> loaded_;
  Loaded* current_ = nullptr;
  Value root_;
  bool unclean_ = false;

  // A call in tail position waits here until the caller's frame is gone.
  bool tail_pending_ = false;
  Value tail_function_;
  std::vector<Value> tail_arguments_;
  std::string_view tail_name_;

  uint64_t steps_ = 0;
  uint64_t memory_ = 0;
  uint32_t depth_ = 0;
  uint64_t random_state_ = 0;
  int64_t deadline_ms_ = 0;
  const char* stack_base_ = nullptr;
};

}  // namespace statelang::jsonata
