#include "evaluator.h"
#include "text.h"

namespace statelang::jsonata {

// A field of an object; of every object in an array, flattened.
Value lookup_key(const Value& input, std::string_view key) {
  if (input.is_object()) {
    const Value* found = input.find(key);
    return found ? *found : Value::undefined();
  }
  if (!input.is_array()) return Value::undefined();
  Sequence out;
  for (const Value& item : input.as_array()) {
    Value found = lookup_key(item, key);
    if (found.is_undefined()) continue;
    if (found.is_array()) {
      for (const Value& inner : found.as_array()) out.push(inner);
    } else {
      out.push(std::move(found));
    }
  }
  return out.take();
}

namespace {

// Adds the keys of an object, or of all objects of an array once each.
void collect_keys(const Value& value, Object& keys) {
  if (value.is_array()) {
    for (const Value& item : value.as_array()) collect_keys(item, keys);
  } else if (value.is_object()) {
    for (const auto& [key, item] : value.as_object()) keys.set(key, Value(true));
  }
}

Value keys(NativeCall& call) {
  Object all;
  collect_keys(call[0], all);
  Sequence out;
  for (const auto& [key, item] : all) out.push(key);
  call.evaluator.count_items(out.size());
  return out.take();
}

Value lookup(NativeCall& call) {
  return call[1].is_string() ? lookup_key(call[0], call[1].as_string()) : Value::undefined();
}

Value spread_value(Evaluator& evaluator, const Value& value) {
  if (value.is_array()) {
    Value out = Sequence().take();
    for (const Value& item : value.as_array())
      out = append_values(evaluator, std::move(out), spread_value(evaluator, item));
    return out;
  }
  if (!value.is_object()) return value;
  Sequence out;
  for (const auto& [key, item] : value.as_object()) {
    Object single;
    single.set(key, item);
    out.push(sealed(std::move(single)));
  }
  evaluator.count_items(out.size());
  return out.take();
}

Value spread(NativeCall& call) {
  return spread_value(call.evaluator, call[0]);
}

Value merge(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  Object out;
  for (const Value& item : call[0].as_array()) {
    for (const auto& [key, value] : item.as_object()) out.set(key, value);
  }
  call.evaluator.count_items(out.size());
  return sealed(std::move(out));
}

Value type(NativeCall& call) {
  switch (call[0].type()) {
    case Value::Type::Undefined:
      return call[0];
    case Value::Type::Null:
      return Value("null");
    case Value::Type::Boolean:
      return Value("boolean");
    case Value::Type::Integer:
      return Value("number");
    case Value::Type::Double:
      is_number(call[0]);  // refuses what is infinite
      return Value("number");
    case Value::Type::String:
      return Value("string");
    case Value::Type::Array:
      return Value("array");
    case Value::Type::Object:
      return Value("object");
    case Value::Type::Opaque:
      return Value("function");
  }
  return call[0];
}

// A deep copy without functions and undefined members; numbers as $string writes them.
Value deep_copy(Evaluator& evaluator, const Value& value) {
  evaluator.step();
  if (value.is_array()) {
    Array out;
    out.reserve(value.size());
    for (const Value& item : value.as_array()) {
      out.push_back(item.is_undefined() ? Value(nullptr) : deep_copy(evaluator, item));
    }
    evaluator.count_items(out.size());
    return sealed(std::move(out));
  }
  if (value.is_object()) {
    Object out;
    out.reserve(value.size());
    for (const auto& [key, item] : value.as_object()) {
      if (!item.is_undefined()) out.set(key, deep_copy(evaluator, item));
    }
    evaluator.count_items(out.size());
    return sealed(std::move(out));
  }
  if (value.is_opaque()) return Value("");
  return value.is_double() ? number_value(rounded_to_15_digits(value.as_double())) : value;
}

Value clone(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const bool wrapped = call[0].is_array() && (call[0].as_array().tag & kOuterWrapper);
  return deep_copy(call.evaluator, wrapped ? call[0][0] : call[0]);
}

Value error(NativeCall& call) {
  const bool given = call[0].is_string() && !call[0].as_string().empty();
  throw Raised{.code = "D3137",
               .message = given ? std::string(call[0].as_string()) : "$error() function evaluated"};
}

Value assertion(NativeCall& call) {
  if (truthy(call[0])) return Value::undefined();
  const bool given = call[1].is_string() && !call[1].as_string().empty();
  throw Raised{.code = "D3141",
               .message = given ? std::string(call[1].as_string()) : "$assert() statement failed"};
}

constexpr Builtin kFunctions[] = {
    {"keys", "<x-:a<s>>", keys, 1},  {"lookup", "<x-s:x>", lookup, 2},    {"spread", "<x-:a<o>>", spread, 1},
    {"merge", "<a<o>:o>", merge, 1}, {"type", "<x:s>", type, 1},          {"clone", "<(oa)-:o>", clone, 1},
    {"error", "<s?:x>", error, 1},   {"assert", "<bs?:x>", assertion, 2},
};

}  // namespace

std::span<const Builtin> object_functions() {
  return kFunctions;
}

}  // namespace statelang::jsonata
