// Reads path texts: recursive descent, one function per form of step or filter expression.
#include <charconv>
#include <cstdlib>

#include "identifier.h"
#include "json_path/path_content.h"

namespace statelang::json_path {
namespace {

constexpr size_t kNestingMax = 64;
constexpr size_t kStepsMax = 1000;  // each takes a piece of the stack when it is evaluated

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_part(char c) {
  return is_name_start(c) || is_digit(c);
}

struct WordOperator {
  std::string_view name;
  Comparison comparison;
};
constexpr WordOperator kWordOperators[] = {
    {"in", Comparison::In},       {"nin", Comparison::NotIn},     {"subsetof", Comparison::SubsetOf},
    {"anyof", Comparison::AnyOf}, {"noneof", Comparison::NoneOf}, {"all", Comparison::AllOf},
    {"size", Comparison::Size},   {"empty", Comparison::Empty},   {"contains", Comparison::Contains},
    {"type", Comparison::Type},
};
// Longer ones first.
constexpr WordOperator kSignOperators[] = {
    {"===", Comparison::StrictEqual}, {"!==", Comparison::StrictNotEqual},
    {"==", Comparison::Equal},        {"!=", Comparison::NotEqual},
    {"<=", Comparison::LessEqual},    {">=", Comparison::GreaterEqual},
    {"=~", Comparison::Matches},      {"<", Comparison::Less},
    {">", Comparison::Greater},
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expected<PathContent, Error> run() {
    PathContent path;
    while (!text_.empty() && (text_.back() == ' ' || text_.back() == '\n')) text_.remove_suffix(1);
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    if (peek() != '$') {
      fail("a path starts with '$'");
    } else if (read_path(path, false) && at_ < text_.size()) {
      fail("unexpected character");
    }
    if (failed_) return Unexpected<Error>{std::move(error_)};
    return path;
  }

 private:
  bool fail(std::string message) {
    if (!failed_)
      error_ = {Error::Kind::Syntax, std::move(message) + " at position " + std::to_string(at_), at_};
    failed_ = true;
    return false;
  }
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }

  // `embedded`: inside a filter or an argument list, where blanks, commas and operators end the path.
  bool read_path(PathContent& path, bool embedded) {
    const size_t start = at_;
    if (++depth_ > kNestingMax) return fail("path nested too deeply");
    if (!read_root(path)) return false;
    while (at_ < text_.size() && read_step(path, embedded)) {
      if (path.steps.size() > kStepsMax) return fail("path with too many steps");
    }
    if (failed_) return false;
    --depth_;
    path.text = std::string(text_.substr(start, at_ - start));
    path.seal();
    return true;
  }

  bool read_root(PathContent& path) {
    if (take('@')) {
      path.relative = true;
      return true;
    }
    if (!take('$')) return fail("expected '$'");
    if (take('$')) {
      path.root = Root::Context;
    } else if (is_name_start(peek())) {
      const size_t start = at_;
      while (is_name_part(peek())) ++at_;
      path.root = Root::Variable;
      path.variable = std::string(text_.substr(start, at_ - start));
      if (!is_variable_name(path.variable)) return fail("not the name of a variable");
    }
    return true;
  }

  // False at the end of the path or after a failure.
  bool read_step(PathContent& path, bool embedded) {
    if (peek() == '[') return read_bracket(path.steps);
    if (peek() != '.') return embedded ? false : fail("expected '.' or '['");
    ++at_;
    if (take('.')) {
      path.steps.emplace_back().kind = Step::Kind::Descend;
      if (peek() == '.') return fail("unexpected '.'");
    }
    if (at_ >= text_.size()) return fail("a path must not end with '.'");
    if (peek() == '[') return read_bracket(path.steps);
    if (peek() == '*') {
      ++at_;
      path.steps.emplace_back().kind = Step::Kind::Wildcard;
      return true;
    }
    return read_dot_name(path, embedded);
  }

  bool ends_dot_name(char c, bool embedded) const {
    if (c == '.' || c == '[' || c == '(' || c == ' ' || c == '\t' || c == '\n' || c == '\r') return true;
    if (c == ',' || c == ')' || c == ']') return true;
    return embedded && std::string_view("<>=~!&|").find(c) != std::string_view::npos;
  }

  bool read_dot_name(PathContent& path, bool embedded) {
    const size_t start = at_;
    while (at_ < text_.size() && !ends_dot_name(text_[at_], embedded)) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    if (name.empty()) return fail("expected a name");
    if (!embedded && at_ < text_.size() && peek() != '.' && peek() != '[' && peek() != '(') {
      return fail("use bracket notation ['my name'] for names with blanks or signs");
    }
    if (peek() == '(') return read_function(path, name);
    path.steps.emplace_back().name = std::string(name);
    return true;
  }

  bool read_function(PathContent& path, std::string_view name) {
    const std::optional<Function> known = function_named(name);
    if (!known) return fail("unknown function '" + std::string(name) + "'");
    if (!path.steps.empty() && path.steps.back().kind == Step::Kind::Descend)
      return fail("'..' needs a name");
    ++at_;
    FunctionCall call{*known, {}};
    skip_blanks();
    while (!take(')')) {
      if (!call.arguments.empty() && !take(',')) return fail("expected ',' or ')'");
      skip_blanks();
      if (!read_operand(call.arguments.emplace_back())) return false;
      skip_blanks();
      if (at_ >= text_.size()) return fail("')' is missing");
    }
    Step& step = path.steps.emplace_back();
    step.kind = Step::Kind::Function;
    step.call = std::make_shared<const FunctionCall>(std::move(call));
    return true;
  }

  bool read_bracket(std::vector<Step>& steps) {
    ++at_;
    skip_blanks();
    Step& step = steps.emplace_back();
    bool read = false;
    if (peek() == '\'' || peek() == '"') {
      read = read_quoted_names(step);
    } else if (take('*')) {
      step.kind = Step::Kind::Wildcard;
      read = true;
    } else if (peek() == '?') {
      read = read_filter_step(step);
    } else {
      read = read_indexes(step);
    }
    if (!read) return fail("broken bracket expression");
    skip_blanks();
    return take(']') ? true : fail("']' is missing");
  }

  // An escaped quote of its own kind and an escaped backslash lose the backslash; any other backslash is part
  // of the name.
  bool read_quoted(std::string& out) {
    const char quote = peek();
    ++at_;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && (peek(1) == quote || peek(1) == '\\')) ++at_;
      out += text_[at_++];
    }
    return take(quote) ? true : fail("a quote is missing");
  }

  bool read_quoted_names(Step& step) {
    do {
      skip_blanks();
      if (peek() != '\'' && peek() != '"') return fail("expected a quoted name");
      if (!read_quoted(step.names.emplace_back())) return false;
      skip_blanks();
    } while (take(','));
    if (step.names.size() == 1) {
      step.name = std::move(step.names.front());
      step.names.clear();
    } else {
      step.kind = Step::Kind::Names;
    }
    return true;
  }

  bool read_integer(std::optional<int64_t>& out) {
    const size_t start = at_;
    if (peek() == '-') ++at_;
    while (is_digit(peek())) ++at_;
    if (at_ == start) return true;  // left out
    int64_t number = 0;
    const auto [end, status] = std::from_chars(text_.data() + start, text_.data() + at_, number);
    if (status != std::errc() || end != text_.data() + at_ || number != static_cast<int32_t>(number))
      return fail("expected an index");
    out = number;
    return true;
  }

  bool read_indexes(Step& step) {
    std::optional<int64_t> first;
    if (!read_integer(first)) return false;
    skip_blanks();
    if (peek() == ':') return read_slice(step, first);
    if (!first) return fail("expected an index, a quoted name, '*' or '?('");
    step.kind = Step::Kind::Index;
    step.index = *first;
    if (peek() != ',') return true;
    step.kind = Step::Kind::Indexes;
    step.indexes.push_back(*first);
    while (take(',')) {
      skip_blanks();
      std::optional<int64_t> next;
      if (!read_integer(next)) return false;
      if (!next) return fail("expected an index");
      step.indexes.push_back(*next);
      skip_blanks();
    }
    return true;
  }

  // Jayway reads a third part and leaves it alone, and wants a bound.
  bool read_slice(Step& step, std::optional<int64_t> from) {
    step.kind = Step::Kind::Slice;
    step.from = from;
    ++at_;
    if (!read_integer(step.to)) return false;
    if (!step.from && !step.to) return fail("a slice needs a bound");
    std::optional<int64_t> stride;
    return !take(':') || read_integer(stride);
  }

  // ------------------------------------------------------------------------------------- filters

  bool read_filter_step(Step& step) {
    ++at_;
    skip_blanks();
    if (!take('(')) return fail("expected '?('");
    Filter filter;
    if (!read_or(filter)) return false;
    skip_blanks();
    if (!take(')')) return fail("')' is missing");
    step.kind = Step::Kind::Filter;
    step.filter = std::make_shared<const Filter>(std::move(filter));
    return true;
  }

  bool read_or(Filter& out) { return read_list(out, Filter::Kind::Or, "||", &Parser::read_and); }
  bool read_and(Filter& out) { return read_list(out, Filter::Kind::And, "&&", &Parser::read_not); }

  bool read_list(Filter& out, Filter::Kind kind, std::string_view sign, bool (Parser::*read_one)(Filter&)) {
    Filter first;
    if (!(this->*read_one)(first)) return false;
    skip_blanks();
    if (text_.substr(at_, 2) != sign) {
      out = std::move(first);
      return true;
    }
    out.kind = kind;
    out.children.push_back(std::move(first));
    while (text_.substr(at_, 2) == sign) {
      at_ += 2;
      if (!(this->*read_one)(out.children.emplace_back())) return false;
      skip_blanks();
    }
    return true;
  }

  bool read_not(Filter& out) {
    if (++depth_ > kNestingMax) return fail("filter nested too deeply");
    skip_blanks();
    bool read = false;
    if (peek() == '!') {
      ++at_;
      out.kind = Filter::Kind::Not;
      read = read_not(out.children.emplace_back());
    } else if (take('(')) {
      read = read_or(out);
      skip_blanks();
      if (read && !take(')')) read = fail("')' is missing");
    } else {
      read = read_comparison(out);
    }
    --depth_;
    return read;
  }

  bool read_comparison(Filter& out) {
    if (!read_operand(out.left)) return false;
    skip_blanks();
    if (!read_operator(out)) {
      if (failed_) return false;
      if (out.left.kind != Operand::Kind::Path) return fail("expected a comparison");
      out.kind = Filter::Kind::Exists;
      return true;
    }
    out.kind = Filter::Kind::Compare;
    skip_blanks();
    if (!read_operand(out.right)) return false;
    const bool pattern = out.right.kind == Operand::Kind::Pattern || out.left.kind == Operand::Kind::Pattern;
    if (pattern != (out.comparison == Comparison::Matches)) return fail("'=~' needs a pattern such as /a.*/");
    return true;
  }

  bool read_operator(Filter& out) {
    for (const WordOperator& sign : kSignOperators) {
      if (text_.substr(at_, sign.name.size()) != sign.name) continue;
      at_ += sign.name.size();
      out.comparison = sign.comparison;
      return true;
    }
    size_t end = at_;
    std::string word;
    while (end < text_.size() && is_name_start(text_[end])) {
      const char c = text_[end++];
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (word.empty()) return false;
    for (const WordOperator& candidate : kWordOperators) {
      if (candidate.name != word) continue;
      at_ = end;
      out.comparison = candidate.comparison;
      return true;
    }
    return fail("unknown operator '" + word + "'");
  }

  bool read_operand(Operand& out) {
    const char c = peek();
    if (c == '@' || c == '$') {
      PathContent path;
      if (!read_path(path, true)) return false;
      out.kind = Operand::Kind::Path;
      out.path = std::make_shared<const PathContent>(std::move(path));
      return true;
    }
    if (c == '/') return read_pattern(out);
    if (c == '\'' || c == '"') {
      std::string text;
      if (!read_quoted(text)) return false;
      out.literal = Value(text);
      return true;
    }
    if (c == '[' || c == '{') return read_json(out);
    return read_word(out);
  }

  bool read_pattern(Operand& out) {
    const size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '/') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) return fail("the pattern has no end");
    const std::string_view pattern = text_.substr(start, at_ - start);
    const size_t flags = ++at_;
    while (is_name_start(peek())) ++at_;
    out.kind = Operand::Kind::Pattern;
    out.pattern = RegularExpression::compile(pattern, text_.substr(flags, at_ - flags));
    return out.pattern ? true : fail("broken or unsupported pattern");
  }

  // A JSON array or object; strings may be in single quotes.
  bool read_json(Operand& out) {
    std::string json;
    size_t open = 0;
    do {
      if (at_ >= text_.size()) return fail("unexpected end");
      const char c = text_[at_];
      if (c == '\'' || c == '"') {
        std::string text;
        if (!read_quoted(text)) return false;
        append_json_string(json, text);
        continue;
      }
      if (c == '[' || c == '{') ++open;
      if (c == ']' || c == '}') --open;
      json += c;
      ++at_;
    } while (open > 0);
    auto value = parse_json(json);
    if (!value) return fail("broken JSON");
    out.literal = std::move(*value);
    return true;
  }

  // A number, true, false, null, or a bare word, which stands for a text.
  bool read_word(Operand& out) {
    const size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n<>=~!&|),]").find(text_[at_]) == std::string_view::npos)
      ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    if (word.empty()) return fail("expected a value");
    if (word == "true" || word == "false") {
      out.literal = Value(word == "true");
    } else if (word == "null") {
      out.literal = Value(nullptr);
    } else if (is_digit(word[0]) || word[0] == '-') {
      auto number = parse_json(word);
      if (!number || !number->is_number()) return fail("broken number");
      out.literal = std::move(*number);
    } else if (is_name_start(word[0])) {
      out.literal = Value(word);
    } else {
      return fail("expected a value");
    }
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t depth_ = 0;
  bool failed_ = false;
  Error error_;
};

}  // namespace

Expected<PathContent, Error> parse_path(std::string_view text) {
  return Parser(text).run();
}

}  // namespace statelang::json_path
