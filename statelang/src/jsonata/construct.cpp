// Constructors: arrays, ranges, objects, and grouping, which is an object constructor over a sequence.
#include <cmath>
#include <string>
#include <unordered_map>

#include "evaluator.h"
#include "text.h"

namespace statelang::jsonata {

Value Evaluator::eval_array(const Node& node, const Value& input, Frame* frame) {
  Array out;
  out.reserve(node.items.size());
  for (const Node* item : node.items) {
    Value value = eval(*item, input, frame);
    if (value.is_undefined()) continue;
    if (item->kind == Kind::ArrayConstructor || !value.is_array()) {
      note_nested(value);
      out.push_back(std::move(value));
      continue;
    }
    if (out.empty() && value.as_array().tag <= kSequence && node.items.size() == 1) {
      count_items(value.size());
      out = std::move(value.mutable_array());  // a lone range or path: take it as it is
      continue;
    }
    const Array& more = value.as_array();
    count_items(out.size() + more.size());
    for (const Value& inner : more) {
      note_nested(inner);
      out.push_back(inner);
    }
  }
  out.tag = node.cons_array ? kConstructed : 0;
  return sealed(std::move(out));
}

Value Evaluator::eval_range(const Node& node, const Value& input, Frame* frame) {
  const Value a = eval(*node.lhs, input, frame);
  const Value b = eval(*node.rhs, input, frame);
  const auto whole = [](const Value& value) {
    return value.is_undefined() || value.is_integer() ||
           (value.is_double() && std::isfinite(value.as_double()) &&
            std::floor(value.as_double()) == value.as_double());
  };
  if (!whole(a)) raise_at("T2003", node.position, "..", a);
  if (!whole(b)) raise_at("T2004", node.position, "..", b);
  if (a.is_undefined() || b.is_undefined()) return Value::undefined();
  const double first = a.as_double();
  const double last = b.as_double();
  if (first > last) return Value::undefined();
  const double size = last - first + 1;
  if (size > 1e7) raise_at("D2014", node.position, "..", number_value(size));
  count_items(static_cast<size_t>(size));
  Array out;
  out.reserve(static_cast<size_t>(size));
  for (size_t i = 0; i < static_cast<size_t>(size); ++i) {
    out.push_back(number_value(first + static_cast<double>(i)));
  }
  out.tag = kSequence;
  return sealed(std::move(out));
}

// Undefined: this item has no part in the pair.
Value Evaluator::group_key(const Node& node, uint32_t position, const Value& item, Frame* frame) {
  Value key = eval(node, item, frame);
  if (!key.is_string() && !key.is_undefined()) raise_at("T1003", position, {}, key);
  return key;
}

Value Evaluator::group_single(const std::vector<Pair>& pairs, uint32_t position, const Value& item,
                              Frame* frame) {
  // All keys before the first value, as JSONata has it.
  std::vector<Value> keys;
  keys.reserve(pairs.size());
  for (const auto& [key_node, value_node] : pairs) {
    Value key = group_key(*key_node, position, item, frame);
    for (const Value& other : keys) {
      if (key.is_string() && other.is_string() && other.as_string() == key.as_string()) {
        raise_at("D1009", position, {}, key);
      }
    }
    keys.push_back(std::move(key));
  }
  Object out;
  out.reserve(pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (keys[i].is_undefined()) continue;
    Value value = eval(*pairs[i].second, item, frame);
    if (value.is_undefined()) continue;
    note_nested(value);
    out.set(std::move(keys[i]), std::move(value));
  }
  return sealed(std::move(out));
}

namespace {

// Groups in the order of their first item.
template <class Data>
struct Groups {
  struct Entry {
    Value key;
    size_t pair;
    Data data;
  };
  std::vector<Entry> entries;
  std::unordered_map<std::string, size_t> index;

  // The group of a key, nullptr when it is new.
  Entry* find(const Value& key, size_t pair, uint32_t position) {
    const auto found = index.find(std::string(key.as_string()));
    if (found == index.end()) return nullptr;
    Entry& entry = entries[found->second];
    if (entry.pair != pair) raise_at("D1009", position, {}, key);
    return &entry;
  }
  void add(Value key, size_t pair, Data data) {
    index.emplace(std::string(key.as_string()), entries.size());
    entries.push_back({std::move(key), pair, std::move(data)});
  }
};

}  // namespace

Value Evaluator::eval_group(const std::vector<Pair>& pairs, uint32_t position, const Value& input,
                            Frame* frame) {
  if (const TupleStream* stream = tuples_of(input)) {
    std::vector<Value> items;
    for (const Tuple& tuple : stream->tuples) items.push_back(tuple.at);
    return eval_group(pairs, position, Value(Array(std::move(items))), frame);
  }
  if (!input.is_array()) return group_single(pairs, position, input, frame);
  const Array& items = input.as_array();
  if (items.empty()) return group_single(pairs, position, Value::undefined(), frame);
  if (items.size() == 1) return group_single(pairs, position, items[0], frame);
  Groups<Value> groups;
  for (const Value& item : items) {
    for (size_t pair = 0; pair < pairs.size(); ++pair) {
      Value key = group_key(*pairs[pair].first, position, item, frame);
      if (key.is_undefined()) continue;
      if (auto* entry = groups.find(key, pair, position)) {
        entry->data = append_values(*this, std::move(entry->data), item);
      } else {
        groups.add(std::move(key), pair, item);
      }
    }
  }
  Object out;
  for (auto& entry : groups.entries) {
    Value value = eval(*pairs[entry.pair].second, entry.data, frame);
    if (value.is_undefined()) continue;
    note_nested(value);
    out.set(std::move(entry.key), std::move(value));
  }
  return sealed(std::move(out));
}

// Each group's tuples are merged: every binding becomes the list of its values.
Value Evaluator::group_tuples(const Node& path, const Group& group, const std::vector<Tuple>& tuples,
                              Frame* frame) {
  Groups<std::vector<const Tuple*>> groups;
  for (const Tuple& tuple : tuples) {
    for (size_t pair = 0; pair < group.pairs.size(); ++pair) {
      Value key = group_key(*group.pairs[pair].first, group.position, tuple.at, tuple.frame.get());
      if (key.is_undefined()) continue;
      if (auto* entry = groups.find(key, pair, group.position)) {
        entry->data.push_back(&tuple);
      } else {
        groups.add(std::move(key), pair, {&tuple});
      }
    }
  }
  Object out;
  for (auto& entry : groups.entries) {
    Value context = entry.data[0]->at;
    const FramePtr merged(Frame::make(frames_, path.scope.get(), frame));
    for (size_t t = 0; t < entry.data.size(); ++t) {
      const Tuple& tuple = *entry.data[t];
      if (t > 0) context = append_values(*this, std::move(context), tuple.at);
      for (uint32_t slot = 0; slot < tuple.frame->size(); ++slot) {
        if (!tuple.frame->assigned(slot)) continue;
        const Value& value = tuple.frame->value(slot);
        merged->assign(slot, t == 0 ? value : append_values(*this, merged->take(slot), value));
      }
    }
    Value value = eval(*group.pairs[entry.pair].second, context, merged.get());
    if (value.is_undefined()) continue;
    note_nested(value);
    out.set(std::move(entry.key), std::move(value));
  }
  return sealed(std::move(out));
}

}  // namespace statelang::jsonata
