#include <algorithm>

#include <statelang/json_pointer.h>
#include <statelang/templates/jsonata_template.h>

namespace statelang::templates {
namespace {

// One node of the compiled template; nodes without anything dynamic below keep their JSON only.
struct TemplateNode {
  enum class Kind : uint8_t { Static, Expression, Array, Object } kind = Kind::Static;
  Value json;                                   // Static
  std::string location;                         // Expression: "Output/result"
  std::vector<jsonata::Expression> expression;  // one or none
  std::vector<Value> keys;                      // Object
  std::vector<TemplateNode> children;
};

}  // namespace

struct JsonataTemplate::Content {
  TemplateNode root;
  std::vector<std::string> variables;
  std::vector<std::string> states_members;
  std::string first_expression;
};

namespace {

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

using CompileError = JsonataTemplate::CompileError;

// Opened or closed only. With blanks around both it is plain text to the service.
bool is_half_expression(std::string_view text) {
  return text.starts_with("{%") != text.ends_with("%}") || text == "{%}";
}

class Compiler {
 public:
  Compiler(std::string_view field, StatesAccess access) : field_(field), access_(access) {}

  TemplateNode compile(const Value& json, const std::string& pointer, const std::string& location) {
    TemplateNode node;
    if (json.is_string() && JsonataTemplate::is_expression(json.as_string())) {
      compile_expression(json.as_string(), pointer, location, node);
    } else if (json.is_string() && is_half_expression(json.as_string())) {
      errors.push_back({pointer, "INVALID_JSONATA_EXPRESSION",
                        "JSONata expressions must start with '{%' and end with '%}'",
                        "No blanks before '{%' or after '%}'."});
    } else if (json.is_array() || json.is_object()) {
      compile_container(json, pointer, location, node);
    } else {
      node.json = json;
    }
    return node;
  }

  std::vector<JsonataTemplate::CompileError> errors;
  std::vector<std::string> variables;
  std::vector<std::string> states_members;
  std::string first_expression;

 private:
  void compile_expression(std::string_view text, const std::string& pointer, const std::string& location,
                          TemplateNode& node) {
    const std::string_view inner = text.substr(2, text.size() - 4);
    const size_t first = inner.find_first_not_of(" \t\r\n");
    const size_t last = inner.find_last_not_of(" \t\r\n");
    const std::string_view trimmed =
        first == std::string_view::npos ? "" : inner.substr(first, last - first + 1);
    auto parsed = jsonata::Expression::parse(trimmed, jsonata::Dialect::Aws);
    if (!parsed) {
      const bool unsupported = parsed.error().code == jsonata::kTopLevelReference;
      errors.push_back({pointer,
                        unsupported ? "UNSUPPORTED_JSONATA_EXPRESSION" : "INVALID_JSONATA_EXPRESSION",
                        parsed.error().message});
      return;
    }
    for (const auto& use : parsed->analysis().free_variables) {
      if (use.name != "states") add_once(variables, use.name);
    }
    for (const auto& use : parsed->analysis().states_uses) {
      if (!may_read(use.member)) refuse_member(use.member, pointer);
      add_once(states_members, use.member);
    }
    if (first_expression.empty()) first_expression = trimmed;
    node.kind = TemplateNode::Kind::Expression;
    node.location = location;
    node.expression.push_back(std::move(*parsed));
  }

  bool may_read(std::string_view member) const {
    if (member.empty() || member == "input" || member == "context") return true;
    return (member == "result" && access_ == StatesAccess::Result) ||
           (member == "errorOutput" && access_ == StatesAccess::ErrorOutput);
  }

  void refuse_member(const std::string& member, const std::string& pointer) {
    std::string hint = "$states has input, context, result and errorOutput.";
    if (member == "result") hint = "Output and Assign of Task, Map and Parallel states can read it.";
    if (member == "errorOutput") hint = "Output and Assign of a catcher can read it.";
    CompileError error{pointer, "UNSUPPORTED_JSONATA_EXPRESSION",
                       "Field '$states." + member + "' does not exist.", std::move(hint)};
    const bool repeated =
        !errors.empty() && errors.back().pointer == pointer && errors.back().message == error.message;
    if (!repeated) errors.push_back(std::move(error));
  }

  void compile_container(const Value& json, const std::string& pointer, const std::string& location,
                         TemplateNode& node) {
    bool dynamic = false;
    const auto add = [&](const Value& child, const std::string& key) {
      // AWS names items of a list by "[0]", members by "/name".
      node.children.push_back(compile(child, pointer + "/" + pointer_token(key),
                                      location + (json.is_array() ? "[" + key + "]" : "/" + key)));
      dynamic = dynamic || node.children.back().kind != TemplateNode::Kind::Static;
    };
    if (json.is_array()) {
      size_t index = 0;
      for (const Value& item : json.as_array()) add(item, std::to_string(index++));
    } else {
      for (const auto& [key, item] : json.as_object()) {
        node.keys.push_back(key);
        add(item, std::string(key.as_string()));
      }
    }
    if (!dynamic) {
      node = TemplateNode{};
      node.json = json;
      return;
    }
    node.kind = json.is_array() ? TemplateNode::Kind::Array : TemplateNode::Kind::Object;
  }

  std::string_view field_;
  StatesAccess access_;
};

JsonataFailure failure(const TemplateNode& node, const std::string& rest) {
  std::string cause = "The JSONata expression '" + std::string(node.expression[0].text()) +
                      "' specified for the field '" + node.location + "' " + rest;
  return {Failure{std::string(errors::kQueryEvaluationError), std::move(cause)}, node.location};
}

Expected<Value, JsonataFailure> evaluate_node(const TemplateNode& node, const jsonata::Bindings& bindings,
                                              const jsonata::Environment& environment) {
  switch (node.kind) {
    case TemplateNode::Kind::Static:
      return node.json;
    case TemplateNode::Kind::Expression: {
      auto result = node.expression[0].evaluate(Value::undefined(), bindings, environment);
      if (!result)
        return Unexpected{failure(node, "threw an error during evaluation. " + result.error().text())};
      if (result->is_undefined()) return Unexpected{failure(node, "returned nothing (undefined).")};
      if (jsonata::contains_function(*result)) {
        return Unexpected{failure(node, "returned an unsupported result type.")};
      }
      return std::move(*result);
    }
    case TemplateNode::Kind::Array: {
      Array out;
      out.reserve(node.children.size());
      for (const TemplateNode& child : node.children) {
        auto value = evaluate_node(child, bindings, environment);
        if (!value) return value;
        out.push_back(std::move(*value));
      }
      return Value(std::move(out));
    }
    case TemplateNode::Kind::Object: {
      Object out;
      out.reserve(node.children.size());
      for (size_t i = 0; i < node.children.size(); ++i) {
        auto value = evaluate_node(node.children[i], bindings, environment);
        if (!value) return value;
        out.set(node.keys[i], std::move(*value));
      }
      return Value(std::move(out));
    }
  }
  return Value();
}

}  // namespace

bool JsonataTemplate::is_expression(std::string_view text) {
  return text.size() >= 4 && text.substr(0, 2) == "{%" && text.substr(text.size() - 2) == "%}";
}

Expected<JsonataTemplate, std::vector<JsonataTemplate::CompileError>> JsonataTemplate::compile(
    const Value& json, std::string_view field, StatesAccess access) {
  Compiler compiler(field, access);
  auto content = std::make_shared<Content>();
  content->root = compiler.compile(json, "", std::string(field));
  if (!compiler.errors.empty()) return Unexpected{std::move(compiler.errors)};
  content->variables = std::move(compiler.variables);
  content->states_members = std::move(compiler.states_members);
  content->first_expression = std::move(compiler.first_expression);
  return JsonataTemplate(std::move(content));
}

bool JsonataTemplate::is_static() const {
  return content_->root.kind == TemplateNode::Kind::Static;
}
const std::vector<std::string>& JsonataTemplate::variables() const {
  return content_->variables;
}
const std::vector<std::string>& JsonataTemplate::states_members() const {
  return content_->states_members;
}
std::string_view JsonataTemplate::expression_text() const {
  return content_->first_expression;
}

Expected<Value, JsonataFailure> JsonataTemplate::evaluate(const jsonata::Bindings& bindings,
                                                          const jsonata::Environment& environment) const {
  return evaluate_node(content_->root, bindings, environment);
}

}  // namespace statelang::templates
