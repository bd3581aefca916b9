#include "evaluator.h"

namespace statelang::jsonata {
namespace {

// Calls `function` with as many of the three arguments as it takes, at least one.
class Caller {
 public:
  Caller(NativeCall& call, const Value& function) : call_(call), function_(function) {
    const Callable* callable = callable_of(function);
    arity_ = callable ? arity_of(*callable) : 1;
  }
  size_t arity() const { return arity_; }
  Value operator()(const Value& first, const Value& second, const Value& third) {
    std::vector<Value> arguments;
    arguments.reserve(4);
    arguments.push_back(first);
    if (arity_ >= 2) arguments.push_back(second);
    if (arity_ >= 3) arguments.push_back(third);
    return call_.evaluator.apply(function_, std::move(arguments), Value(nullptr), call_.frame);
  }

 private:
  NativeCall& call_;
  const Value& function_;
  size_t arity_ = 1;
};

Value index_value(size_t i) {
  return Value(static_cast<int64_t>(i));
}

Value map(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const Value list = call[0];
  Caller function(call, call[1]);
  Sequence out;
  for (size_t i = 0; i < list.size(); ++i) {
    Value result = function(list[i], index_value(i), list);
    if (result.is_undefined()) continue;
    call.evaluator.note_nested(result);
    out.push(std::move(result));
  }
  call.evaluator.count_items(out.size());
  return out.take();
}

Value filter(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const Value list = call[0];
  Caller function(call, call[1]);
  Sequence out;
  for (size_t i = 0; i < list.size(); ++i) {
    if (truthy(function(list[i], index_value(i), list))) out.push(list[i]);
  }
  call.evaluator.count_items(out.size());
  return out.take();
}

Value single(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const Value list = call[0];
  Caller function(call, call[1]);
  bool found = false;
  Value result = Value::undefined();
  for (size_t i = 0; i < list.size(); ++i) {
    if (!call[1].is_undefined() && !truthy(function(list[i], index_value(i), list))) continue;
    if (found) throw Raised{.code = "D3138", .index = static_cast<int64_t>(i)};
    found = true;
    result = list[i];
  }
  if (!found) raise("D3139");
  return result;
}

Value reduce(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const Value list = call[0];
  const Value function = call[1];
  const Callable* callable = callable_of(function);
  const size_t arity = callable ? arity_of(*callable) : 0;
  if (arity < 2) throw Raised{.code = "D3050", .index = 1};
  size_t i = 0;
  Value result = call[2];
  if (result.is_undefined() && list.size() > 0) {
    result = list[0];
    i = 1;
  }
  for (; i < list.size(); ++i) {
    std::vector<Value> arguments;
    arguments.reserve(4);
    arguments.push_back(std::move(result));
    arguments.push_back(list[i]);
    if (arity >= 3) arguments.push_back(index_value(i));
    if (arity >= 4) arguments.push_back(list);
    result = call.evaluator.apply(function, std::move(arguments), Value(nullptr), call.frame);
  }
  return result;
}

Value sift(NativeCall& call) {
  if (!call[0].is_object()) return Value::undefined();
  const Value object = call[0];
  Caller function(call, call[1]);
  Object out;
  for (const auto& [key, value] : object.as_object()) {
    if (truthy(function(value, key, object))) out.set(key, value);
  }
  call.evaluator.count_items(out.size());
  return out.empty() ? Value::undefined() : sealed(std::move(out));
}

Value each(NativeCall& call) {
  Sequence out;
  if (call[0].is_object()) {
    const Value object = call[0];
    Caller function(call, call[1]);
    for (const auto& [key, value] : object.as_object()) {
      Value result = function(value, key, object);
      if (result.is_undefined()) continue;
      call.evaluator.note_nested(result);
      out.push(std::move(result));
    }
  }
  call.evaluator.count_items(out.size());
  return out.take();
}

constexpr Builtin kFunctions[] = {
    {"map", "<af>", map, 2},           {"filter", "<af>", filter, 2}, {"single", "<af?>", single, 2},
    {"reduce", "<afj?:j>", reduce, 3}, {"sift", "<o-f?:o>", sift, 2}, {"each", "<o-f:a>", each, 2},
};

}  // namespace

std::span<const Builtin> higher_order_functions() {
  return kFunctions;
}

}  // namespace statelang::jsonata
