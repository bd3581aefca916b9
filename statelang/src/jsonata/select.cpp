// Selection inside paths: predicates, order-by, wildcards and descendants.
#include <cmath>

#include <statelang/utf8.h>

#include "evaluator.h"
#include "merge_sort.h"

namespace statelang::jsonata {
namespace {

// The position a predicate's number means; negative counts from the end.
double position(double number, size_t count) {
  const double index = std::floor(number);
  return index < 0 ? static_cast<double>(count) + index : index;
}

bool all_numbers(const Array& array) {
  for (const Value& item : array) {
    if (!is_number(item)) return false;
  }
  return true;
}

}  // namespace

size_t Evaluator::selected(const Value& result, size_t index, size_t count) {
  const auto here = [&](const Value& number) {
    return position(number.as_double(), count) == static_cast<double>(index);
  };
  if (result.is_boolean()) return result.as_boolean() ? 1 : 0;
  if (is_number(result)) return here(result) ? 1 : 0;
  if (result.is_array() && all_numbers(result.as_array())) {
    size_t times = 0;
    for (const Value& number : result.as_array()) times += here(number) ? 1 : 0;
    return times;
  }
  return truthy(result) ? 1 : 0;
}

Value Evaluator::filter(const Stage& stage, Value input, Frame* frame) {
  if (stage.is_index) return input;
  if (TupleStream* stream = tuples_of(input)) {
    filter_tuples(*stage.expression, stream->tuples);
    return stream->tuples.empty() ? Value::undefined() : input;
  }
  const Node& predicate = *stage.expression;
  if (predicate.kind == Kind::Literal && predicate.is_literal_number) {
    const Value* items = input.is_array() ? input.as_array().items().data() : &input;
    const size_t count = input.is_array() ? input.size() : 1;
    const double at = position(predicate.value.as_double(), count);
    Sequence out;
    if (at >= 0 && at < static_cast<double>(count)) {
      Value item = items[static_cast<size_t>(at)];
      if (!item.is_undefined()) {
        return item;  // an array is taken as it is, anything else is a sequence of one
      }
    }
    return out.take();
  }
  return filter_items(predicate, input, frame);
}

Value Evaluator::filter_items(const Node& predicate, const Value& input, Frame* frame) {
  const Value* items = input.is_array() ? input.as_array().items().data() : &input;
  const size_t count = input.is_array() ? input.size() : 1;
  Sequence out;
  for (size_t i = 0; i < count; ++i) {
    const Value result = eval(predicate, items[i], frame);
    for (size_t times = selected(result, i, count); times > 0; --times) out.push(items[i]);
  }
  count_items(out.size());
  if (out.size() == 1 && !out.data()[0].is_array() && !out.data()[0].is_undefined()) return out.take_normal();
  return out.take();
}

void Evaluator::filter_tuples(const Node& predicate, std::vector<Tuple>& tuples) {
  std::vector<Tuple> out;
  if (predicate.kind == Kind::Literal && predicate.is_literal_number) {
    const double at = position(predicate.value.as_double(), tuples.size());
    if (at >= 0 && at < static_cast<double>(tuples.size())) out.push_back(tuples[static_cast<size_t>(at)]);
  } else {
    for (size_t i = 0; i < tuples.size(); ++i) {
      const Value result = eval(predicate, tuples[i].at, tuples[i].frame.get());
      for (size_t times = selected(result, i, tuples.size()); times > 0; --times) out.push_back(tuples[i]);
    }
  }
  tuples = std::move(out);
}

// ------------------------------------------------------------------------------------------ order-by

// True when `a` must come behind `b`.
bool Evaluator::sorts_after(const Node& sort, SortItem& a, SortItem& b) {
  const auto key = [&](SortItem& item, size_t term) -> const Value& {
    while (item.keys.size() <= term) {
      item.keys.push_back(eval(*sort.terms[item.keys.size()].expression, *item.context, item.frame));
    }
    return item.keys[term];
  };
  for (size_t term = 0; term < sort.terms.size(); ++term) {
    const Value& x = key(a, term);
    const Value& y = key(b, term);
    if (x.is_undefined() || y.is_undefined()) {  // undefined is last in either direction
      if (x.is_undefined() && y.is_undefined()) continue;
      return x.is_undefined();
    }
    for (const Value* value : {&x, &y}) {
      if (!value->is_string() && !value->is_number()) raise_at("T2008", sort.position, {}, *value);
    }
    if (x.is_string() != y.is_string()) {
      throw Raised{.code = "T2007", .position = sort.position, .value = x, .value2 = y};
    }
    const int order = x.is_string() ? compare_code_units(x.as_string(), y.as_string()) : 0;
    const bool less = x.is_string() ? order < 0 : x.as_double() < y.as_double();
    const bool more = x.is_string() ? order > 0 : y.as_double() < x.as_double();
    if (less || more) return sort.terms[term].descending ? less : more;
  }
  return false;
}

std::vector<size_t> Evaluator::sort_order(const Node& sort, std::vector<SortItem>& items) {
  std::vector<size_t> order(items.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  merge_sort(order, [&](size_t a, size_t b) { return sorts_after(sort, items[a], items[b]); });
  return order;
}

Value Evaluator::eval_sort(const Node& sort, const Items& items, Frame* frame) {
  std::vector<SortItem> keys;
  keys.reserve(items.count);
  for (size_t i = 0; i < items.count; ++i) keys.push_back({&items.data[i], frame, {}});
  std::vector<Value> out;
  out.reserve(items.count);
  for (const size_t i : sort_order(sort, keys)) out.push_back(items.data[i]);
  Array array(std::move(out));
  if (array.size() <= 1) array.tag = kSequence;
  return sealed(std::move(array));
}

// ------------------------------------------------------------------------------------------ * and **

namespace {

void flatten_deep(const Value& value, Sequence& out) {
  if (!value.is_array()) return out.push(value);
  for (const Value& item : value.as_array()) flatten_deep(item, out);
}

void descend(Evaluator& evaluator, const Value& value, Sequence& out) {
  evaluator.step();
  if (value.is_array()) {
    for (const Value& item : value.as_array()) descend(evaluator, item, out);
    return;
  }
  out.push(value);
  if (!value.is_object()) return;
  for (const auto& [key, item] : value.as_object()) descend(evaluator, item, out);
}

}  // namespace

Value Evaluator::eval_wildcard(const Value& input) {
  Sequence out;
  const bool wrapped = input.is_array() && (input.as_array().tag & kOuterWrapper) && input.size() > 0;
  const Value& context = wrapped ? input.as_array()[0] : input;
  // The result of appending an array is a plain array, even of one item.
  bool appended = false;
  const auto add = [&](const Value& value) {
    if (value.is_array()) {
      flatten_deep(value, out);
      appended = true;
    } else {
      out.push(value);
    }
  };
  if (context.is_object()) {
    for (const auto& [key, value] : context.as_object()) add(value);
  } else if (context.is_array()) {
    for (const Value& value : context.as_array()) add(value);
  }
  count_items(out.size());
  return out.take(appended ? 0 : kSequence);
}

Value Evaluator::eval_descendants(const Value& input) {
  if (input.is_undefined()) return input;
  Sequence out;
  descend(*this, input, out);
  count_items(out.size());
  return out.size() == 1 ? out.take_normal() : out.take();
}

}  // namespace statelang::jsonata
