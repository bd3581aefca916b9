// Paths: a context flows through steps; each step maps every item and flattens the results by one level. A
// path whose steps bind (@, #, %) carries tuples instead of bare items from the first such step on.
#include "evaluator.h"

namespace statelang::jsonata {

Value Evaluator::eval_path(const Node& path, const Value& input, Frame* frame) {
  if (path.plain_fields) return eval_fields(path, input, frame);
  if (input.is_array() && path.items.front()->kind != Kind::Variable) {
    const Array& array = input.as_array();
    return eval_steps(path, 0, array.items().data(), array.size(), frame);
  }
  return eval_steps(path, 0, &input, 1, frame);
}

// Names only, without predicates: follows objects without making sequences, and falls back at the first
// array.
Value Evaluator::eval_fields(const Node& path, const Value& input, Frame* frame) {
  const size_t count = path.items.size();
  size_t i = 0;
  const Value* at = &input;
  Value held;
  if (path.items[0]->kind == Kind::Variable) {
    enter();
    held = eval_variable(*path.items[0], input, frame);
    --depth_;
    at = &held;
    i = 1;
  } else if (input.is_array()) {
    const Array& array = input.as_array();
    return eval_steps(path, 0, array.items().data(), array.size(), frame);
  }
  for (; i < count; ++i) {
    if (at->is_array()) {
      const Value keep = *at;
      const Array& array = keep.as_array();
      if (array.tag & kConstructed) return eval_steps(path, i, &keep, 1, frame);
      return eval_steps(path, i, array.items().data(), array.size(), frame);
    }
    if (depth_ + 1 > environment_.limits.depth_max) raise("D1011");
    step();
    at = at->find(path.items[i]->value.as_string());
    if (!at) return Value::undefined();
  }
  if (!is_sequence(*at)) return *at;
  Sequence out;  // a sequence that was stored in an object is a new sequence here
  out.push_flat(*at);
  return out.take();
}

Value Evaluator::eval_steps(const Node& path, size_t from, const Value* data, size_t count, Frame* frame) {
  Items items;
  items.data = data;
  items.count = count;
  std::vector<Tuple> tuples;
  bool is_tuple = false;
  bool first_tuple = true;
  for (size_t i = from; i < path.items.size(); ++i) {
    const Node& step = *path.items[i];
    is_tuple = is_tuple || step.tuple;
    if (i == 0 && step.cons_array) {
      eval_constructed_step(step, items, items.count == 1 && items.data ? items.data[0] : Value::undefined(),
                            frame);
    } else if (is_tuple) {
      eval_tuple_step(path, step, items, tuples, first_tuple, frame);
      first_tuple = false;
    } else {
      eval_step(step, items, frame, i + 1 == path.items.size());
    }
    if (!is_tuple && items.count == 0) {
      if (!items.is_whole) items.sequence = Sequence();
      break;
    }
  }
  return finish_path(path, items, tuples, is_tuple, frame);
}

// A path that starts with [...]: evaluated once, in the whole context.
void Evaluator::eval_constructed_step(const Node& step, Items& items, const Value& input, Frame* frame) {
  Value context = input;
  if (items.count != 1) {
    Array all(std::vector<Value>(items.data, items.data + items.count));
    all.tag = kSequence;
    context = sealed(std::move(all));
  }
  items.whole = eval(step, context, frame);
  items.is_whole = true;
  // With a predicate behind it the constructor may give a single value: that is no list of items, and the
  // next steps have nothing to map.
  const bool is_list = items.whole.is_array();
  items.data = is_list ? items.whole.as_array().items().data() : nullptr;
  items.count = is_list ? items.whole.size() : 0;
  if (!is_list) items.is_whole = false;
}

void Evaluator::eval_step(const Node& step, Items& items, Frame* frame, bool last) {
  if (step.kind == Kind::Sort) {
    Value sorted = eval_sort(step, items, frame);
    for (const Stage& stage : step.stages) sorted = filter(stage, std::move(sorted), frame);
    items.whole = std::move(sorted);
    items.is_whole = true;
    items.data = items.whole.is_array() ? items.whole.as_array().items().data() : &items.whole;
    items.count = items.whole.is_array() ? items.whole.size() : 1;
    return;
  }
  Sequence out;
  Value first = Value::undefined();
  size_t results = 0;
  for (size_t i = 0; i < items.count; ++i) {
    Value result = eval(step, items.data[i], frame);
    for (const Stage& stage : step.stages) result = filter(stage, std::move(result), frame);
    if (result.is_undefined()) continue;
    if (++results == 1) {
      first = std::move(result);
      continue;
    }
    if (results == 2) out.push_flat(std::move(first));
    out.push_flat(std::move(result));
    if (out.size() > environment_.limits.sequence_items_max) count_items(out.size());
  }
  if (results == 1) {
    if (last && first.is_array() && !is_sequence(first)) {
      items.whole = std::move(first);
      items.is_whole = true;
      items.data = items.whole.as_array().items().data();
      items.count = items.whole.size();
      return;
    }
    out.push_flat(std::move(first));
  }
  count_items(out.size());
  items.sequence = std::move(out);
  items.is_whole = false;
  items.data = items.sequence.data();
  items.count = items.sequence.size();
}

Value Evaluator::finish_path(const Node& path, Items& items, std::vector<Tuple>& tuples, bool is_tuple,
                             Frame* frame) {
  if (is_tuple && path.group) return group_tuples(path, *path.group, tuples, frame);
  if (is_tuple && path.tuple) {
    if (tuples.empty()) return Value::undefined();
    unclean_ = true;  // where no path takes it up again, it must not get into the result
    auto* stream = new TupleStream;
    stream->tuples = std::move(tuples);
    return Value(stream);
  }
  Value result;
  if (is_tuple) {
    Sequence out;
    for (const Tuple& tuple : tuples) out.push(tuple.at);
    count_items(out.size());
    result = out.take();
  } else if (items.is_whole) {
    result = std::move(items.whole);
  } else if (items.sequence.size() == 1 && !items.sequence.data()[0].is_array() &&
             !path.keep_singleton_array && !path.group && !path.keep_array) {
    return items.sequence.take_normal();
  } else {
    result = items.sequence.take();
  }
  if (path.keep_singleton_array && result.is_array()) {
    const uint8_t tag = result.as_array().tag;
    if ((tag & kConstructed) && !(tag & kSequence)) {
      Sequence wrapped;
      wrapped.push(std::move(result));
      result = wrapped.take();
    }
    if (is_sequence(result)) result.mutable_array().tag |= kKeepSingleton;
  }
  if (!path.group) return result;
  // A path that ended before its first binding step is grouped in an empty frame of its bindings.
  FramePtr own;
  if (path.scope) own = FramePtr(Frame::make(frames_, path.scope.get(), frame));
  return eval_group(path.group->pairs, path.group->position, result, own ? own.get() : frame);
}

// ------------------------------------------------------------------------------------------ tuples

Tuple Evaluator::make_tuple(const Node& path, Value at, Frame* frame) {
  return {std::move(at), FramePtr(Frame::make(frames_, path.scope.get(), frame))};
}

Tuple Evaluator::copy_tuple(const Node& path, const Tuple& tuple, Value at) {
  Tuple copy = make_tuple(path, std::move(at), tuple.frame->parent());
  for (uint32_t slot = 0; slot < tuple.frame->size(); ++slot) {
    if (tuple.frame->assigned(slot)) copy.frame->assign(slot, tuple.frame->value(slot));
  }
  return copy;
}

void Evaluator::expand_tuple(const Node& path, const Node& step, const Tuple& tuple, Value result,
                             std::vector<Tuple>& out) {
  if (const TupleStream* stream = tuples_of(result)) {
    for (const Tuple& inner : stream->tuples) {
      Tuple merged = copy_tuple(path, tuple, inner.at);
      for (size_t slot = 0; slot < step.tuple_map.size() && slot < inner.frame->size(); ++slot) {
        if (!inner.frame->assigned(slot)) continue;
        merged.frame->assign(static_cast<size_t>(step.tuple_map[slot]), inner.frame->value(slot));
      }
      out.push_back(std::move(merged));
    }
    return;
  }
  const Value* items = result.is_array() ? result.as_array().items().data() : &result;
  const size_t count = result.is_array() ? result.size() : 1;
  for (size_t i = 0; i < count; ++i) {
    Tuple next = copy_tuple(path, tuple, step.focus_slot >= 0 ? tuple.at : items[i]);
    if (step.focus_slot >= 0) next.frame->assign(static_cast<size_t>(step.focus_slot), items[i]);
    if (step.index_slot >= 0) {
      next.frame->assign(static_cast<size_t>(step.index_slot), Value(static_cast<int64_t>(i)));
    }
    if (step.ancestor_slot >= 0) next.frame->assign(static_cast<size_t>(step.ancestor_slot), tuple.at);
    out.push_back(std::move(next));
  }
}

void Evaluator::eval_tuple_step(const Node& path, const Node& step, const Items& items,
                                std::vector<Tuple>& tuples, bool first, Frame* frame) {
  if (step.kind == Kind::Sort) {
    tuple_sort(path, step, items, tuples, first, frame);
  } else {
    if (first) {
      for (size_t i = 0; i < items.count; ++i) tuples.push_back(make_tuple(path, items.data[i], frame));
    }
    std::vector<Tuple> out;
    for (const Tuple& tuple : tuples) {
      Value result = eval(step, tuple.at, tuple.frame.get());
      if (!result.is_undefined()) expand_tuple(path, step, tuple, std::move(result), out);
      if (out.size() > environment_.limits.sequence_items_max) count_items(out.size());
    }
    count_items(out.size());
    tuples = std::move(out);
  }
  for (const Stage& stage : step.stages) {
    if (!stage.is_index) {
      filter_tuples(*stage.expression, tuples);
      continue;
    }
    for (size_t i = 0; i < tuples.size(); ++i) {
      tuples[i].frame->assign(static_cast<size_t>(stage.slot), Value(static_cast<int64_t>(i)));
    }
  }
}

void Evaluator::tuple_sort(const Node& path, const Node& step, const Items& items, std::vector<Tuple>& tuples,
                           bool first, Frame* frame) {
  if (first) {
    for (size_t i = 0; i < items.count; ++i) tuples.push_back(make_tuple(path, items.data[i], frame));
  }
  std::vector<SortItem> keys;
  for (const Tuple& tuple : tuples) keys.push_back({&tuple.at, tuple.frame.get(), {}});
  std::vector<Tuple> sorted;
  for (const size_t i : sort_order(step, keys)) sorted.push_back(tuples[i]);
  tuples = std::move(sorted);
  if (!first || step.index_slot < 0) return;
  for (size_t i = 0; i < tuples.size(); ++i) {
    tuples[i].frame->assign(static_cast<size_t>(step.index_slot), Value(static_cast<int64_t>(i)));
  }
}

}  // namespace statelang::jsonata
