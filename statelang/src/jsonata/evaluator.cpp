#include "evaluator.h"

#include <cmath>

namespace statelang::jsonata {
namespace {

// Native stack an evaluation may use. depth_max ends an evaluation earlier in every build; this only guards
// against frames of unforeseen size.
constexpr std::ptrdiff_t kStackBytesMax = 5 << 20;

// What stands for a number that JSON cannot hold: its name on Step Functions, null in the plain language.
Value not_finite(double number, Dialect dialect) {
  if (dialect == Dialect::Plain) return Value(nullptr);
  return Value(std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
}

// Makes plain JSON of a result: no sequence flags, no infinite numbers, no bindings that a path carries
// along.
void clean(Value& value, Dialect dialect) {
  if (const TupleStream* stream = tuples_of(value)) {
    Array items;
    for (const Tuple& tuple : stream->tuples) items.push_back(tuple.at);
    value = items.size() == 1 ? Value(items[0]) : Value(std::move(items));
  }
  if (value.is_double() && !std::isfinite(value.as_double())) value = not_finite(value.as_double(), dialect);
  const auto unclean = [](const Value& item) {
    return item.is_array() || item.is_object() || item.is_double() || item.is_opaque();
  };
  if (value.is_array()) {
    Array& array = value.mutable_array();
    array.tag = 0;
    for (Value& item : array) {
      if (unclean(item)) clean(item, dialect);
    }
  } else if (value.is_object()) {
    Object& object = value.mutable_object();
    for (size_t i = 0; i < object.size(); ++i) {
      if (unclean(object[i].second)) clean(object.value_at(i), dialect);
    }
  }
}

}  // namespace

Evaluator::Evaluator(std::shared_ptr<const Program> program, const Bindings& bindings,
                     const Environment& environment)
    : environment_(environment), bindings_(bindings), random_state_(environment.random_seed) {
  if (environment.time_limit_ms > 0 && environment.clock_ms) {
    deadline_ms_ = environment.clock_ms() + environment.time_limit_ms;
  }
  current_ = &load(program, nullptr);
}

// `outer`: the frame around the program's own top frame.
Evaluator::Loaded& Evaluator::load(const std::shared_ptr<const Program>& program, Frame* outer) {
  for (const auto& loaded : loaded_) {
    if (loaded->program == program) return *loaded;
  }
  auto loaded = std::make_unique<Loaded>();
  loaded->program = program;
  loaded->globals.reserve(program->globals.size());
  for (const Program::Global& global : program->globals) {
    const Value* bound = bindings_.find(global.name);
    if (global.name == "$") {
      loaded->globals.push_back(root_);
    } else if (bound) {
      loaded->globals.push_back(*bound);
    } else {
      loaded->globals.push_back(global.builtin);
    }
  }
  loaded->top = FramePtr(Frame::make(frames_, &program->top, outer));
  loaded_.push_back(std::move(loaded));
  return *loaded_.back();
}

Value Evaluator::run(const Value& input) {
  char here = 0;
  stack_base_ = &here;
  root_ = input;
  const Program& program = *current_->program;
  for (size_t i = 0; i < program.globals.size(); ++i) {
    if (program.globals[i].name == "$") current_->globals[i] = input;
  }
  // An array is one input, not a sequence of inputs.
  Value context = input;
  if (input.is_array()) {
    Array wrapper({input});
    wrapper.tag = kSequence | kOuterWrapper;
    context = Value(std::move(wrapper));
  }
  Value result = eval(*program.root, context, current_->top.get());
  if (result.is_array() && result.as_array().tag) result.mutable_array().tag = 0;
  if (unclean_) clean(result, program.dialect);
  return result;
}

Value Evaluator::evaluate_text(std::string_view text, const Value& input, Frame* frame) {
  std::vector<const Scope*> scopes;
  for (Frame* f = frame; f; f = f->parent()) scopes.push_back(f->scope());
  Value context = input;
  if (input.is_array() && !is_sequence(input)) {
    Array wrapper({input});
    wrapper.tag = kSequence | kOuterWrapper;
    context = Value(std::move(wrapper));
  }
  std::shared_ptr<const Program> program;
  try {
    program = compile(text, Dialect::Plain, scopes);
  } catch (const Raised& raised) {
    raise("D3120", Value(to_error(raised).message));
  }
  Loaded* caller = current_;
  current_ = &load(program, frame);
  try {
    Value result = eval(*program->root, context, current_->top.get());
    current_ = caller;
    return result;
  } catch (const Raised& raised) {
    current_ = caller;
    if (raised.code == "D1011" || raised.code == "D1012") throw;
    raise("D3121", Value(to_error(raised).message));
  }
}

// ------------------------------------------------------------------------------------------ work

void Evaluator::step() {
  if (++steps_ > environment_.limits.steps_max) {
    raise("D1012", Value(static_cast<int64_t>(environment_.limits.steps_max)));
  }
  if (deadline_ms_ && (steps_ & 1023) == 0 && environment_.clock_ms() > deadline_ms_) {
    raise("D1012", Value(environment_.time_limit_ms));
  }
}

void Evaluator::enter() {
  step();
  char here = 0;
  if (++depth_ > environment_.limits.depth_max || stack_base_ - &here > kStackBytesMax) raise("D1011");
}

void Evaluator::count_items(size_t items) {
  if (items > environment_.limits.sequence_items_max) {
    raise("D2015", Value(static_cast<int64_t>(environment_.limits.sequence_items_max)));
  }
  memory_ += items * 48;
  if (memory_ > environment_.limits.memory_bytes_max) {
    raise("D2015", Value(static_cast<int64_t>(environment_.limits.memory_bytes_max)));
  }
}

void Evaluator::count_string(size_t bytes) {
  if (bytes > environment_.limits.string_bytes_max) {
    raise("D2015", Value(static_cast<int64_t>(environment_.limits.string_bytes_max)));
  }
  memory_ += bytes;
  if (memory_ > environment_.limits.memory_bytes_max) {
    raise("D2015", Value(static_cast<int64_t>(environment_.limits.memory_bytes_max)));
  }
}

Value Evaluator::string(std::string text) {
  count_string(text.size());
  return Value(text);
}

// SplitMix64: every seed gives a full-period sequence.
uint64_t Evaluator::scrambled(uint64_t seed) {
  uint64_t z = seed + 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

uint64_t Evaluator::random() {
  const uint64_t bits = scrambled(random_state_);
  random_state_ += 0x9E3779B97F4A7C15ull;
  return bits;
}

// ------------------------------------------------------------------------------------------ nodes

Value Evaluator::eval(const Node& node, const Value& input, Frame* frame) {
  enter();
  Value result = eval_kind(node, input, frame);
  if (!node.predicates.empty() || node.group || result.is_array()) {
    result = finish(node, std::move(result), frame);
  }
  --depth_;
  return result;
}

Value Evaluator::eval_kind(const Node& node, const Value& input, Frame* frame) {
  switch (node.kind) {
    case Kind::Literal:
      return node.value;
    case Kind::Path:
      return eval_path(node, input, frame);
    case Kind::Variable:
      return eval_variable(node, input, frame);
    case Kind::Name:
      return lookup_key(input, node.value.as_string());
    case Kind::Call:
      return eval_call(node, input, frame, nullptr);
    case Kind::Block:
      return eval_block(node, input, frame);
    case Kind::Condition:
      if (truthy(eval(*node.lhs, input, frame))) return eval(*node.rhs, input, frame);
      return node.third ? eval(*node.third, input, frame) : Value::undefined();
    case Kind::Coalesce:
    case Kind::Default: {
      Value value = eval(*node.lhs, input, frame);
      const bool taken = node.kind == Kind::Default ? truthy(value) : !value.is_undefined();
      return taken ? value : eval(*node.rhs, input, frame);
    }
    case Kind::Arithmetic:
      return eval_arithmetic(node, input, frame);
    case Kind::Equality:
    case Kind::Comparison:
      return eval_comparison(node, input, frame);
    case Kind::And:
    case Kind::Or:
      return eval_logic(node, input, frame);
    case Kind::Concatenate:
      return eval_concatenate(node, input, frame);
    case Kind::Membership:
      return eval_membership(node, input, frame);
    case Kind::Range:
      return eval_range(node, input, frame);
    case Kind::Negate:
      return eval_negate(node, input, frame);
    case Kind::ArrayConstructor:
      return eval_array(node, input, frame);
    case Kind::ObjectConstructor:
      return eval_group(node.pairs, node.position, input, frame);
    case Kind::Bind: {
      Value value = eval(*node.rhs, input, frame);
      frame->assign(static_cast<size_t>(node.slot), value);
      return value;
    }
    case Kind::Lambda:
      return Value(new Lambda(&node, input, FramePtr::share(frame), current_->program));
    case Kind::Transform:
      return Value(new Transform(&node, FramePtr::share(frame), current_->program));
    case Kind::Partial:
      return eval_partial(node, input, frame);
    case Kind::Apply:
      return eval_apply(node, input, frame);
    case Kind::Wildcard:
      return eval_wildcard(input);
    case Kind::Descendant:
      return eval_descendants(input);
    case Kind::Parent:
      return variable(node.variable, frame);
    case Kind::RegexLiteral:
      return Value(new RegexFunction(node.regex));
    default:
      raise_at("S0206", node.position);
  }
}

// Predicates and grouping of an expression that is not a path, then the rule of sequences.
Value Evaluator::finish(const Node& node, Value result, Frame* frame) {
  for (const Stage& stage : node.predicates) result = filter(stage, std::move(result), frame);
  if (node.keep_array && !node.predicates.empty() && !result.is_array() && !result.is_undefined()) {
    Array single({result});  // filter() gives a single item bare
    single.tag = kSequence;
    result = Value(std::move(single));
  }
  if (node.group && node.kind != Kind::Path) {
    result = eval_group(node.group->pairs, node.group->position, result, frame);
  }
  if (!is_sequence(result)) return result;
  if (node.keep_array && !(result.as_array().tag & kKeepSingleton)) {
    result.mutable_array().tag |= kKeepSingleton;
  }
  const Array& array = result.as_array();
  if (array.empty()) return Value::undefined();
  if (array.size() == 1 && !(array.tag & kKeepSingleton)) {
    Value item = array[0];
    return item;
  }
  return result;
}

const Value& Evaluator::variable(const VariableReference& reference, Frame* frame) {
  uint16_t up = 0;
  for (const SlotReference& candidate : reference.candidates) {
    for (; up < candidate.frames_up; ++up) frame = frame->parent();
    if (frame->assigned(candidate.slot)) return frame->value(candidate.slot);
  }
  static const Value kUndefined = Value::undefined();
  return reference.global < 0 ? kUndefined : current_->globals[static_cast<size_t>(reference.global)];
}

Value Evaluator::eval_variable(const Node& node, const Value& input, Frame* frame) {
  if (node.value.as_string().empty()) {
    if (input.is_array() && (input.as_array().tag & kOuterWrapper)) return input.as_array()[0];
    return input;
  }
  return variable(node.variable, frame);
}

}  // namespace statelang::jsonata
