#include <algorithm>
#include <optional>

#include <statelang/json_pointer.h>
#include <statelang/templates/payload_template.h>

namespace statelang::templates {
namespace {

constexpr size_t kInputTextMax =
    32'000;  // bytes of input quoted in a cause; AWS cuts causes at 32,768 characters

std::string quoted_input(const Environment& environment) {
  if (!environment.roots.input) return "{}";
  std::string text = to_json(*environment.roots.input);
  if (text.size() <= kInputTextMax) return text;
  size_t end = kInputTextMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return text.substr(0, end);
}

void add_names(std::vector<std::string>& names, std::vector<std::string> more) {
  for (std::string& name : more) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
}

Failure path_failure(const json_path::Path& path, const json_path::Error& error,
                     const Environment& environment, std::string_view field) {
  Failure failure{std::string(errors::kRuntime), {}, true, true};
  if (error.is_missing()) {
    failure.cause = "The JSONPath '" + path.text() + "' specified for the field '" + std::string(field) +
                    "' could not be found in the input '" + quoted_input(environment) + "'";
  } else {
    failure.cause = "The JSONPath '" + path.text() + "' specified for the field '" + std::string(field) +
                    "' could not be evaluated: " + error.text;
  }
  return failure;
}

}  // namespace

Expected<Expression, std::string> Expression::parse(std::string_view text) {
  // A path or call that follows blanks is plain text to AWS.
  if (!text.empty() && (text.front() == ' ' || text.back() == ' '))
    return Unexpected<std::string>{"blanks around it"};
  if (intrinsics::Call::looks_like_call(text)) {
    auto call = intrinsics::Call::parse(text);
    if (!call) return Unexpected<std::string>{std::move(call.error().message)};
    return Expression(std::move(*call));
  }
  auto path = json_path::Path::parse(text);
  if (!path) return Unexpected<std::string>{std::move(path.error().text)};
  return Expression(std::move(*path));
}

const std::string& Expression::text() const {
  if (const auto* p = path()) return p->text();
  return std::get_if<intrinsics::Call>(&content_)->text();
}

std::vector<std::string> Expression::variables() const {
  if (const auto* p = path()) return p->variables();
  return std::get_if<intrinsics::Call>(&content_)->variables();
}

Expected<Value, Failure> Expression::evaluate(const Environment& environment, std::string_view field) const {
  if (const auto* p = path()) {
    auto value = p->evaluate(environment.roots);
    if (value) return std::move(*value);
    return Unexpected<Failure>{path_failure(*p, value.error(), environment, field)};
  }
  auto value = std::get_if<intrinsics::Call>(&content_)->evaluate(environment);
  if (value) return std::move(*value);
  // A path that leads nowhere is States.Runtime; a function that refuses its arguments can be caught.
  const bool path_failed = value.error().kind == intrinsics::Error::Kind::Path;
  return Unexpected<Failure>{{std::string(path_failed ? errors::kRuntime : errors::kIntrinsicFailure),
                              std::move(value.error().text), true, true}};
}

// One place of the template. A container keeps a copy of itself with nulls where something dynamic goes:
// copying it shares all static parts, and only the places listed are then filled in.
struct Node {
  Value skeleton;
  std::vector<Node> children;
  size_t position = 0;  // in the parent's skeleton
  std::optional<Expression> expression;
  std::string field;  // of the expression: `x.$`

  bool is_static() const { return !expression && children.empty(); }
};

struct PayloadTemplate::Content {
  Node root;
  std::vector<std::string> variables;
};

namespace {

class Compiler {
 public:
  Node compile(const Value& json, const std::string& pointer) {
    if (json.is_object()) return compile_object(json.as_object(), pointer);
    Node node;
    node.skeleton = json;
    if (!json.is_array()) return node;
    for (size_t i = 0; i < json.size(); ++i) {
      Node child = compile(json[i], pointer + "/" + std::to_string(i));
      if (child.is_static()) continue;
      node.skeleton.mutable_array()[i] = Value(nullptr);
      child.position = i;
      node.children.push_back(std::move(child));
    }
    return node;
  }

  std::vector<CompileError> errors;
  std::vector<std::string> variables;

 private:
  Node compile_object(const Object& object, const std::string& pointer) {
    Node node;
    Object skeleton;
    skeleton.reserve(object.size());
    for (const auto& [key, value] : object) {
      const std::string_view name = key.as_string();
      const bool dynamic = name.ends_with(".$");
      const std::string_view target = dynamic ? name.substr(0, name.size() - 2) : name;
      if (skeleton.contains(target)) {
        errors.push_back({pointer, std::string(name),
                          "The field '" + std::string(target) + "' is defined more than once"});
        continue;
      }
      Node child =
          dynamic ? compile_field(name, value, pointer) : compile(value, pointer + "/" + pointer_token(name));
      skeleton.set(Value(target), child.is_static() ? value : Value(nullptr));
      if (child.is_static()) continue;
      child.position = skeleton.size() - 1;
      node.children.push_back(std::move(child));
    }
    node.skeleton = Value(std::move(skeleton));
    return node;
  }

  Node compile_field(std::string_view name, const Value& value, const std::string& pointer) {
    Node node;
    if (value.is_string()) {
      auto expression = Expression::parse(value.as_string());
      if (expression) {
        add_names(variables, expression->variables());
        node.expression = std::move(*expression);
        node.field = std::string(name);
        return node;
      }
    }
    errors.push_back({pointer, std::string(name),
                      "The value for the field '" + std::string(name) +
                          "' must be a valid JSONPath or a valid intrinsic function call"});
    return node;
  }
};

// `failure` is set when Undefined is returned.
Value build(const Node& node, const Environment& environment, std::optional<Failure>& failure) {
  if (node.expression) {
    auto value = node.expression->evaluate(environment, node.field);
    if (value) return std::move(*value);
    failure = std::move(value.error());
    return Value::undefined();
  }
  Value built = node.skeleton;
  for (const Node& child : node.children) {
    Value part = build(child, environment, failure);
    if (failure) return Value::undefined();
    if (built.is_array()) {
      built.mutable_array()[child.position] = std::move(part);
    } else {
      built.mutable_object().value_at(child.position) = std::move(part);
    }
  }
  return built;
}

}  // namespace

Expected<PayloadTemplate, std::vector<CompileError>> PayloadTemplate::compile(const Value& json) {
  Compiler compiler;
  auto content = std::make_shared<Content>();
  content->root = compiler.compile(json, "");
  if (!compiler.errors.empty()) return Unexpected<std::vector<CompileError>>{std::move(compiler.errors)};
  if (content->root.is_static()) content->root.skeleton = json;
  content->variables = std::move(compiler.variables);
  return PayloadTemplate(std::move(content));
}

bool PayloadTemplate::is_static() const {
  return content_->root.is_static();
}
const std::vector<std::string>& PayloadTemplate::variables() const {
  return content_->variables;
}

Expected<Value, Failure> PayloadTemplate::evaluate(const Environment& environment) const {
  std::optional<Failure> failure;
  Value value = build(content_->root, environment, failure);
  if (failure) return Unexpected<Failure>{std::move(*failure)};
  return value;
}

}  // namespace statelang::templates
