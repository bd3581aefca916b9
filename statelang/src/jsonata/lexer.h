// Lexer: one token at a time; whether '/' starts a regular expression depends on what came before, so the
// parser says so. Positions are byte offsets just behind the token, as JSONata counts them.
#pragma once

#include <string>
#include <string_view>

#include <statelang/jsonata/expression.h>

namespace statelang::jsonata {

enum class TokenType : uint8_t { End, Operator, Name, Variable, String, Number, Constant, Regex };

struct Token {
  TokenType type = TokenType::End;
  std::string text;   // operator, name, string; the pattern of a regular expression
  std::string flags;  // of a regular expression
  Value value = Value::undefined();
  size_t position = 0;
  bool is_operator(std::string_view name) const { return type == TokenType::Operator && text == name; }
};

class Lexer {
 public:
  Lexer(std::string_view text, Dialect dialect) : text_(text), dialect_(dialect) {}
  // `after_operand`: '/' is division. Throws Raised.
  Token next(bool after_operand);

 private:
  char at(size_t position) const { return position < text_.size() ? text_[position] : '\0'; }
  void skip_space_and_comments();
  Token make(TokenType type, std::string text);
  bool read_operator(Token& token);
  Token read_string(char quote);
  void read_escape(std::string& out);
  bool read_number(Token& token);
  Token read_quoted_name();
  Token read_name();
  Token read_regex();

  std::string_view text_;
  Dialect dialect_;
  size_t position_ = 0;
};

}  // namespace statelang::jsonata
