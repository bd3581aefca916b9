// Resolve: gives every variable a place. A frame exists at run time for each scope: the top, a block that
// assigns, a lambda, and a path whose steps bind (@, #, %). A variable may be assigned only later or on one
// branch, so a reference keeps all candidates from the inside out; an unassigned slot passes to the next.
#include <map>

#include "ast.h"
#include "failure.h"
#include "functions.h"

namespace statelang::jsonata {

int Scope::find(std::string_view name) const {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<int>(i);
  }
  return -1;
}

int Scope::add(const std::string& name) {
  const int found = find(name);
  if (found >= 0) return found;
  names.push_back(name);
  return static_cast<int>(names.size()) - 1;
}

namespace {

using Chain = std::vector<const Scope*>;  // outermost first

size_t first_tuple_step(const Node& path) {
  size_t i = 0;
  while (i < path.items.size() && !path.items[i]->tuple) ++i;
  return i;
}
bool is_tuple_path(const Node& node) {
  return node.kind == Kind::Path && first_tuple_step(node) < node.items.size();
}

// True for the steps of a tuple path that see none of its bindings: those before the first that binds, and a
// leading [...], which is evaluated once for the whole path.
bool evaluated_outside(const Node& path, size_t step) {
  return step < first_tuple_step(path) || (step == 0 && path.items[0]->cons_array);
}

class Resolver {
 public:
  explicit Resolver(Program& program) : program_(program) {}

  void run(const std::vector<const Scope*>& outer) {
    Chain chain(outer.rbegin(), outer.rend());
    collect_assignments(program_.root, program_.top);
    chain.push_back(&program_.top);
    visit(program_.root, chain);
  }

 private:
  void collect_assignments(const Node* node, Scope& scope);
  void collect_below(const Node* node, Scope& scope);
  void visit(Node* node, const Chain& chain);
  void visit_path(Node* path, const Chain& chain);
  void visit_step_bindings(Node* step, Scope& scope);
  void map_nested(Node* step, Scope& scope);
  void visit_lambda(Node* node, const Chain& chain);
  void visit_children(Node* node, const Chain& chain);
  void visit_predicates(Node* node, const Chain& chain);
  void visit_group(Group& group, const Chain& chain);
  VariableReference reference(std::string_view name, const Chain& chain, size_t position);
  int32_t global(std::string_view name, size_t position);
  void note_free(std::string_view name, size_t position);
  void note_states(const Node* variable, const Node* next);
  static Node* nested_tuple_path(Node* step);

  Program& program_;
  std::map<const Node*, Chain> chains_;  // of tuple paths, their own scope included
  const Node* noted_ = nullptr;          // $states that visit_path has seen with its member
};

// Assignments that land in the frame of `scope`: those not inside a scope of their own.
void Resolver::collect_assignments(const Node* node, Scope& scope) {
  if (!node) return;
  if (node->kind == Kind::Bind) scope.add(std::string(node->value.as_string()));
  if (node->kind == Kind::Block) {
    for (const Stage& stage : node->predicates) collect_assignments(stage.expression, scope);
    return;
  }
  if (node->kind == Kind::Lambda || node->kind == Kind::Transform) return;
  if (is_tuple_path(*node)) {
    for (size_t i = 0; i < node->items.size() && evaluated_outside(*node, i); ++i) {
      collect_assignments(node->items[i], scope);
    }
    return;
  }
  collect_below(node, scope);
}

void Resolver::collect_below(const Node* node, Scope& scope) {
  for (const Node* child : {node->lhs, node->rhs, node->third}) collect_assignments(child, scope);
  for (const Node* item : node->items) collect_assignments(item, scope);
  for (const auto& [key, value] : node->pairs)
    collect_assignments(key, scope), collect_assignments(value, scope);
  for (const SortTerm& term : node->terms) collect_assignments(term.expression, scope);
  for (const Stage& stage : node->predicates) collect_assignments(stage.expression, scope);
  for (const Stage& stage : node->stages) collect_assignments(stage.expression, scope);
  if (!node->group) return;
  for (const auto& [key, value] : node->group->pairs) {
    collect_assignments(key, scope);
    collect_assignments(value, scope);
  }
}

int32_t Resolver::global(std::string_view name, size_t position) {
  for (size_t i = 0; i < program_.globals.size(); ++i) {
    if (program_.globals[i].name == name) return static_cast<int32_t>(i);
  }
  const Builtin* builtin = find_builtin(name, program_.dialect);
  program_.globals.push_back({std::string(name), builtin ? function_value(*builtin) : Value::undefined(),
                              static_cast<uint32_t>(position)});
  return static_cast<int32_t>(program_.globals.size()) - 1;
}

void Resolver::note_free(std::string_view name, size_t position) {
  if (name.empty() || name == "$" || name[0] == '!' || find_builtin(name, program_.dialect)) return;
  for (const VariableUse& use : program_.analysis.free_variables) {
    if (use.name == name) return;
  }
  program_.analysis.free_variables.push_back({std::string(name), position});
}

VariableReference Resolver::reference(std::string_view name, const Chain& chain, size_t position) {
  VariableReference result;
  for (size_t up = 0; up < chain.size(); ++up) {
    const int slot = chain[chain.size() - 1 - up]->find(name);
    if (slot < 0) continue;
    result.candidates.push_back({static_cast<uint16_t>(up), static_cast<uint16_t>(slot)});
  }
  // A parameter is always set, so what lies outside it can't be meant; globals are cheap to keep anyway.
  result.global = global(name, position);
  if (result.candidates.empty()) note_free(name, position);
  return result;
}

void Resolver::note_states(const Node* variable, const Node* next) {
  if (variable->value.as_string() != "states" || !variable->variable.candidates.empty()) return;
  const bool member =
      next && next->kind == Kind::Name && variable->predicates.empty() && variable->stages.empty();
  program_.analysis.states_uses.push_back(
      {member ? std::string(next->value.as_string()) : std::string(), variable->position});
}

void Resolver::visit(Node* node, const Chain& chain) {
  switch (node->kind) {
    case Kind::Variable:
      if (!node->value.as_string().empty()) {
        node->variable = reference(node->value.as_string(), chain, node->position);
        if (noted_ != node) note_states(node, nullptr);
      }
      break;
    case Kind::Parent:
      node->variable = reference(node->parent_slot->label, chain, node->position);
      break;
    case Kind::Bind:
      visit(node->rhs, chain);
      node->slot = chain.back()->find(node->value.as_string());
      break;
    case Kind::Block: {
      auto scope = std::make_unique<Scope>();
      for (const Node* item : node->items) collect_assignments(item, *scope);
      Chain inner = chain;
      if (!scope->names.empty()) inner.push_back(scope.get());
      for (Node* item : node->items) visit(item, inner);
      if (!scope->names.empty()) node->scope = std::move(scope);
      break;
    }
    case Kind::Lambda:
      visit_lambda(node, chain);
      break;
    case Kind::Path:
      visit_path(node, chain);
      return;  // predicates of a path are stages of its steps
    case Kind::Transform: {
      // Evaluated in a frame of its own at call time, so that assignments inside have a place.
      auto scope = std::make_unique<Scope>();
      for (const Node* child : {node->lhs, node->rhs, node->third}) collect_assignments(child, *scope);
      node->scope = std::move(scope);
      Chain inner = chain;
      inner.push_back(node->scope.get());
      node->variable = reference("clone", inner, node->position);
      for (Node* child : {node->lhs, node->rhs, node->third}) {
        if (child) visit(child, inner);
      }
      break;
    }
    default:
      visit_children(node, chain);
  }
  visit_predicates(node, chain);
  if (node->group) visit_group(*node->group, chain);
}

void Resolver::visit_children(Node* node, const Chain& chain) {
  for (Node* child : {node->lhs, node->rhs, node->third}) {
    if (child) visit(child, chain);
  }
  for (Node* item : node->items) visit(item, chain);
  for (const auto& [key, value] : node->pairs) visit(key, chain), visit(value, chain);
  for (const SortTerm& term : node->terms) visit(term.expression, chain);
  if ((node->kind == Kind::Call || node->kind == Kind::Partial) && node->lhs->kind == Kind::Path) {
    // `sum(x)` for `$sum(x)`: the variable is looked at only to say so.
    const Node* first = node->lhs->items.front();
    if (first->kind == Kind::Name) {
      const auto free_before = program_.analysis.free_variables.size();
      node->variable = reference(first->value.as_string(), chain, node->position);
      program_.analysis.free_variables.resize(free_before);
    }
  }
}

// A block that carries tuples is filtered in the frames of its tuples.
void Resolver::visit_predicates(Node* node, const Chain& chain) {
  if (node->predicates.empty()) return;
  const Node* nested = nested_tuple_path(node);
  const Chain copy = nested ? chains_[nested] : chain;
  for (const Stage& stage : node->predicates) {
    if (stage.expression) visit(stage.expression, copy);
  }
}

void Resolver::visit_group(Group& group, const Chain& chain) {
  for (const auto& [key, value] : group.pairs) {
    visit(key, chain);
    visit(value, chain);
  }
}

void Resolver::visit_lambda(Node* node, const Chain& chain) {
  auto scope = std::make_unique<Scope>();
  for (const Node* parameter : node->items) {
    node->parameter_slots.push_back(scope->add(std::string(parameter->value.as_string())));
  }
  collect_assignments(node->lhs, *scope);
  Chain inner = chain;
  if (!scope->names.empty()) inner.push_back(scope.get());
  visit(node->lhs, inner);
  if (!scope->names.empty()) node->scope = std::move(scope);
}

// The tuple path whose stream comes out of a step: the step itself, or the last expression of a block.
Node* Resolver::nested_tuple_path(Node* step) {
  while (step->kind == Kind::Block && step->tuple && !step->items.empty()) step = step->items.back();
  return step->tuple && is_tuple_path(*step) ? step : nullptr;
}

void Resolver::map_nested(Node* step, Scope& scope) {
  const Node* nested = nested_tuple_path(step);
  if (!nested || !nested->scope) return;
  step->tuple_map.clear();
  for (const std::string& name : nested->scope->names) step->tuple_map.push_back(scope.add(name));
}

void Resolver::visit_step_bindings(Node* step, Scope& scope) {
  if (!step->focus.empty()) step->focus_slot = scope.add(step->focus);
  if (!step->index.empty()) step->index_slot = scope.add(step->index);
  if (step->ancestor) step->ancestor_slot = scope.add(step->ancestor->label);
  for (Stage& stage : step->stages) {
    if (stage.is_index) stage.slot = scope.add(stage.name);
  }
}

void Resolver::visit_path(Node* path, const Chain& chain) {
  const Node* first = path->items.front();
  if (first->kind == Kind::Variable && first->value.as_string() == "states") noted_ = first;
  const size_t tuples_from = first_tuple_step(*path);
  Chain inner = chain;
  if (tuples_from < path->items.size()) {
    path->scope = std::make_unique<Scope>();
    for (size_t i = tuples_from; i < path->items.size(); ++i) {
      visit_step_bindings(path->items[i], *path->scope);
      if (!evaluated_outside(*path, i)) collect_assignments(path->items[i], *path->scope);
    }
    inner.push_back(path->scope.get());
    chains_[path] = inner;
  }
  bool plain = !path->scope && !path->group && !path->keep_singleton_array;
  for (size_t i = 0; i < path->items.size(); ++i) {
    Node* step = path->items[i];
    const Chain& here = i < tuples_from ? chain : inner;
    visit(step, evaluated_outside(*path, i) ? chain : inner);
    for (const Stage& stage : step->stages) {
      if (stage.expression) visit(stage.expression, here);
    }
    if (path->scope) map_nested(step, *path->scope);
    plain = plain && step->stages.empty() && step->predicates.empty() && !step->keep_array && !step->group &&
            (step->kind == Kind::Name || (i == 0 && step->kind == Kind::Variable));
  }
  path->plain_fields = plain;
  if (path->group) visit_group(*path->group, inner);
  if (noted_ == first) {
    noted_ = nullptr;
    note_states(first, path->items.size() > 1 ? path->items[1] : nullptr);
  }
}

// ------------------------------------------------------------------------------------------ Aws

// At the top level there is no context: names and `$` have nothing to refer to. A function's body has the
// context of the place where the function is written.
class TopLevel {
 public:
  void visit(const Node* node) {
    if (!node || found_) return;
    switch (node->kind) {
      case Kind::Lambda:
        return visit(node->lhs);
      case Kind::Transform:
        return;
      case Kind::Name:
        return take(std::string(node->value.as_string()), node->position);
      case Kind::Wildcard:
        return take("*", node->position);
      case Kind::Descendant:
        return take("**", node->position);
      case Kind::Variable:
        if (node->value.as_string().empty()) take("$", node->position);
        return;
      case Kind::Path:
        return visit(node->items.front());
      default:
        break;
    }
    for (const Node* child : {node->lhs, node->rhs, node->third}) visit(child);
    for (const Node* item : node->items) visit(item);
    for (const auto& [key, value] : node->pairs) visit(key), visit(value);
  }
  void check() const {
    if (!found_) return;
    throw Raised{.code = std::string(kTopLevelReference),
                 .position = position_,
                 .message = "Reference to '" + name_ + "' at the top level is not supported"};
  }

 private:
  void take(std::string name, size_t position) {
    found_ = true;
    name_ = std::move(name);
    position_ = position;
  }
  bool found_ = false;
  std::string name_;
  size_t position_ = 0;
};

}  // namespace

void resolve(Program& program, const std::vector<const Scope*>& outer) {
  Resolver(program).run(outer);
}

void check_aws(const Program& program) {
  // The root of all contexts is missing wherever it is asked for.
  for (const Program::Global& global : program.globals) {
    if (global.name != "$") continue;
    throw Raised{.code = std::string(kTopLevelReference),
                 .position = global.position,
                 .message = "Reference to '$$' is not supported."};
  }
  TopLevel top;
  top.visit(program.root);
  top.check();
}

}  // namespace statelang::jsonata
