#include <algorithm>
#include <cmath>

#include <statelang/utf8.h>

#include "evaluator.h"
#include "merge_sort.h"

namespace statelang::jsonata {

Value append_values(Evaluator& evaluator, Value a, const Value& b) {
  if (a.is_undefined()) return b;
  if (b.is_undefined()) return a;
  if (!a.is_array()) a = sealed(Array({std::move(a)}));
  evaluator.count_items(b.is_array() ? b.size() : 1);
  if (a.size() + b.size() > evaluator.environment().limits.sequence_items_max) {
    evaluator.count_items(a.size() + b.size());
  }
  const Value more = b;  // may be the same array
  Array& out = a.mutable_array();
  out.tag = 0;
  if (!more.is_array()) {
    out.push_back(more);
  } else {
    for (const Value& item : more.as_array()) {
      evaluator.note_nested(item);
      out.push_back(item);
    }
  }
  measure_added(out, more);
  return a;
}

namespace {

Value count(NativeCall& call) {
  return Value(static_cast<int64_t>(call[0].size()));
}

Value append(NativeCall& call) {
  return append_values(call.evaluator, call[0], call[1]);
}

Value reverse(NativeCall& call) {
  if (call[0].is_undefined() || call[0].size() <= 1) return call[0];
  std::vector<Value> items(call[0].as_array().items());
  std::reverse(items.begin(), items.end());
  call.evaluator.count_items(items.size());
  return sealed(Array(std::move(items)));
}

Value sort(NativeCall& call) {
  if (call[0].is_undefined() || call[0].size() <= 1) return call[0];
  const Array& array = call[0].as_array();
  call.evaluator.count_items(array.size());
  if (!call[1].is_undefined()) {
    const Value& comparator = call[1];
    std::vector<Value> items(array.items());
    merge_sort(items, [&](const Value& a, const Value& b) {
      const Value after = call.evaluator.apply(comparator, {a, b}, Value(nullptr), call.frame);
      return after.is_array() || after.is_object() || after.is_opaque() ||
             truthy(after);  // as JavaScript has it
    });
    return sealed(Array(std::move(items)));
  }
  const bool numbers =
      std::all_of(array.begin(), array.end(), [](const Value& item) { return is_number(item); });
  const bool strings =
      std::all_of(array.begin(), array.end(), [](const Value& item) { return item.is_string(); });
  if (!numbers && !strings) raise("D3070");
  std::vector<Value> items(array.items());
  std::stable_sort(items.begin(), items.end(), [&](const Value& a, const Value& b) {
    return numbers ? a.as_double() < b.as_double() : compare_code_units(a.as_string(), b.as_string()) < 0;
  });
  return sealed(Array(std::move(items)));
}

Value shuffle(NativeCall& call) {
  if (call[0].is_undefined() || call[0].size() <= 1) return call[0];
  std::vector<Value> items(call[0].as_array().items());
  for (size_t i = items.size() - 1; i > 0; --i) std::swap(items[i], items[call.evaluator.random() % (i + 1)]);
  call.evaluator.count_items(items.size());
  return sealed(Array(std::move(items)));
}

Value distinct(NativeCall& call) {
  if (!call[0].is_array() || call[0].size() <= 1) return call[0];
  Array out;
  out.tag = call[0].as_array().tag & kSequence;
  for (const Value& item : call[0].as_array()) {
    bool known = false;
    for (const Value& other : out) {
      call.evaluator.step();
      if (deep_equal(item, other)) {
        known = true;
        break;
      }
    }
    if (!known) out.push_back(item);
  }
  call.evaluator.count_items(out.size());
  return sealed(std::move(out));
}

Value zip(NativeCall& call) {
  size_t shortest = static_cast<size_t>(-1);
  for (const Value& list : call.arguments) shortest = std::min(shortest, list.is_array() ? list.size() : 0);
  if (call.arguments.empty()) shortest = 0;
  Array out;
  for (size_t i = 0; i < shortest; ++i) {
    Array tuple;
    tuple.reserve(call.arguments.size());
    for (const Value& list : call.arguments) tuple.push_back(list[i]);
    call.evaluator.count_items(tuple.size());
    out.push_back(sealed(std::move(tuple)));
  }
  return sealed(std::move(out));
}

Value exists(NativeCall& call) {
  return Value(!call[0].is_undefined());
}

Value boolean(NativeCall& call) {
  return call[0].is_undefined() ? call[0] : Value(truthy(call[0]));
}

Value negation(NativeCall& call) {
  return call[0].is_undefined() ? call[0] : Value(!truthy(call[0]));
}

constexpr Builtin kFunctions[] = {
    {"count", "<a:n>", count, 1},   {"append", "<xx:a>", append, 2},  {"reverse", "<a:a>", reverse, 1},
    {"sort", "<af?:a>", sort, 2},   {"shuffle", "<a:a>", shuffle, 1}, {"distinct", "<x:x>", distinct, 1},
    {"zip", "<a+>", zip, 0},        {"exists", "<x:b>", exists, 1},   {"boolean", "<x-:b>", boolean, 1},
    {"not", "<x-:b>", negation, 1},
};

}  // namespace

std::span<const Builtin> array_functions() {
  return kFunctions;
}

}  // namespace statelang::jsonata
