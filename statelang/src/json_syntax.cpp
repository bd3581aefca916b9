#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <unordered_set>
#include <vector>

#include <statelang/json_syntax.h>

namespace statelang {
namespace {

constexpr size_t kSourceMax = 500;  // characters of the text that a source quotes
constexpr size_t kTokenMax = 256;
constexpr std::string_view kValues =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

size_t character_bytes(unsigned char first) {
  return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

bool is_word(unsigned char c) {  // Java identifiers
  return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         c == '_' || c == '$';
}

bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}

class Scanner {
 public:
  Scanner(std::string_view text, bool refuse_duplicate_keys)
      : text_(text), refuse_duplicate_keys_(refuse_duplicate_keys) {}

  std::optional<JsonSyntaxError> run() {
    blanks();
    if (at_end()) {
      fail("No content to map due to end-of-input", at_, at_);
      return error_;
    }
    if (value() && close_containers()) {
      blanks();
      if (!at_end() && value()) fail("Trailing token found after value: not allowed", at_, at_);
    }
    return error_;
  }

 private:
  struct Container {
    bool is_object;
    size_t start;
    std::unordered_set<std::string_view> keys;
  };

  bool at_end() const { return at_ >= text_.size(); }
  unsigned char now() const { return static_cast<unsigned char>(text_[at_]); }
  void blanks() {
    while (!at_end() && (now() == ' ' || now() == '\t' || now() == '\n' || now() == '\r')) ++at_;
  }

  // Values inside the open containers, until the last one is closed.
  bool close_containers() {
    while (!open_.empty()) {
      blanks();
      if (!member()) return false;
    }
    return true;
  }

  // One comma, key or value, or the end of the innermost container.
  bool member() {
    Container& in = open_.back();
    const std::string kind = in.is_object ? "Object" : "Array";
    if (at_end() && (expect_ == Expect::First || expect_ == Expect::Comma)) {
      return fail("Unexpected end-of-input: expected close marker for " + kind + " (start marker at " +
                      source(in.start) + ")",
                  at_, at_);
    }
    if (at_end()) return fail("Unexpected end-of-input within/between " + kind + " entries", at_, at_);
    const unsigned char c = now();
    if (expect_ == Expect::Colon) {
      if (c != ':') return unexpected("was expecting a colon to separate field name and value");
      ++at_;
      blanks();
      if (at_end()) return member_end(kind);
      return value();
    }
    if ((c == '}' || c == ']') && (expect_ == Expect::First || expect_ == Expect::Comma)) return close(c);
    if (expect_ == Expect::Comma) {
      if (c != ',') return unexpected("was expecting comma to separate " + kind + " entries");
      ++at_;
      expect_ = Expect::Next;
      return true;
    }
    return in.is_object ? key(in) : value();
  }

  bool member_end(const std::string& kind) {
    return fail("Unexpected end-of-input within/between " + kind + " entries", at_, at_);
  }

  bool close(unsigned char c) {
    const Container& in = open_.back();
    if ((c == '}') != in.is_object) {
      return fail(std::string("Unexpected close marker '") + static_cast<char>(c) + "': expected '" +
                      (in.is_object ? "}" : "]") + "' (for " + (in.is_object ? "Object" : "Array") +
                      " starting at " + source(in.start) + ")",
                  at_ + 1, at_);
    }
    ++at_;
    open_.pop_back();
    expect_ = Expect::Comma;
    return true;
  }

  bool key(Container& in) {
    if (now() != '"') return unexpected("was expecting double-quote to start field name");
    const size_t start = at_ + 1;
    if (!string(true)) return false;
    const std::string_view name = text_.substr(start, at_ - 1 - start);
    if (refuse_duplicate_keys_ && !in.keys.insert(name).second) {
      return fail("Duplicate field '" + std::string(name) + "'", at_, start - 1);
    }
    expect_ = Expect::Colon;
    return true;
  }

  bool value() {
    switch (now()) {
      case '"':
        expect_ = Expect::Comma;
        return string(false);
      case '{':
      case '[':
        open_.push_back({now() == '{', at_, {}});
        expect_ = Expect::First;
        ++at_;
        return true;
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        if (now() == '-' || is_digit(now())) return number();
        return odd_value();
    }
  }

  bool odd_value() {
    if (is_word(now())) return unknown_token(at_);
    return unexpected("expected a valid value " + std::string(kValues));
  }

  bool unknown_token(size_t start) {
    size_t end = start;
    while (end < text_.size() && is_word(static_cast<unsigned char>(text_[end])) && end - start < kTokenMax)
      ++end;
    std::string token;
    for (size_t at = start; at < end; at += std::max<size_t>(1, valid_bytes(at)))
      token += valid_bytes(at) < character_bytes(static_cast<unsigned char>(text_[at]))
                   ? "\xEF\xBF\xBD"
                   : text_.substr(at, valid_bytes(at));
    if (end - start >= kTokenMax) token += "...";
    if (token == "NaN" || token == "Infinity") {
      return fail(
          "Non-standard token '" + token + "': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow",
          end, start);
    }
    return fail("Unrecognized token '" + token + "': was expecting " + std::string(kValues), end, start);
  }

  bool literal(std::string_view word) {
    const size_t end = at_ + word.size();
    if (text_.substr(at_, word.size()) != word ||
        (end < text_.size() && is_word(static_cast<unsigned char>(text_[end]))))
      return unknown_token(at_);
    at_ = end;
    expect_ = Expect::Comma;
    return true;
  }

  bool number() {
    if (now() == '-') {
      ++at_;
      if (at_end()) return fail("Unexpected end-of-input in numeric value", at_, at_);
      if (!is_digit(now()))
        return unexpected_in_number("expected digit (0-9) to follow minus sign, for valid numeric value");
    }
    if (now() == '0' && at_ + 1 < text_.size() && is_digit(static_cast<unsigned char>(text_[at_ + 1])))
      return fail("Invalid numeric value: Leading zeroes not allowed", at_ + 1, at_);
    digits();
    if (!at_end() && now() == '.') {
      ++at_;
      if (!digits()) return fraction_error("Decimal point not followed by a digit");
    }
    if (!at_end() && (now() == 'e' || now() == 'E')) {
      ++at_;
      if (!at_end() && (now() == '+' || now() == '-')) ++at_;
      if (!digits()) return fraction_error("Exponent indicator not followed by a digit");
    }
    if (open_.empty() && !at_end() && std::string_view(" \t\r\n").find(text_[at_]) == std::string_view::npos)
      return unexpected("Expected space separating root-level values");
    expect_ = Expect::Comma;
    return true;
  }
  bool digits() {
    const size_t start = at_;
    while (!at_end() && is_digit(now())) ++at_;
    return at_ > start;
  }
  bool fraction_error(const std::string& why) {
    if (at_end()) return fail("Unexpected end-of-input in numeric value", at_, at_);
    return unexpected_in_number(why);
  }

  // At the opening quote; afterwards behind the closing one.
  bool string(bool is_name) {
    for (++at_; !at_end(); ++at_) {
      const unsigned char c = now();
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20) {
        return fail("Illegal unquoted character (" + described(c) +
                        "): has to be escaped using backslash to be included in " +
                        (is_name ? "name" : "string value"),
                    at_ + 1, at_);
      }
      if (c == '\\' && !escape()) return false;
      if (c >= 0x80 && !utf8()) return false;
    }
    return fail(is_name ? "Unexpected end-of-input in field name"
                        : "Unexpected end-of-input: was expecting closing quote for a string value",
                at_, at_);
  }

  // At the first byte of a character of several; afterwards at its last.
  bool utf8() {
    const size_t bytes = valid_bytes(at_);
    if (bytes < 2) return broken_utf8(bytes == 0 ? "start" : "middle", at_ + bytes);
    at_ += bytes - 1;
    return true;
  }
  bool broken_utf8(std::string_view part, size_t at) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "%x",
                  at < text_.size() ? static_cast<unsigned>(static_cast<unsigned char>(text_[at])) : 0U);
    return fail("Invalid UTF-8 " + std::string(part) + " byte 0x" + hex, at_, at_);
  }

  bool escape() {
    ++at_;
    if (at_end()) return fail("Unexpected end-of-input in character escape sequence", at_, at_);
    if (std::string_view("\"\\/bfnrt").find(text_[at_]) != std::string_view::npos) return true;
    if (now() != 'u') {
      return fail("Unrecognized character escape " + described(character(at_)), at_ + character_bytes(now()),
                  at_);
    }
    for (int i = 0; i < 4; ++i) {
      ++at_;
      if (at_end()) return fail("Unexpected end-of-input in character escape sequence", at_, at_);
      const bool hex = is_digit(now()) || (now() >= 'a' && now() <= 'f') || (now() >= 'A' && now() <= 'F');
      if (!hex) return unexpected("expected a hex-digit for character escape sequence");
    }
    return true;
  }

  uint32_t character(size_t at) const {
    const auto byte = [&](size_t i) {
      return at + i < text_.size() ? static_cast<uint32_t>(static_cast<unsigned char>(text_[at + i])) : 0;
    };
    const uint32_t first = byte(0);
    switch (character_bytes(static_cast<unsigned char>(first))) {
      case 1:
        return first;
      case 2:
        return (first & 0x1F) << 6 | (byte(1) & 0x3F);
      case 3:
        return (first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
      default:
        return (first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    }
  }

  std::string described(uint32_t c) const {
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return "(CTRL-CHAR, code " + std::to_string(c) + ")";
    const bool broken = valid_bytes(at_) < character_bytes(now());
    const std::string shown =
        broken ? "\xEF\xBF\xBD" : std::string(text_.substr(at_, character_bytes(now())));
    if (c <= 255) return "'" + shown + "' (code " + std::to_string(c) + ")";
    char hex[12];
    std::snprintf(hex, sizeof hex, "%x", c);
    return "'" + shown + "' (code " + std::to_string(c) + " / 0x" + hex + ")";
  }

  bool unexpected(const std::string& comment) {
    if (valid_bytes(at_) < character_bytes(now())) return broken_utf8("start", at_);
    return fail("Unexpected character (" + described(character(at_)) + "): " + comment,
                at_ + character_bytes(now()), at_);
  }
  bool unexpected_in_number(const std::string& comment) {
    return fail("Unexpected character (" + described(character(at_)) + ") in numeric value: " + comment,
                at_ + character_bytes(now()), at_);
  }

  // Bytes of the character at `at`; below 2, where it should have several, it is broken: 0 in its first byte,
  // 1 later.
  size_t valid_bytes(size_t at) const {
    const auto first = static_cast<unsigned char>(text_[at]);
    if (first < 0x80) return 1;
    // 0x80 to 0xC1 continue a character or write an ASCII one too long; above 0xF4 there is no Unicode.
    if (first < 0xC2 || first > 0xF4) return 0;
    for (size_t i = 1; i < character_bytes(first); ++i) {
      const unsigned next = at + i < text_.size() ? static_cast<unsigned char>(text_[at + i]) : 0;
      // Too long, a surrogate, or behind the last character: decided by the second byte.
      const unsigned low = i > 1 ? 0x80 : first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
      const unsigned high = i > 1 ? 0xBF : first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
      if (next < low || next > high) return 1;
    }
    return character_bytes(first);
  }

  // The text up to `end` as valid UTF-8.
  std::string quoted(size_t end) const {
    std::string out;
    for (size_t at = 0; at < end;) {
      const size_t bytes = valid_bytes(at);
      const bool broken = bytes < character_bytes(static_cast<unsigned char>(text_[at]));
      if (broken || static_cast<unsigned char>(text_[at]) >= 0xF5) {
        out += "\xEF\xBF\xBD";
        ++at;
      } else {
        out.append(text_, at, bytes);
        at += bytes;
      }
    }
    return out;
  }

  struct Place {
    size_t line = 1, column = 1;
  };
  Place place(size_t at) const {
    Place out;
    for (size_t i = 0; i < std::min(at, text_.size());) {
      const auto c = static_cast<unsigned char>(text_[i]);
      if (c == '\n') {
        ++out.line;
        out.column = 1;
      } else if (c != '\r') {
        out.column += c >= 0xF0 ? 2 : 1;
      }
      i += character_bytes(c);
    }
    return out;
  }

  std::string source(size_t at) const {
    size_t end = 0, count = 0, units = 0;
    for (; end < text_.size() && count < kSourceMax; ++count)
      end += character_bytes(static_cast<unsigned char>(text_[end]));
    end = std::min(end, text_.size());
    for (size_t i = end; i < text_.size(); i += character_bytes(static_cast<unsigned char>(text_[i])))
      ++units;
    const Place where = place(at);
    std::string out = "[Source: (String)\"" + quoted(end) + "\"";
    if (units > 0) out += "[truncated " + std::to_string(units) + " chars]";
    return out + "; line: " + std::to_string(where.line) + ", column: " + std::to_string(where.column) + "]";
  }

  // `reader`: how far AWS's reader had come; `offset`: the byte that is wrong.
  bool fail(std::string message, size_t reader, size_t offset) {
    const Place where = place(reader);
    error_ = JsonSyntaxError{std::move(message), source(reader), offset, where.line, where.column};
    return false;
  }

  enum class Expect { First, Next, Comma, Colon };

  std::string_view text_;
  bool refuse_duplicate_keys_;
  size_t at_ = 0;
  Expect expect_ = Expect::Comma;
  std::vector<Container> open_;
  std::optional<JsonSyntaxError> error_;
};

}  // namespace

std::optional<JsonSyntaxError> find_json_syntax_error(std::string_view text, bool refuse_duplicate_keys) {
  return Scanner(text, refuse_duplicate_keys).run();
}

}  // namespace statelang
