// Transforms (| pattern | update, delete |): a copy of the argument in which every object the pattern finds
// is changed. Values are immutable, so the changed objects are collected by identity and put into the copy at
// the end; the copy is deep, hence every object in it has an identity of its own.
#include <algorithm>
#include <unordered_map>

#include "evaluator.h"

namespace statelang::jsonata {
namespace {

using Changes = std::unordered_map<const Object*, Value>;

bool all_strings(const Value& list) {
  const Array& array = list.as_array();
  return std::all_of(array.begin(), array.end(), [](const Value& item) { return item.is_string(); });
}

bool is_container(const Value& value) {
  return value.is_array() || value.is_object();
}

// `open`: changed objects around this one; an update may hold the object it belongs to, which then stays as
// it was.
Value with_changes(const Value& value, const Changes& changes, std::vector<const Object*>& open) {
  if (value.is_array()) {
    Value out = value;
    for (size_t i = 0; i < value.size(); ++i) {
      if (!is_container(value[i])) continue;
      Value item = with_changes(value[i], changes, open);
      if (!item.same_content(value[i])) out.mutable_array()[i] = std::move(item);
    }
    if (!out.same_content(value)) measure(out.mutable_array());
    return out;
  }
  const auto found = changes.find(&value.as_object());
  const bool changed = found != changes.end();
  if (changed && std::find(open.begin(), open.end(), found->first) != open.end()) return value;
  if (changed) open.push_back(found->first);
  const Value base = changed ? found->second : value;
  Value out = base;
  for (size_t i = 0; i < base.size(); ++i) {
    const Value& member = base.as_object()[i].second;
    if (!is_container(member)) continue;
    Value item = with_changes(member, changes, open);
    if (!item.same_content(member)) out.mutable_object().value_at(i) = std::move(item);
  }
  if (changed) open.pop_back();
  if (!out.same_content(value)) measure(out.mutable_object());
  return out;
}

}  // namespace

Value Evaluator::apply_transform(const Transform& transform, std::vector<Value>& arguments) {
  static const auto kSignature = Signature::parse("<(oa):o>");
  kSignature->apply(arguments, Value(nullptr));
  if (arguments.empty() || arguments[0].is_undefined()) return Value::undefined();
  const Node& node = *transform.node;
  Loaded* caller = current_;
  if (current_->program != transform.program) current_ = &load(transform.program, transform.frame.get());
  const FramePtr own(Frame::make(frames_, node.scope.get(), transform.frame.get()));
  const Value clone = variable(node.variable, own.get());
  if (!callable_of(clone)) raise_at("T2013", node.position);
  const Value copy = apply(clone, {arguments[0]}, Value(nullptr), own.get());
  Value result = transform_copy(node, copy, own.get());
  current_ = caller;
  return result;
}

// The object with the update and the deletions made.
Value Evaluator::transform_match(const Node& node, Value match, Frame* frame) {
  const Value update = eval(*node.rhs, match, frame);
  if (!update.is_undefined()) {
    if (!update.is_object()) raise_at("T2011", node.rhs->position, {}, update);
    if (match.is_object()) {
      for (const auto& [key, value] : update.as_object()) {
        note_nested(value);
        match.set(key.as_string(), value);
      }
      measure(match.mutable_object());
    }
  }
  if (!node.third) return match;
  const Value deletions = eval(*node.third, match, frame);
  if (deletions.is_undefined()) return match;
  const Value list = deletions.is_array() ? deletions : Value(Array({deletions}));
  if (!all_strings(list)) raise_at("T2012", node.third->position, {}, deletions);
  if (!match.is_object()) return match;
  for (const Value& key : list.as_array()) match.mutable_object().erase(key.as_string());
  return match;
}

Value Evaluator::transform_copy(const Node& node, const Value& copy, Frame* frame) {
  const Value matches = eval(*node.lhs, copy, frame);
  if (matches.is_undefined()) return copy;
  Changes changes;
  const Value* items = matches.is_array() ? matches.as_array().items().data() : &matches;
  const size_t count = matches.is_array() ? matches.size() : 1;
  for (size_t i = 0; i < count; ++i) {
    if (!items[i].is_object()) {
      transform_match(node, items[i], frame);  // changes nothing, but says what is wrong
      continue;
    }
    const Object* identity = &items[i].as_object();
    const auto found = changes.find(identity);
    Value changed = transform_match(node, found == changes.end() ? items[i] : found->second, frame);
    changes.insert_or_assign(identity, std::move(changed));
  }
  std::vector<const Object*> open;
  return is_container(copy) ? with_changes(copy, changes, open) : copy;
}

}  // namespace statelang::jsonata
