// Parser: operator precedence (Pratt). Gives a tree of operators close to the text; shape() makes paths of
// it.
#include <algorithm>
#include <map>

#include "ast.h"
#include "failure.h"
#include "lexer.h"
#include "regex.h"

namespace statelang::jsonata {
namespace {

// Binding power of an infix operator; 0 = not infix.
int binding_power(const Token& token) {
  static const std::map<std::string, int, std::less<>> kPowers{
      {".", 75},  {"[", 80},  {"{", 70},   {"(", 80},  {"@", 80},  {"#", 80},  {"?", 20},
      {"+", 50},  {"-", 50},  {"*", 60},   {"/", 60},  {"%", 60},  {"=", 40},  {"<", 40},
      {">", 40},  {"^", 40},  {":=", 10},  {"!=", 40}, {"<=", 40}, {">=", 40}, {"~>", 40},
      {"?:", 40}, {"??", 40}, {"and", 30}, {"or", 25}, {"in", 40}, {"&", 50},
  };
  if (token.type != TokenType::Operator) return 0;
  const auto found = kPowers.find(token.text);
  return found == kPowers.end() ? 0 : found->second;
}

struct BinaryKind {
  Kind kind;
  Operator op = Operator::None;
};
const BinaryKind* binary_kind(std::string_view name) {
  static const std::map<std::string, BinaryKind, std::less<>> kKinds{
      {".", {Kind::Dot}},
      {"+", {Kind::Arithmetic, Operator::Add}},
      {"-", {Kind::Arithmetic, Operator::Subtract}},
      {"*", {Kind::Arithmetic, Operator::Multiply}},
      {"/", {Kind::Arithmetic, Operator::Divide}},
      {"%", {Kind::Arithmetic, Operator::Modulo}},
      {"=", {Kind::Equality, Operator::Equal}},
      {"!=", {Kind::Equality, Operator::NotEqual}},
      {"<", {Kind::Comparison, Operator::Less}},
      {"<=", {Kind::Comparison, Operator::LessEqual}},
      {">", {Kind::Comparison, Operator::Greater}},
      {">=", {Kind::Comparison, Operator::GreaterEqual}},
      {"&", {Kind::Concatenate}},
      {"and", {Kind::And}},
      {"or", {Kind::Or}},
      {"in", {Kind::Membership}},
      {"~>", {Kind::Apply}},
  };
  const auto found = kKinds.find(name);
  return found == kKinds.end() ? nullptr : &found->second;
}

// The token as a message shows it: a literal by its value, anything else by its text.
Value shown(const Token& token) {
  const bool literal = token.type == TokenType::Number || token.type == TokenType::Constant;
  return literal ? token.value : Value(token.text);
}

class Parser {
 public:
  explicit Parser(Program& program)
      : program_(program),
        lexer_(program.text, program.dialect),
        depth_max_(program.dialect == Dialect::Aws ? kAwsDepth : kPlainDepth) {}

  Node* parse() {
    advance();
    Node* node = expression(0);
    if (token_.type != TokenType::End) {
      throw Raised{.code = "S0201", .position = token_.position, .value = shown(token_)};
    }
    return node;
  }

 private:
  // Step Functions refuses about 200 chained terms; ours is a bound on recursion as well.
  static constexpr uint32_t kAwsDepth = 195;
  static constexpr uint32_t kPlainDepth = 1'000;
  static constexpr uint32_t kNestingMax = 400;

  // Goes to the next token; when `expected` is given, the present one must be it.
  void advance(std::string_view expected = {}, bool after_operand = false) {
    if (!expected.empty() && !token_.is_operator(expected)) {
      Raised raised{.code = token_.type == TokenType::End ? "S0203" : "S0202",
                    .position = token_.position,
                    .value = Value(expected),
                    .value2 = shown(token_)};
      throw raised;
    }
    token_ = lexer_.next(after_operand);
    if (token_.is_operator("!") || token_.is_operator("~")) {
      raise_at("S0204", token_.position, token_.text);
    }
  }

  Node* make(Kind kind, const Token& token) { return program_.make(kind, token.position); }

  Node* measured(Node* node, std::initializer_list<const Node*> below) {
    for (const Node* child : below) {
      if (child) node->depth = std::max(node->depth, child->depth + 1);
    }
    if (node->depth > depth_max_) raise_at("S0600", node->position);
    return node;
  }

  Node* expression(int right_power) {
    if (++nesting_ > kNestingMax) raise_at("S0600", token_.position);
    Token token = std::move(token_);
    token_ = Token{};
    advance({}, true);
    Node* left = prefix(token);
    while (right_power < binding_power(token_)) {
      token = std::move(token_);
      token_ = Token{};
      advance();
      left = infix(token, left);
      for (const Node* item : left->items) measured(left, {item});
      measured(left, {left->lhs, left->rhs, left->third});
    }
    --nesting_;
    return left;
  }

  Node* prefix(const Token& token);
  Node* prefix_operator(const Token& token);
  Node* infix(const Token& token, Node* left);
  Node* call(const Token& token, Node* left);
  void lambda(Node* node);
  Node* block(const Token& token);
  Node* array(const Token& token);
  void pairs(Node* node);
  Node* predicate(const Token& token, Node* left);
  Node* order_by(const Token& token, Node* left);
  Node* transform(const Token& token);
  Node* bind_step(const Token& token, Node* left, Kind kind);

  Program& program_;
  Lexer lexer_;
  Token token_;
  uint32_t nesting_ = 0;
  uint32_t depth_max_;
};

Node* Parser::prefix(const Token& token) {
  switch (token.type) {
    case TokenType::End:
      return make(Kind::End, token);
    case TokenType::Name: {
      Node* node = make(Kind::Name, token);
      node->value = Value(token.text);
      return node;
    }
    case TokenType::Variable: {
      Node* node = make(Kind::Variable, token);
      node->value = Value(token.text);
      return node;
    }
    case TokenType::String:
    case TokenType::Number:
    case TokenType::Constant: {
      Node* node = make(Kind::Literal, token);
      node->value = token.value;
      node->is_literal_number = token.type == TokenType::Number;
      return node;
    }
    case TokenType::Regex: {
      Node* node = make(Kind::RegexLiteral, token);
      node->regex = CompiledRegex::compile(token.text, token.flags, token.position);
      return node;
    }
    case TokenType::Operator:
      return prefix_operator(token);
  }
  return nullptr;
}

Node* Parser::prefix_operator(const Token& token) {
  const std::string& name = token.text;
  if (name == "and" || name == "or" || name == "in") {  // also names of fields
    Node* node = make(Kind::Name, token);
    node->value = Value(name);
    return node;
  }
  if (name == "-") {
    Node* node = make(Kind::Negate, token);
    node->lhs = expression(70);
    return measured(node, {node->lhs});
  }
  if (name == "*") return make(Kind::Wildcard, token);
  if (name == "**") return make(Kind::Descendant, token);
  if (name == "%") return make(Kind::Parent, token);
  if (name == "(") return block(token);
  if (name == "[") return array(token);
  if (name == "|") return transform(token);
  if (name == "{") {
    Node* node = make(Kind::ObjectConstructor, token);
    pairs(node);
    return node;
  }
  raise_at("S0211", token.position, name);
}

Node* Parser::infix(const Token& token, Node* left) {
  const std::string& name = token.text;
  if (name == "(") return call(token, left);
  if (name == "[") return predicate(token, left);
  if (name == "^") return order_by(token, left);
  if (name == "@") return bind_step(token, left, Kind::FocusBind);
  if (name == "#") return bind_step(token, left, Kind::IndexBind);
  if (name == "{") {
    Node* node = make(Kind::GroupBy, token);
    node->lhs = left;
    pairs(node);
    return node;
  }
  if (name == ":=") {
    if (left->kind != Kind::Variable) raise_at("S0212", left->position);
    Node* node = make(Kind::Bind, token);
    node->value = left->value;
    node->rhs = expression(9);  // one less: right associative
    return node;
  }
  if (name == "?") {
    Node* node = make(Kind::Condition, token);
    node->lhs = left;
    node->rhs = expression(0);
    if (token_.is_operator(":")) {
      advance(":");
      node->third = expression(0);
    }
    return node;
  }
  if (name == "?:" || name == "??") {
    Node* node = make(name == "??" ? Kind::Coalesce : Kind::Default, token);
    node->lhs = left;
    node->rhs = expression(0);
    return node;
  }
  const BinaryKind* binary = binary_kind(name);
  Node* node = make(binary->kind, token);
  node->op = binary->op;
  node->value = Value(name);
  node->lhs = left;
  node->rhs = expression(binding_power(token));
  return node;
}

Node* Parser::bind_step(const Token& token, Node* left, Kind kind) {
  Node* node = make(kind, token);
  node->lhs = left;
  node->rhs = expression(80);
  if (node->rhs->kind != Kind::Variable) raise_at("S0214", node->rhs->position, token.text);
  return node;
}

Node* Parser::call(const Token& token, Node* left) {
  Node* node = make(Kind::Call, token);
  node->lhs = left;
  if (!token_.is_operator(")")) {
    for (;;) {
      if (token_.is_operator("?")) {
        node->kind = Kind::Partial;
        node->items.push_back(make(Kind::Placeholder, token_));
        advance("?");
      } else {
        node->items.push_back(expression(0));
      }
      if (!token_.is_operator(",")) break;
      advance(",");
    }
  }
  advance(")", true);
  if (left->kind == Kind::Name) {
    const std::string_view name = left->value.as_string();
    if (name == "function" || name == "\xCE\xBB") lambda(node);
  }
  return node;
}

void Parser::lambda(Node* node) {
  for (size_t i = 0; i < node->items.size(); ++i) {
    if (node->items[i]->kind == Kind::Variable) continue;
    raise_at("S0208", node->items[i]->position, {}, Value(static_cast<int64_t>(i + 1)));
  }
  node->kind = Kind::Lambda;
  if (token_.is_operator("<")) {
    const size_t position = token_.position;
    std::string signature = "<";
    for (int depth = 1; depth > 0 && !token_.is_operator("{") && token_.type != TokenType::End;) {
      advance();
      if (token_.is_operator(">")) --depth;
      if (token_.is_operator("<")) ++depth;
      signature += token_.text;
    }
    advance(">");
    try {
      node->signature = Signature::parse(signature);
    } catch (Raised& raised) {
      raised.position += position;
      throw;
    }
  }
  advance("{");
  node->lhs = expression(0);
  advance("}");
}

Node* Parser::block(const Token& token) {
  Node* node = make(Kind::Block, token);
  while (!token_.is_operator(")")) {
    node->items.push_back(expression(0));
    measured(node, {node->items.back()});
    if (!token_.is_operator(";")) break;
    advance(";");
  }
  advance(")", true);
  return node;
}

Node* Parser::array(const Token& token) {
  Node* node = make(Kind::ArrayConstructor, token);
  if (!token_.is_operator("]")) {
    for (;;) {
      Node* item = expression(0);
      if (token_.is_operator("..")) {
        Node* range = make(Kind::Range, token_);
        advance("..");
        range->lhs = item;
        range->rhs = expression(0);
        item = measured(range, {range->lhs, range->rhs});
      }
      node->items.push_back(item);
      measured(node, {item});
      if (!token_.is_operator(",")) break;
      advance(",");
    }
  }
  advance("]", true);
  return node;
}

void Parser::pairs(Node* node) {
  if (!token_.is_operator("}")) {
    for (;;) {
      Node* key = expression(0);
      advance(":");
      Node* value = expression(0);
      node->pairs.emplace_back(key, value);
      measured(node, {key, value});
      if (!token_.is_operator(",")) break;
      advance(",");
    }
  }
  advance("}", true);
}

Node* Parser::predicate(const Token& token, Node* left) {
  if (token_.is_operator("]")) {  // `[]`: keep a single item in its array
    Node* step = left;
    while (step->kind == Kind::Filter) step = step->lhs;
    step->keep_array = true;
    advance("]");
    return left;
  }
  Node* node = make(Kind::Filter, token);
  node->lhs = left;
  node->rhs = expression(0);
  advance("]", true);
  return node;
}

Node* Parser::order_by(const Token& token, Node* left) {
  Node* node = make(Kind::OrderBy, token);
  advance("(");
  for (;;) {
    SortTerm term;
    if (token_.is_operator("<")) {
      advance("<");
    } else if (token_.is_operator(">")) {
      term.descending = true;
      advance(">");
    }
    term.expression = expression(0);
    measured(node, {term.expression});
    node->terms.push_back(term);
    if (!token_.is_operator(",")) break;
    advance(",");
  }
  advance(")");
  node->lhs = left;
  return node;
}

Node* Parser::transform(const Token& token) {
  Node* node = make(Kind::Transform, token);
  node->lhs = expression(0);
  advance("|");
  node->rhs = expression(0);
  if (token_.is_operator(",")) {
    advance(",");
    node->third = expression(0);
  }
  advance("|");
  return measured(node, {node->lhs, node->rhs, node->third});
}

}  // namespace

Node* parse_operators(Program& program) {
  return Parser(program).parse();
}

}  // namespace statelang::jsonata
