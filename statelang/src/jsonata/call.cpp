// Calls: functions of every sort, tail calls, partial application, chaining and transforms.
#include <algorithm>

#include "evaluator.h"

namespace statelang::jsonata {

size_t arity_of(const Callable& callable) {
  switch (callable.sort) {
    case Callable::Sort::Builtin:
      return static_cast<const BuiltinFunction&>(callable).builtin->arity;
    case Callable::Sort::Lambda:
      return static_cast<const Lambda&>(callable).node->items.size();
    case Callable::Sort::Partial:
      return static_cast<const Partial&>(callable).open.size();
    case Callable::Sort::Regex:
      return 2;
    case Callable::Sort::NextMatch:
      return 0;
    default:
      return 1;
  }
}

Value Evaluator::eval_block(const Node& node, const Value& input, Frame* frame) {
  FramePtr own;
  if (node.scope) {
    own = FramePtr(Frame::make(frames_, node.scope.get(), frame));
    frame = own.get();
  }
  Value result = Value::undefined();
  for (const Node* item : node.items) result = eval(*item, input, frame);
  return result;
}

namespace {

// What JavaScript calls truthy: the variable means something.
bool truthy_or_function(const Value& value) {
  return value.is_opaque() || value.is_array() || value.is_object() || truthy(value);
}

// The name an error message gives to the called thing.
std::string_view called_name(const Node& procedure) {
  const Node* named = procedure.kind == Kind::Path ? procedure.items.front() : &procedure;
  return named->value.is_string() ? named->value.as_string() : std::string_view{};
}

}  // namespace

// A built-in that is called by its own name and not bound to anything else.
const BuiltinFunction* Evaluator::direct_builtin(const Node& procedure) const {
  if (procedure.kind != Kind::Variable || procedure.variable.global < 0 ||
      !procedure.variable.candidates.empty() || !procedure.predicates.empty() || procedure.group) {
    return nullptr;
  }
  const auto index = static_cast<size_t>(procedure.variable.global);
  const Value& builtin = current_->program->globals[index].builtin;
  if (builtin.is_undefined() || !current_->globals[index].same_content(builtin)) return nullptr;
  return static_cast<const BuiltinFunction*>(builtin.as_opaque());
}

Value Evaluator::eval_call(const Node& node, const Value& input, Frame* frame, const Value* applied) {
  const BuiltinFunction* builtin = direct_builtin(*node.lhs);
  Value function = Value::undefined();
  if (builtin) {
    step();
    if (depth_ + 1 > environment_.limits.depth_max) raise("D1011");
  } else {
    function = eval(*node.lhs, input, frame);
    if (function.is_undefined() && node.lhs->kind == Kind::Path &&
        truthy_or_function(variable(node.variable, frame))) {
      raise_at("T1005", node.position, std::string(called_name(*node.lhs)));
    }
  }
  std::vector<Value> arguments;
  arguments.reserve(node.items.size() + 2);
  if (applied) arguments.push_back(*applied);
  for (const Node* item : node.items) arguments.push_back(eval(*item, input, frame));
  // Also built-ins: the array that one collects is the function's result as it is, with one item or none.
  if (node.tail_call && !applied) {
    tail_pending_ = true;
    tail_function_ =
        builtin ? current_->globals[static_cast<size_t>(node.lhs->variable.global)] : std::move(function);
    tail_arguments_ = std::move(arguments);
    tail_name_ = called_name(*node.lhs);
    return Value::undefined();
  }
  try {
    if (builtin) return apply_native(*builtin, arguments, input, frame);
    return apply(function, std::move(arguments), input, frame);
  } catch (Raised& raised) {
    if (raised.position == Raised::kNoPosition) raised.position = node.position;
    if (raised.token.empty()) raised.token = called_name(*node.lhs);
    throw;
  }
}

Value Evaluator::apply(const Value& function, std::vector<Value> arguments, const Value& input,
                       Frame* frame) {
  Value result = apply_once(function, arguments, input, frame);
  while (tail_pending_) {
    tail_pending_ = false;
    const Value next = std::move(tail_function_);
    std::vector<Value> next_arguments = std::move(tail_arguments_);
    const std::string_view name = tail_name_;
    try {
      result = apply_once(next, next_arguments, input, frame);
    } catch (Raised& raised) {
      if (raised.token.empty()) raised.token = name;
      throw;
    }
  }
  return result;
}

Value Evaluator::apply_once(const Value& function, std::vector<Value>& arguments, const Value& input,
                            Frame* frame) {
  Callable* callable = callable_of(function);
  if (!callable) raise("T1006");
  switch (callable->sort) {
    case Callable::Sort::Builtin:
      return apply_native(static_cast<const BuiltinFunction&>(*callable), arguments, input, frame);
    case Callable::Sort::Lambda: {
      const auto& lambda = static_cast<const Lambda&>(*callable);
      if (lambda.node->signature) lambda.node->signature->apply(arguments, input);
      return apply_lambda(lambda, arguments, input);
    }
    case Callable::Sort::Partial: {
      const auto& partial = static_cast<const Partial&>(*callable);
      std::vector<Value> all = partial.arguments;
      for (size_t i = 0; i < partial.open.size(); ++i) {
        all[partial.open[i]] = i < arguments.size() ? arguments[i] : Value::undefined();
      }
      return apply(partial.function, std::move(all), input, frame);
    }
    case Callable::Sort::Chain: {
      const auto& chain = static_cast<const Chain&>(*callable);
      arguments.resize(1, Value::undefined());
      std::vector<Value> between{apply(chain.first, std::move(arguments), input, frame)};
      return apply(chain.second, std::move(between), input, frame);
    }
    case Callable::Sort::Transform:
      return apply_transform(static_cast<const Transform&>(*callable), arguments);
    case Callable::Sort::Regex: {
      if (arguments.empty() || !arguments[0].is_string()) return Value::undefined();
      const double from = arguments.size() > 1 && arguments[1].is_number() ? arguments[1].as_double() : 0;
      return match_object(*this, static_cast<const RegexFunction&>(*callable).regex, arguments[0],
                          from > 0 ? static_cast<size_t>(from) : 0, false);
    }
    case Callable::Sort::NextMatch: {
      const auto& next = static_cast<const NextMatch&>(*callable);
      return match_object(*this, next.regex, next.text, next.from, true);
    }
    case Callable::Sort::TupleStream:
      break;
  }
  raise("T1006");
}

Value Evaluator::apply_native(const BuiltinFunction& function, std::vector<Value>& arguments,
                              const Value& input, Frame* frame) {
  if (function.signature) function.signature->apply(arguments, input);
  NativeCall call{*this, arguments, input, frame};
  return function.builtin->native(call);
}

Value Evaluator::apply_lambda(const Lambda& lambda, std::vector<Value>& arguments, const Value&) {
  const Node& node = *lambda.node;
  Loaded* caller = current_;
  if (current_->program != lambda.program) current_ = &load(lambda.program, lambda.frame.get());
  FramePtr own;
  Frame* frame = lambda.frame.get();
  if (node.scope) {
    own = FramePtr(Frame::make(frames_, node.scope.get(), frame));
    frame = own.get();
    for (size_t i = 0; i < node.parameter_slots.size(); ++i) {
      frame->assign(static_cast<size_t>(node.parameter_slots[i]),
                    i < arguments.size() ? std::move(arguments[i]) : Value::undefined());
    }
  }
  // The lambda may be dropped by its own body (`$f := 1`), so what the body needs is kept here.
  const Value context = lambda.input;
  const FramePtr closure = lambda.frame;
  Value result = eval(*node.lhs, context, frame);
  current_ = caller;
  return result;
}

Value Evaluator::eval_partial(const Node& node, const Value& input, Frame* frame) {
  std::vector<Value> arguments;
  std::vector<size_t> open;
  for (const Node* item : node.items) {
    if (item->kind == Kind::Placeholder) {
      open.push_back(arguments.size());
      arguments.push_back(Value::undefined());
    } else {
      arguments.push_back(eval(*item, input, frame));
    }
  }
  Value function = eval(*node.lhs, input, frame);
  if (function.is_undefined() && node.lhs->kind == Kind::Path &&
      truthy_or_function(variable(node.variable, frame))) {
    raise_at("T1007", node.position, std::string(called_name(*node.lhs)));
  }
  if (!callable_of(function)) raise_at("T1008", node.position, std::string(called_name(*node.lhs)));
  return Value(new Partial(std::move(function), std::move(arguments), std::move(open)));
}

Value Evaluator::eval_apply(const Node& node, const Value& input, Frame* frame) {
  const Value left = eval(*node.lhs, input, frame);
  const Node& right = *node.rhs;
  if (right.kind == Kind::Call) {
    return eval_call(right, input, frame, &left);
  }
  const Value function = eval(right, input, frame);
  if (!callable_of(function)) raise_at("T2006", node.position, {}, function);
  if (callable_of(left)) return Value(new Chain(left, function));
  return apply(function, {left}, Value(nullptr), frame);
}

}  // namespace statelang::jsonata
