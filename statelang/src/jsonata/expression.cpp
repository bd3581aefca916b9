#include <new>

#include <statelang/jsonata/expression.h>

#include "evaluator.h"

namespace statelang::jsonata {

Limits Limits::aws() {
  Limits limits;
  limits.sequence_items_max = 873'782;
  limits.string_bytes_max = (1u << 23) - 1;
  limits.memory_bytes_max = 256u << 20;
  return limits;
}

const Value* Bindings::find(std::string_view name) const noexcept {
  if (const Value* found = values.find(name)) return found;
  for (const Object* scope : scopes) {
    if (const Value* found = scope->find(name)) return found;
  }
  return nullptr;
}

Node* Program::make(Kind kind, size_t position) {
  Node& node = nodes_.emplace_back();
  node.kind = kind;
  node.position = static_cast<uint32_t>(position);
  return &node;
}

AncestorSlot* Program::make_ancestor() {
  AncestorSlot& slot = ancestors_.emplace_back();
  slot.index = ancestors_.size() - 1;
  slot.label = "!" + std::to_string(slot.index);
  return &slot;
}

std::shared_ptr<Program> compile(std::string_view text, Dialect dialect,
                                 const std::vector<const Scope*>& outer) {
  auto program = std::make_shared<Program>();
  program->text = text;
  program->dialect = dialect;
  program->root = parse_operators(*program);
  program->root = shape(*program, program->root);
  resolve(*program, outer);
  if (dialect == Dialect::Aws) check_aws(*program);
  return program;
}

Expected<Expression, Error> Expression::parse(std::string_view text, Dialect dialect) {
  try {
    return Expression(compile(text, dialect));
  } catch (const Raised& raised) {
    return Unexpected{to_error(raised)};
  } catch (const std::bad_alloc&) {
    return Unexpected{Error{.code = "D2015", .message = "Out of memory", .position = 0}};
  }
}

Expected<Value, Error> Expression::evaluate(const Value& input, const Bindings& bindings,
                                            const Environment& environment) const {
  try {
    return Evaluator(program_, bindings, environment).run(input);
  } catch (const Raised& raised) {
    return Unexpected{to_error(raised)};
  } catch (const std::bad_alloc&) {
    return Unexpected{Error{.code = "D2015", .message = "Out of memory", .position = 0}};
  }
}

const Analysis& Expression::analysis() const {
  return program_->analysis;
}
std::string_view Expression::text() const {
  return program_->text;
}

bool is_function(const Value& value) noexcept {
  return callable_of(value) != nullptr;
}

bool contains_function(const Value& value) {
  if (value.is_array()) {
    for (const Value& item : value.as_array()) {
      if (contains_function(item)) return true;
    }
  } else if (value.is_object()) {
    for (const auto& [key, item] : value.as_object()) {
      if (contains_function(item)) return true;
    }
  }
  return is_function(value);
}

}  // namespace statelang::jsonata
