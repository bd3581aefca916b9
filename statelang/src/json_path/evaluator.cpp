// Walks a document along the steps of a path. Missing names and indexes are failures only where at most one
// value can match; below a wildcard, slice, filter or `..` they are skipped, as Jayway does.
#include <algorithm>

#include "json_path/path_content.h"

namespace statelang::json_path {
namespace {

// In visits: a result takes memory, a visit only time.
constexpr size_t kResultCost = 8;

// The words Java has for a value in Jayway's messages.
std::string_view java_type(const Value& value) {
  switch (value.type()) {
    case Value::Type::Null:
      return "null";
    case Value::Type::Boolean:
      return "java.lang.Boolean";
    case Value::Type::Integer:
      return "java.lang.Integer";
    case Value::Type::Double:
      return "java.lang.Double";
    case Value::Type::String:
      return "java.lang.String";
    case Value::Type::Array:
      return "java.util.ArrayList";
    default:
      return "java.util.LinkedHashMap";
  }
}

// Whether `..` stops at this value for its next step. Names that are merged must all be there.
bool may_match(const Step& next, bool last, const Value& node) {
  if (next.kind == Step::Kind::Name) return node.find(next.name) != nullptr;
  return next.kind != Step::Kind::Names || !last ||
         std::all_of(next.names.begin(), next.names.end(), [&](const auto& name) { return node.find(name); });
}

}  // namespace

void Evaluator::fail(Error::Kind kind, std::string text) {
  if (!error_) error_ = Error{kind, std::move(text), 0};
}

bool Evaluator::spend(size_t visits) {
  if (error_) return false;
  if (visits_left_ < visits) {
    fail(Error::Kind::Budget, "The path visits too many values");
    return false;
  }
  visits_left_ -= visits;
  return true;
}

Expected<Value, Error> Evaluator::evaluate(const PathContent& path) {
  const Value* root = root_of(path);
  if (!root) {
    return Unexpected<Error>{
        {Error::Kind::MissingVariable, "The variable '$" + path.variable + "' is not defined", 0}};
  }
  document_ = root;
  Value result = result_of(path);
  if (!error_ && result.is_undefined()) {
    fail(Error::Kind::NoResults, "No results for path: " + normalized(path, path.steps.size()));
  }
  // Measured on AWS: wildcards, slices and filters below something that is missing find nothing.
  const bool finds_nothing = error_ && error_->is_missing() && !path.definite;
  if (finds_nothing) return Value::array();
  if (error_) return Unexpected<Error>{std::move(*error_)};
  return result;
}

// Undefined and possibly error_ when there is none.
Value Evaluator::result_of(const PathContent& path) {
  const Value* root = root_of(path);
  if (!root) {
    fail(Error::Kind::MissingVariable, "The variable '$" + path.variable + "' is not defined");
    return Value::undefined();
  }
  Frame frame{path, path.steps.size(), {}};
  run(frame, *root);
  if (error_) return Value::undefined();
  if (!path.definite) return Value(Array(std::move(frame.results)));
  return frame.results.empty() ? Value::undefined() : std::move(frame.results.back());
}

void Evaluator::run(Frame& frame, const Value& root) {
  const size_t gathered_by = frame.path.gathered_by;
  if (gathered_by == 0) return walk(frame, 0, root);
  frame.end = gathered_by;
  walk(frame, 0, root);
  if (error_) return;
  Value found(Array(std::exchange(frame.results, {})));
  frame.end = frame.path.steps.size();
  add_result(frame, gathered_by, apply_to_found(*frame.path.steps[gathered_by].call, root, std::move(found)));
}

void Evaluator::walk(Frame& frame, size_t at, const Value& node) {
  if (!spend(1)) return;
  if (at == frame.end) {
    if (spend(kResultCost)) frame.results.push_back(node);
    return;
  }
  switch (frame.path.steps[at].kind) {
    case Step::Kind::Name:
      return walk_name(frame, at, node);
    case Step::Kind::Names:
      return walk_names(frame, at, node);
    case Step::Kind::Index:
    case Step::Kind::Indexes:
      return walk_indexes(frame, at, node);
    case Step::Kind::Slice:
      if (array_or_fail(frame, at, node)) walk_slice(frame, at, node.as_array());
      return;
    case Step::Kind::Wildcard:
      return walk_wildcard(frame, at, node);
    case Step::Kind::Descend:
      return walk_descend(frame, at, node);
    case Step::Kind::Filter:
      return walk_filter(frame, at, node);
    case Step::Kind::Function:
      return walk_function(frame, at, node);
  }
}

void Evaluator::walk_name(Frame& frame, size_t at, const Value& node) {
  const PathContent& path = frame.path;
  const Step& step = path.steps[at];
  const bool sure = at <= path.definite_steps && path.definite_steps > at;
  const bool last = at + 1 == frame.end;
  if (!node.is_object()) {
    if (!sure) return;
    return fail_missing([&] {
      return "Expected to find an object with property ['" + step.name + "'] in path " +
             normalized(path, at) + " but found '" + std::string(java_type(node)) + "'.";
    });
  }
  if (const Value* next = node.find(step.name)) return walk(frame, at + 1, *next);
  if ((last || !sure) && !wants_all_) return;
  fail_missing([&] { return "Missing property in path " + normalized(path, at + 1); });
}

void Evaluator::walk_names(Frame& frame, size_t at, const Value& node) {
  const Step& step = frame.path.steps[at];
  if (!node.is_object()) {
    if (at > frame.path.definite_steps) return;
    return fail_missing([&] {
      return "Expected to find an object in path " + normalized(frame.path, at) + " but found '" +
             std::string(java_type(node)) + "'.";
    });
  }
  const bool last = at + 1 == frame.end;
  Object merged;
  for (const std::string& name : step.names) {
    const Value* found = node.find(name);
    if (!found && wants_all_)
      return fail_missing([&] { return "Missing property in path " + normalized(frame.path, at + 1); });
    if (!found) continue;
    if (last) {
      merged.set(Value(name), *found);
    } else {
      walk(frame, at + 1, *found);
    }
  }
  if (last) frame.results.push_back(Value(std::move(merged)));
}

bool Evaluator::array_or_fail(Frame& frame, size_t at, const Value& node) {
  if (node.is_array()) return true;
  if (at > frame.path.definite_steps) return false;
  fail_missing([&] {
    const std::string step = normalized(frame.path, at + 1).substr(normalized(frame.path, at).size());
    return "Filter: " + step + " can only be applied to arrays. Current context is: " + to_json(node);
  });
  return false;
}

void Evaluator::walk_indexes(Frame& frame, size_t at, const Value& node) {
  if (!array_or_fail(frame, at, node)) return;
  const Step& step = frame.path.steps[at];
  if (step.kind == Step::Kind::Index) return walk_index(frame, at, node.as_array(), step.index);
  for (int64_t index : step.indexes) walk_index(frame, at, node.as_array(), index);
}

void Evaluator::walk_index(Frame& frame, size_t at, const Array& array, int64_t index) {
  const auto size = static_cast<int64_t>(array.size());
  if (index < 0) index += size;
  if (index >= 0 && index < size) walk(frame, at + 1, array[static_cast<size_t>(index)]);
}

// As Jayway does: a negative bound counts from the end when it is the only one. Between two, every number
// from the first to the second is an index, so that [0:-1] finds nothing and [-1:1] the last item and the
// first.
void Evaluator::walk_slice(Frame& frame, size_t at, const Array& array) {
  const Step& step = frame.path.steps[at];
  const auto size = static_cast<int64_t>(array.size());
  int64_t from = step.from.value_or(0), to = std::min(step.to.value_or(size), size);
  if (!step.to && from < 0) from += size;
  if (!step.from && to < 0) to += size;
  for (int64_t i = std::max(from, -size); i < to && !error_; ++i) {
    if (i >= 0 || step.to) walk_index(frame, at, array, i);
  }
}

void Evaluator::walk_wildcard(Frame& frame, size_t at, const Value& node) {
  if (node.is_array()) {
    for (const Value& item : node.as_array()) {
      if (error_) return;
      walk(frame, at + 1, item);
    }
  } else if (node.is_object()) {
    for (const auto& [key, value] : node.as_object()) {
      if (error_) return;
      walk(frame, at + 1, value);
    }
  }
}

// The rest of the path on this value and, in document order, on everything inside it.
void Evaluator::walk_descend(Frame& frame, size_t at, const Value& node) {
  if (error_ || (!node.is_array() && !node.is_object())) return;
  const Step& next = frame.path.steps[at + 1];
  if (next.kind == Step::Kind::Filter) {
    descend_filter(frame, at + 1, node);
  } else if (may_match(next, at + 2 == frame.end, node)) {
    walk(frame, at + 1, node);
  }
  if (node.is_array()) {
    for (const Value& item : node.as_array()) {
      if (!spend(1)) return;
      walk_descend(frame, at, item);
    }
  } else {
    for (const auto& [key, value] : node.as_object()) {
      if (!spend(1)) return;
      walk_descend(frame, at, value);
    }
  }
}

// A filter after `..` looks at objects and at arrays themselves; the items of an array are met on the way.
// Only in an array that it selects, which takes something like `!@.x`, does it look at each item once more.
void Evaluator::descend_filter(Frame& frame, size_t at, const Value& node) {
  if (!selects(*frame.path.steps[at].filter, node)) return;
  if (node.is_object()) return walk(frame, at + 1, node);
  if (at + 1 == frame.end) return walk(frame, at, node);
  for (const Value& item : node.as_array()) {
    if (error_) return;
    walk(frame, at + 1, item);
  }
}

bool Evaluator::selects(const Filter& filter, const Value& item) {
  const Value* outer = std::exchange(current_, &item);
  const bool refused = std::exchange(refused_, false);
  const bool selected = spend(1) && accepts(filter) && !refused_ && !error_;
  refused_ = refused;
  current_ = outer;
  return selected;
}

void Evaluator::walk_filter(Frame& frame, size_t at, const Value& node) {
  const Filter& filter = *frame.path.steps[at].filter;
  if (node.is_array()) {
    for (const Value& item : node.as_array()) {
      if (error_) return;
      if (selects(filter, item)) walk(frame, at + 1, item);
    }
  } else if (node.is_object()) {
    if (selects(filter, node)) walk(frame, at + 1, node);
  } else if (at <= frame.path.definite_steps) {
    fail_missing(
        [&] { return "Filter: [?] can not be applied to primitives. Current context is: " + to_json(node); });
  }
}

// What a function gives is a result, and what the steps after it start from: the last result is the path's.
void Evaluator::walk_function(Frame& frame, size_t at, const Value& node) {
  add_result(frame, at, apply(*frame.path.steps[at].call, node));
}

void Evaluator::add_result(Frame& frame, size_t at, Value value) {
  if (error_ || value.is_undefined()) return;
  if (at + 1 < frame.end) {
    frame.results.push_back(value);
    walk(frame, at + 1, value);
  } else {
    frame.results.push_back(std::move(value));
  }
}

}  // namespace statelang::json_path
