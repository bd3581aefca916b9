#include <algorithm>

#include "json_path/path_content.h"

namespace statelang::json_path {
namespace {

const Value& empty_object() {
  static const Value value = Value::object();
  return value;
}

void add_variables(const Operand& operand, std::vector<std::string>& names) {
  if (operand.path) collect_variables(*operand.path, names);
}

void add_variables(const Filter& filter, std::vector<std::string>& names) {
  for (const Filter& child : filter.children) add_variables(child, names);
  add_variables(filter.left, names);
  add_variables(filter.right, names);
}

std::string fragment(const Step& step) {
  const auto number = [](const std::optional<int64_t>& n) { return n ? std::to_string(*n) : std::string(); };
  std::string text;
  switch (step.kind) {
    case Step::Kind::Name:
      return "['" + step.name + "']";
    case Step::Kind::Index:
      return "[" + std::to_string(step.index) + "]";
    case Step::Kind::Slice:
      return "[" + number(step.from) + ":" + number(step.to) + "]";
    case Step::Kind::Function:
      return "." + std::string(name_of(step.call->function)) +
             (step.call->arguments.empty() ? "()" : "(...)");
    case Step::Kind::Wildcard:
      return "[*]";
    case Step::Kind::Descend:
      return "..";
    case Step::Kind::Filter:
      return "[?]";
    case Step::Kind::Names:
      for (const std::string& name : step.names) text += (text.empty() ? "'" : ",'") + name + "'";
      return "[" + text + "]";
    case Step::Kind::Indexes:
      for (int64_t index : step.indexes) text += (text.empty() ? "" : ",") + std::to_string(index);
      return "[" + text + "]";
  }
  return text;
}

// Follows names and indexes; `failed_at` tells the step that found nothing.
const Value* follow(const PathContent& path, const Value* node, size_t& failed_at) {
  for (size_t i = 0; i < path.steps.size(); ++i) {
    const Step& step = path.steps[i];
    failed_at = i;
    if (step.kind == Step::Kind::Name) {
      const Value* next = node->find(step.name);
      if (!next) return nullptr;
      node = next;
    } else {
      if (!node->is_array()) return nullptr;
      const auto size = static_cast<int64_t>(node->size());
      const int64_t index = step.index < 0 ? size + step.index : step.index;
      if (index < 0 || index >= size) return nullptr;
      node = &(*node)[static_cast<size_t>(index)];
    }
  }
  return node;
}

const Value* root_value(const PathContent& path, const Roots& roots) {
  switch (path.root) {
    case Root::Input:
      return roots.input ? roots.input : &empty_object();
    case Root::Context:
      return roots.context ? roots.context : &empty_object();
    case Root::Variable:
      return roots.variables ? roots.variables->find(path.variable) : nullptr;
  }
  return nullptr;
}

}  // namespace

void PathContent::seal() {
  definite = simple = true;
  definite_steps = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step::Kind kind = steps[i].kind;
    const bool single = kind == Step::Kind::Name || kind == Step::Kind::Index;
    simple = simple && single;
    // Several names at the end are merged into one object.
    const bool merged = kind == Step::Kind::Names && i + 1 == steps.size();
    if (!single && !merged && kind != Step::Kind::Function) definite = false;
    if (definite) definite_steps = i + 1;
  }
  gathered_by = 0;
  if (steps.size() < 3 || steps[0].kind != Step::Kind::Descend || !steps.back().call) return;
  while (!steps[gathered_by].call) ++gathered_by;
  definite = true;
}

std::string normalized(const PathContent& path, size_t count) {
  std::string text = path.relative ? "@" : "$";
  for (size_t i = 0; i < count; ++i) text += fragment(path.steps[i]);
  return text;
}

void collect_variables(const PathContent& path, std::vector<std::string>& names) {
  if (path.root == Root::Variable && !path.relative &&
      std::find(names.begin(), names.end(), path.variable) == names.end()) {
    names.push_back(path.variable);
  }
  for (const Step& step : path.steps) {
    if (step.filter) add_variables(*step.filter, names);
    if (!step.call) continue;
    for (const Operand& argument : step.call->arguments) add_variables(argument, names);
  }
}

Path::Path() {
  auto content = std::make_shared<PathContent>();
  content->text = "$";
  content_ = std::move(content);
}

Expected<Path, Error> Path::parse(std::string_view text) {
  auto content = parse_path(text);
  if (!content) return Unexpected<Error>{std::move(content).error()};
  return Path(std::make_shared<const PathContent>(std::move(*content)));
}

Root Path::root() const {
  return content_->root;
}
const std::string& Path::variable() const {
  return content_->variable;
}
const std::string& Path::text() const {
  return content_->text;
}
bool Path::is_definite() const {
  return content_->definite;
}

bool Path::is_reference_path() const {
  return content_->simple &&
         std::all_of(content_->steps.begin(), content_->steps.end(),
                     [](const Step& step) { return step.kind == Step::Kind::Name || step.index >= 0; });
}

bool Path::is_root_only() const {
  return content_->steps.empty();
}

std::vector<std::string> Path::variables() const {
  std::vector<std::string> names;
  collect_variables(*content_, names);
  return names;
}

const Value* Path::find(const Roots& roots) const {
  if (!content_->simple) return nullptr;
  const Value* root = root_value(*content_, roots);
  size_t failed_at = 0;
  return root ? follow(*content_, root, failed_at) : nullptr;
}

Expected<Value, Error> Path::evaluate(const Roots& roots, size_t visits_max) const {
  if (const Value* found = find(roots)) return Value(*found);
  return Evaluator(roots, visits_max).evaluate(*content_);
}

const Value* Evaluator::root_of(const PathContent& path) {
  if (path.relative) return current_;
  // Inside a filter `$` is the document that the outermost path runs over.
  if (path.root == Root::Input && document_) return document_;
  return root_value(path, roots_);
}

Expected<Value, Error> write(const Path& reference, Value root, Value item) {
  const PathContent& path = *reference.content_;
  const auto refuse = [&] {
    return Unexpected<Error>{{Error::Kind::InvalidValue,
                              "Unable to apply ReferencePath " + path.text + " to input " + to_json(root),
                              0}};
  };
  if (!reference.is_reference_path() || path.root != Root::Input) return refuse();
  // Look before changing anything: the message shows the root as it was.
  const Value* node = &root;
  for (const Step& step : path.steps) {
    if (!node) {
      if (step.kind == Step::Kind::Index) return refuse();
    } else if (step.kind == Step::Kind::Name) {
      if (!node->is_object()) return refuse();
      node = node->find(step.name);
    } else {
      if (!node->is_array() || static_cast<size_t>(step.index) >= node->size()) return refuse();
      node = &(*node)[static_cast<size_t>(step.index)];
    }
  }
  Value* place = &root;
  for (const Step& step : path.steps) {
    if (step.kind == Step::Kind::Index) {
      place = &place->mutable_array()[static_cast<size_t>(step.index)];
      continue;
    }
    Object& object = place->mutable_object();
    Value* next = object.find(step.name);
    place = next ? next : &object.set(Value(step.name), Value::object());
  }
  *place = std::move(item);
  return root;
}

}  // namespace statelang::json_path
