// Shape: turns the parser's operators into paths with steps, stages and groups, finds the step that each
// parent reference (%) means, and marks calls in tail position.
#include "ast.h"
#include "failure.h"

namespace statelang::jsonata {
namespace {

class Shaper {
 public:
  explicit Shaper(Program& program) : program_(program) {}

  Node* shape(Node* node) {
    Node* result = shape_kind(node);
    if (node->keep_array) result->keep_array = true;
    return result;
  }

 private:
  Node* shape_kind(Node* node);
  Node* operands(Node* node);
  Node* dot(Node* node);
  Node* filter(Node* node);
  Node* group_by(Node* node);
  Node* order_by(Node* node);
  Node* focus_bind(Node* node);
  Node* index_bind(Node* node);
  Node* negate(Node* node);
  Node* constructor(Node* node);
  Node* call(Node* node);
  Node* parent(Node* node);
  Node* block(Node* node);
  Node* as_path(Node* node);

  void seek_parent(Node* node, AncestorSlot* slot);
  static void push_ancestry(Node* result, const Node* value);
  void resolve_ancestry(Node* path);
  static void mark_tail_calls(Node* node);

  Program& program_;
};

Node* last_step(Node* node) {
  return node->kind == Kind::Path ? node->items.back() : node;
}

Node* Shaper::shape_kind(Node* node) {
  switch (node->kind) {
    case Kind::Dot:
      return dot(node);
    case Kind::Filter:
      return filter(node);
    case Kind::GroupBy:
      return group_by(node);
    case Kind::OrderBy:
      return order_by(node);
    case Kind::FocusBind:
      return focus_bind(node);
    case Kind::IndexBind:
      return index_bind(node);
    case Kind::Negate:
      return negate(node);
    case Kind::ArrayConstructor:
    case Kind::ObjectConstructor:
      return constructor(node);
    case Kind::Call:
    case Kind::Partial:
      return call(node);
    case Kind::Block:
      return block(node);
    case Kind::Parent:
      return parent(node);
    case Kind::Lambda:
      node->lhs = shape(node->lhs);
      mark_tail_calls(node->lhs);
      return node;
    case Kind::Name: {
      Node* path = as_path(node);
      path->keep_singleton_array = node->keep_array;
      return path;
    }
    case Kind::Transform:
      node->lhs = shape(node->lhs);
      node->rhs = shape(node->rhs);
      if (node->third) node->third = shape(node->third);
      return node;
    case Kind::End:
      raise_at("S0207", node->position);
    case Kind::Literal:
    case Kind::Variable:
    case Kind::Wildcard:
    case Kind::Descendant:
    case Kind::RegexLiteral:
    case Kind::Placeholder:
      return node;
    default:
      return operands(node);
  }
}

// Operators of one to three operands.
Node* Shaper::operands(Node* node) {
  for (Node** operand : {&node->lhs, &node->rhs, &node->third}) {
    if (!*operand) continue;
    *operand = shape(*operand);
    if (node->kind != Kind::Apply) push_ancestry(node, *operand);
  }
  if (node->kind == Kind::Apply) node->keep_array = node->lhs->keep_array || node->rhs->keep_array;
  return node;
}

Node* Shaper::as_path(Node* node) {
  Node* path = program_.make(Kind::Path, node->position);
  path->items.push_back(node);
  path->depth = node->depth;
  return path;
}

Node* Shaper::dot(Node* node) {
  Node* left = shape(node->lhs);
  Node* path = left->kind == Kind::Path ? left : as_path(left);
  if (left->kind == Kind::Parent) path->seeking_parent = {left->parent_slot};
  Node* rest = shape(node->rhs);
  if (rest->kind == Kind::Path) {
    path->items.insert(path->items.end(), rest->items.begin(), rest->items.end());
  } else {
    if (!rest->predicates.empty()) rest->stages = std::move(rest->predicates);
    rest->predicates.clear();
    path->items.push_back(rest);
  }
  for (Node* step : path->items) {
    if (step->keep_array) path->keep_singleton_array = true;
    if (step->kind != Kind::Literal) continue;
    if (!step->value.is_string()) raise_at("S0213", step->position, {}, step->value);
    step->kind = Kind::Name;  // a string as a step is a name
  }
  for (Node* step : {path->items.front(), path->items.back()}) {
    if (step->kind == Kind::ArrayConstructor) step->cons_array = true;
  }
  resolve_ancestry(path);
  return path;
}

Node* Shaper::filter(Node* node) {
  Node* result = shape(node->lhs);
  Node* step = last_step(result);
  if (step->group) raise_at("S0209", node->position);
  Node* predicate = shape(node->rhs);
  if (!predicate->seeking_parent.empty()) {
    for (AncestorSlot* slot : predicate->seeking_parent) {
      if (slot->level == 1) {
        seek_parent(step, slot);
      } else {
        --slot->level;
      }
    }
    push_ancestry(step, predicate);
  }
  auto& stages = result->kind == Kind::Path ? step->stages : step->predicates;
  stages.push_back({.expression = predicate});
  return result;
}

Node* Shaper::group_by(Node* node) {
  Node* result = shape(node->lhs);
  if (result->group) raise_at("S0210", node->position);
  auto group = std::make_unique<Group>();
  group->position = node->position;
  for (const auto& [key, value] : node->pairs) {
    Node* shaped_key = shape(key);
    group->pairs.emplace_back(shaped_key, shape(value));
  }
  result->group = std::move(group);
  return result;
}

Node* Shaper::order_by(Node* node) {
  Node* result = shape(node->lhs);
  if (result->kind != Kind::Path) result = as_path(result);
  Node* sort = program_.make(Kind::Sort, node->position);
  for (const SortTerm& term : node->terms) {
    Node* expression = shape(term.expression);
    push_ancestry(sort, expression);
    sort->terms.push_back({expression, term.descending});
  }
  result->items.push_back(sort);
  resolve_ancestry(result);
  return result;
}

Node* Shaper::focus_bind(Node* node) {
  Node* result = shape(node->lhs);
  Node* step = last_step(result);
  if (!step->stages.empty() || !step->predicates.empty()) raise_at("S0215", node->position);
  if (step->kind == Kind::Sort) raise_at("S0216", node->position);
  if (node->keep_array) step->keep_array = true;
  step->focus = node->rhs->value.as_string();
  step->tuple = true;
  return result;
}

Node* Shaper::index_bind(Node* node) {
  Node* result = shape(node->lhs);
  Node* step = last_step(result);
  if (result->kind != Kind::Path) {
    result = as_path(result);
    if (!step->predicates.empty()) step->stages = std::move(step->predicates);
    step->predicates.clear();
  }
  const std::string name(node->rhs->value.as_string());
  if (step->stages.empty()) {
    step->index = name;
  } else {
    step->stages.push_back({.is_index = true, .name = name});
  }
  step->tuple = true;
  return result;
}

Node* Shaper::negate(Node* node) {
  node->lhs = shape(node->lhs);
  // A literal keeps its predicates: `-5[$ < 0]` asks of -5, as in jsonata-js.
  if (node->lhs->kind == Kind::Literal && node->lhs->is_literal_number) {
    Value& value = node->lhs->value;
    value = value.is_integer() ? Value(-value.as_integer()) : Value(-value.as_double());
    return node->lhs;
  }
  push_ancestry(node, node->lhs);
  return node;
}

Node* Shaper::constructor(Node* node) {
  for (Node*& item : node->items) {
    item = shape(item);
    push_ancestry(node, item);
  }
  for (auto& [key, value] : node->pairs) {
    key = shape(key);
    push_ancestry(node, key);
    value = shape(value);
    push_ancestry(node, value);
  }
  return node;
}

Node* Shaper::call(Node* node) {
  for (Node*& argument : node->items) {
    argument = shape(argument);
    push_ancestry(node, argument);
  }
  node->lhs = shape(node->lhs);
  return node;
}

Node* Shaper::block(Node* node) {
  for (Node*& item : node->items) {
    item = shape(item);
    push_ancestry(node, item);
    if (item->cons_array || (item->kind == Kind::Path && item->items.front()->cons_array))
      node->cons_array = true;
  }
  return node;
}

Node* Shaper::parent(Node* node) {
  node->parent_slot = program_.make_ancestor();
  return node;
}

void Shaper::seek_parent(Node* node, AncestorSlot* slot) {
  switch (node->kind) {
    case Kind::Name:
    case Kind::Wildcard:
      if (--slot->level == 0) {
        if (node->ancestor) slot->label = node->ancestor->label;  // two references to one object share a name
        node->ancestor = slot;
        node->tuple = true;
      }
      break;
    case Kind::Parent:
      ++slot->level;
      break;
    case Kind::Block:
      if (!node->items.empty()) {
        node->tuple = true;
        seek_parent(node->items.back(), slot);
      }
      break;
    case Kind::Path: {
      node->tuple = true;
      size_t index = node->items.size();
      seek_parent(node->items[--index], slot);
      while (slot->level > 0 && index > 0) seek_parent(node->items[--index], slot);
      break;
    }
    default:
      raise_at("S0217", node->position);
  }
}

void Shaper::push_ancestry(Node* result, const Node* value) {
  auto& seeking = result->seeking_parent;
  seeking.insert(seeking.end(), value->seeking_parent.begin(), value->seeking_parent.end());
  if (value->kind == Kind::Parent) seeking.push_back(value->parent_slot);
}

void Shaper::resolve_ancestry(Node* path) {
  Node* last = path->items.back();
  std::vector<AncestorSlot*> slots = last->seeking_parent;
  if (last->kind == Kind::Parent) slots.push_back(last->parent_slot);
  for (AncestorSlot* slot : slots) {
    auto index = static_cast<std::ptrdiff_t>(path->items.size()) - 2;
    const auto step_at = [&](std::ptrdiff_t i) { return path->items[static_cast<size_t>(i)]; };
    while (slot->level > 0) {
      if (index < 0) {
        path->seeking_parent.push_back(slot);
        break;
      }
      Node* step = step_at(index--);
      // Neighbouring steps that bind a focus stand on the same object.
      while (index >= 0 && !step->focus.empty() && !step_at(index)->focus.empty()) step = step_at(index--);
      seek_parent(step, slot);
    }
  }
}

void Shaper::mark_tail_calls(Node* node) {
  if (!node->predicates.empty() || node->group) return;
  switch (node->kind) {
    case Kind::Call:
      node->tail_call = true;
      break;
    case Kind::Condition:
      mark_tail_calls(node->rhs);
      if (node->third) mark_tail_calls(node->third);
      break;
    case Kind::Coalesce:
    case Kind::Default:
      mark_tail_calls(node->rhs);
      break;
    case Kind::Block:
      if (!node->items.empty()) mark_tail_calls(node->items.back());
      break;
    default:
      break;
  }
}

}  // namespace

Node* shape(Program& program, Node* node) {
  Node* result = Shaper(program).shape(node);
  if (result->kind == Kind::Parent || !result->seeking_parent.empty()) raise_at("S0217", result->position);
  return result;
}

}  // namespace statelang::jsonata
