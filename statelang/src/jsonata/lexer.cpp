#include "lexer.h"

#include <charconv>
#include <cmath>

#include "failure.h"
#include "text.h"

namespace statelang::jsonata {
namespace {

constexpr std::string_view kSingleOperators = ".[]{}(),@#;:?+-*/%|=<>^&!~";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

void Lexer::skip_space_and_comments() {
  while (position_ < text_.size()) {
    if (is_space(text_[position_])) {
      ++position_;
    } else if (text_[position_] == '/' && at(position_ + 1) == '*') {
      const size_t end = text_.find("*/", position_ + 2);
      if (end == std::string_view::npos) raise_at("S0106", position_);
      position_ = end + 2;
    } else {
      return;
    }
  }
}

Token Lexer::make(TokenType type, std::string text) {
  Token token;
  token.type = type;
  token.text = std::move(text);
  token.position = position_;
  return token;
}

bool Lexer::read_operator(Token& token) {
  static constexpr std::string_view kDouble[] = {"..", ":=", "!=", ">=", "<=", "**", "~>"};
  static constexpr std::string_view kLater[] = {"?:", "??"};
  const std::string_view two = text_.substr(position_, 2);
  const auto take = [&](std::string_view name) {
    position_ += name.size();
    token = make(TokenType::Operator, std::string(name));
    return true;
  };
  for (std::string_view name : kDouble) {
    if (two == name) return take(name);
  }
  if (dialect_ == Dialect::Plain) {
    for (std::string_view name : kLater) {
      if (two == name) return take(name);
    }
  }
  if (kSingleOperators.find(text_[position_]) != std::string_view::npos) return take(two.substr(0, 1));
  return false;
}

Token Lexer::next(bool after_operand) {
  skip_space_and_comments();
  if (position_ >= text_.size()) return make(TokenType::End, {});
  const char c = text_[position_];
  if (!after_operand && c == '/') return read_regex();
  Token token;
  if (read_operator(token)) return token;
  if (c == '"' || c == '\'') return read_string(c);
  if (read_number(token)) return token;
  if (c == '`') return read_quoted_name();
  return read_name();
}

Token Lexer::read_string(char quote) {
  ++position_;
  std::string out;
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c == '\\') {
      ++position_;
      read_escape(out);
    } else if (c == quote) {
      ++position_;
      Token token = make(TokenType::String, std::move(out));
      token.value = Value(token.text);
      return token;
    } else {
      out += c;
      ++position_;
    }
  }
  raise_at("S0101", position_);
}

// At the character behind the backslash. A surrogate pair becomes one code point; a lone surrogate is kept in
// the three-byte form, so that the functions that refuse it can see it. A state's result becomes JSON in
// UTF-8, which has no such form: there it is the replacement character.
void Lexer::read_escape(std::string& out) {
  static constexpr std::string_view kEscapes = "\"\\/bfnrt";
  static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char c = at(position_);
  if (position_ < text_.size() && kEscapes.find(c) != std::string_view::npos) {
    out += kMeanings[kEscapes.find(c)];
    ++position_;
    return;
  }
  if (c != 'u') {
    size_t end = position_;
    if (end < text_.size()) next_code_point(text_, end);
    raise_at("S0103", position_, std::string(text_.substr(position_, end - position_)));
  }
  const auto unit = [&](size_t from, uint32_t& code) {
    if (from + 4 > text_.size()) return false;
    const char* start = text_.data() + from;
    return std::from_chars(start, start + 4, code, 16).ptr == start + 4;
  };
  uint32_t code = 0;
  if (!unit(position_ + 1, code)) raise_at("S0104", position_);
  position_ += 5;
  uint32_t low = 0;
  if (code >= 0xD800 && code < 0xDC00 && at(position_) == '\\' && at(position_ + 1) == 'u' &&
      unit(position_ + 2, low) && low >= 0xDC00 && low < 0xE000) {
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    position_ += 6;
  }
  const bool lone = code >= 0xD800 && code < 0xE000;
  append_code_point(out, lone && dialect_ == Dialect::Aws ? 0xFFFD : code);
}

bool Lexer::read_number(Token& token) {
  size_t end = position_;
  if (!is_digit(at(end))) return false;
  if (at(end) == '0') {
    ++end;
  } else {
    while (is_digit(at(end))) ++end;
  }
  if (at(end) == '.' && is_digit(at(end + 1))) {
    ++end;
    while (is_digit(at(end))) ++end;
  }
  if (at(end) == 'e' || at(end) == 'E') {
    const size_t digits = end + (at(end + 1) == '-' || at(end + 1) == '+' ? 2 : 1);
    if (is_digit(at(digits))) {
      end = digits;
      while (is_digit(at(end))) ++end;
    }
  }
  const std::string_view text = text_.substr(position_, end - position_);
  const double number = parse_double(text);
  if (!std::isfinite(number)) raise_at("S0102", position_, std::string(text));
  position_ = end;
  token = make(TokenType::Number, std::string(text));
  token.value = number_value(number);
  return true;
}

Token Lexer::read_quoted_name() {
  const size_t end = text_.find('`', position_ + 1);
  if (end == std::string_view::npos) raise_at("S0105", text_.size());
  std::string name(text_.substr(position_ + 1, end - position_ - 1));
  position_ = end + 1;
  return make(TokenType::Name, std::move(name));
}

Token Lexer::read_name() {
  size_t end = position_;
  while (end < text_.size() && !is_space(text_[end]) &&
         kSingleOperators.find(text_[end]) == std::string_view::npos) {
    ++end;
  }
  std::string name(text_.substr(position_, end - position_));
  position_ = end;
  if (name.front() == '$') return make(TokenType::Variable, name.substr(1));
  if (name == "or" || name == "in" || name == "and") return make(TokenType::Operator, std::move(name));
  Token token = make(TokenType::Name, std::move(name));
  if (token.text == "true" || token.text == "false") {
    token.type = TokenType::Constant;
    token.value = Value(token.text == "true");
  } else if (token.text == "null") {
    token.type = TokenType::Constant;
    token.value = Value(nullptr);
  }
  return token;
}

// The end is the first '/' outside brackets that no backslash escapes.
Token Lexer::read_regex() {
  const size_t start = ++position_;
  int depth = 0;
  const auto escaped = [&](size_t position) {
    size_t backslashes = 0;
    while (position > start + backslashes && text_[position - backslashes - 1] == '\\') ++backslashes;
    return backslashes % 2 == 1;
  };
  for (; position_ < text_.size(); ++position_) {
    const char c = text_[position_];
    if (escaped(position_)) continue;
    if (c == '/' && depth == 0) {
      std::string pattern(text_.substr(start, position_ - start));
      if (pattern.empty()) raise_at("S0301", position_);
      ++position_;
      std::string flags;
      while (at(position_) == 'i' || at(position_) == 'm') flags += text_[position_++];
      Token token = make(TokenType::Regex, std::move(pattern));
      token.flags = std::move(flags);
      return token;
    }
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
  }
  raise_at("S0302", position_);
}

}  // namespace statelang::jsonata
