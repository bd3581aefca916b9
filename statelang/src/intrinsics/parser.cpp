#include "intrinsics/call_content.h"

namespace statelang::intrinsics {
namespace {

constexpr size_t kAny = static_cast<size_t>(-1);

constexpr Signature kSignatures[] = {
    {"States.Format", Function::Format, 1, kAny},
    {"States.StringToJson", Function::StringToJson, 1, 1},
    {"States.JsonToString", Function::JsonToString, 1, 1},
    {"States.Array", Function::Array, 0, kAny},
    {"States.ArrayPartition", Function::ArrayPartition, 2, 2},
    {"States.ArrayContains", Function::ArrayContains, 2, 2},
    {"States.ArrayRange", Function::ArrayRange, 3, 3},
    {"States.ArrayGetItem", Function::ArrayGetItem, 2, 2},
    {"States.ArrayLength", Function::ArrayLength, 1, 1},
    {"States.ArrayUnique", Function::ArrayUnique, 1, 1},
    {"States.Base64Encode", Function::Base64Encode, 1, 1},
    {"States.Base64Decode", Function::Base64Decode, 1, 1},
    {"States.Hash", Function::Hash, 2, 2},
    {"States.JsonMerge", Function::JsonMerge, 3, 3},
    {"States.MathRandom", Function::MathRandom, 2, 3},
    {"States.MathAdd", Function::MathAdd, 2, 2},
    {"States.StringSplit", Function::StringSplit, 2, 2},
    {"States.UUID", Function::Uuid, 0, 0},
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expected<CallContent, ParseError> run() {
    CallContent call;
    skip_blanks();
    if (read_call(call, 1)) {
      skip_blanks();
      if (at_ < text_.size()) fail("unexpected text after the call");
    }
    if (failed_) return Unexpected<ParseError>{std::move(error_)};
    return call;
  }

 private:
  bool fail(std::string message) {
    if (!failed_) error_ = {at_, std::move(message)};
    failed_ = true;
    return false;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }

  bool read_call(CallContent& call, size_t depth) {
    if (depth > kNestingMax) return fail("more than 10 intrinsic functions nested");
    const size_t start = at_;
    while (at_ < text_.size() && peek() != '(' && peek() != ' ') ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    call.signature = find_signature(name);
    if (!call.signature) return fail("unknown intrinsic function '" + std::string(name) + "'");
    skip_blanks();
    if (peek() != '(') return fail("expected '('");
    ++at_;
    skip_blanks();
    while (peek() != ')') {
      if (!call.arguments.empty()) {
        if (peek() != ',') return fail("expected ',' or ')'");
        ++at_;
        skip_blanks();
      }
      if (!read_argument(call, depth)) return false;
      skip_blanks();
    }
    ++at_;
    call.text = std::string(text_.substr(start, at_ - start));
    const size_t count = call.arguments.size();
    if (count >= call.signature->arguments_min && count <= call.signature->arguments_max) return true;
    return fail("wrong number of arguments for " + std::string(name));
  }

  bool read_argument(CallContent& call, size_t depth) {
    const char c = peek();
    if (c == '\'') return read_text(call);
    if (c == '$') return read_path(call);
    if (text_.substr(at_, 7) == "States.") {
      CallContent inner;
      if (!read_call(inner, depth + 1)) return false;
      call.arguments.emplace_back(std::make_shared<const CallContent>(std::move(inner)));
      return true;
    }
    return read_word(call);
  }

  bool read_text(CallContent& call) {
    const size_t start = ++at_;
    std::string value;
    while (at_ < text_.size() && text_[at_] != '\'') {
      if (text_[at_] == '\\') {
        ++at_;
        if (std::string_view("'{}\\").find(peek()) == std::string_view::npos || at_ >= text_.size()) {
          return fail("a backslash may escape only ' { } and \\");
        }
      }
      value += text_[at_++];
    }
    if (at_ >= text_.size()) return fail("a quote is missing");
    call.arguments.emplace_back(Literal{Value(value), std::string(text_.substr(start, at_ - start))});
    ++at_;
    return true;
  }

  // A path ends at a comma, a blank or a closing parenthesis outside brackets, parentheses and quotes.
  bool read_path(CallContent& call) {
    const size_t start = at_;
    size_t open = 0;
    for (char quote = '\0'; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote != '\0') {
        if (c == '\\') ++at_;
        if (c == quote) quote = '\0';
        continue;
      }
      if ((c == '\'' || c == '"') && open > 0) quote = c;
      if (open == 0 && (c == ',' || c == ')' || c == ' ')) break;
      if (c == '[' || c == '(') ++open;
      if ((c == ']' || c == ')') && open > 0) --open;
    }
    at_ = std::min(at_, text_.size());
    auto path = json_path::Path::parse(text_.substr(start, at_ - start));
    if (!path) {
      at_ = start + path.error().offset;
      return fail(path.error().text);
    }
    call.arguments.emplace_back(std::move(*path));
    return true;
  }

  bool read_word(CallContent& call) {
    const size_t start = at_;
    while (at_ < text_.size() && std::string_view(",) \t\r\n").find(text_[at_]) == std::string_view::npos)
      ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    auto value = parse_json(word);
    if (!value || word.empty() || !(value->is_number() || value->is_boolean() || value->is_null())) {
      return fail("expected a quoted text, a number, true, false, null, a path or an intrinsic call");
    }
    call.arguments.emplace_back(Literal{std::move(*value), std::string(word)});
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool failed_ = false;
  ParseError error_;
};

}  // namespace

const Signature* find_signature(std::string_view name) {
  for (const Signature& signature : kSignatures) {
    if (signature.name == name) return &signature;
  }
  return nullptr;
}

Expected<CallContent, ParseError> parse_call(std::string_view text) {
  return Parser(text).run();
}

}  // namespace statelang::intrinsics
